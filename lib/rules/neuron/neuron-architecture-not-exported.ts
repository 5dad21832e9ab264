import { found } from '../helpers/finding';
import { GEMMA2_2B, LLAMA_8B, MISTRAL_7B, QWEN3_SMALL } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

const example = (config: object, family = 'hf-vllm-neuron') => ({
  model: { config },
  container: { family },
  instanceType: 'ml.inf2.8xlarge',
  options: { tensorParallelSize: 2, sequenceLength: 4096, batchSize: 1 },
});

/** `model_type`s that each stack has graphs for, by container family or engine. */
const STACKS: Readonly<
  Record<string, { readonly types: readonly string[]; readonly name: string; readonly isClosed: boolean }>
> = {
  // Source: optimum-neuron 0.4.5, optimum/neuron/models/inference.
  'neuron-vllm': {
    name: 'optimum-neuron',
    isClosed: true,
    types: [
      'gemma3',
      'gemma3_text',
      'granite',
      'llama',
      'llama4',
      'llama4_text',
      'mixtral',
      'phi3',
      'qwen2',
      'qwen3',
      'qwen3_moe',
      'smollm3',
      'smolvlm',
    ],
  },
  // Source: neuronx-distributed-inference 0.8, utils/constants.py, `MODEL_TYPES`.
  'vllm-neuron': {
    name: 'NxD Inference',
    isClosed: true,
    types: [
      'gpt_oss',
      'llama',
      'llama4',
      'llama4_text',
      'mllama',
      'mistral',
      'mixtral',
      'pixtral',
      'dbrx',
      'qwen2',
      'qwen2_vl',
      'qwen3',
      'qwen3_moe',
      'gemma3',
      'gemma3_text',
      'qwen3_vl',
    ],
  },
  // Source: transformers-neuronx README, supported models; djl-serving docs, tnx_user_guide.
  'transformers-neuronx': {
    name: 'transformers-neuronx',
    isClosed: false,
    types: ['llama', 'mistral', 'mixtral', 'gpt2', 'gptj', 'gpt_neox', 'opt', 'bloom'],
  },
};

/** Types that Transformers has learnt since the image was built, with 4.43 to 4.45: their config cannot be read at all. */
const NEWER_THAN_LMI_NEURON = new Set([
  'cohere2',
  'deepseek_v2',
  'deepseek_v3',
  'ernie4_5',
  'ernie4_5_moe',
  'exaone4',
  'falcon_h1',
  'gemma3',
  'gemma3_text',
  'gemma3n',
  'glm',
  'glm4',
  'glm4_moe',
  'gpt_oss',
  'granitemoehybrid',
  'hunyuan_v1_dense',
  'llama4',
  'llama4_text',
  'minimax',
  'mistral3',
  'olmo2',
  'olmo3',
  'phimoe',
  'qwen2_5_vl',
  'qwen3',
  'qwen3_5',
  'qwen3_moe',
  'qwen3_next',
  'qwen3_vl',
  'qwen3_vl_moe',
  'seed_oss',
  'smollm3',
]);

export const neuronArchitectureNotExported: Rule = {
  id: 'NEURON_ARCHITECTURE_NOT_EXPORTED',
  severity: 'error',
  summary: 'the Neuron stack has graphs for the architecture',
  explanation:
    'A model runs on Neuron as graphs compiled ahead, written architecture by architecture. optimum-neuron and NxD Inference refuse others; what transformers-neuronx does with one that its documentation does not name is not verified, but LMI’s last Neuron image has Transformers 4.45 and cannot read the config of a later architecture at all.',
  source:
    'huggingface/optimum-neuron optimum/neuron/models/inference; djl-serving docs, lmi/user_guides/tnx_user_guide; transformers 4.45.2 CONFIG_MAPPING; aws/deep-learning-containers#5355',
  examples: {
    passes: [example(LLAMA_8B), example(MISTRAL_7B, 'vllm-neuron')],
    fails: [
      example(GEMMA2_2B),
      example(MISTRAL_7B),
      example(GEMMA2_2B, 'lmi-neuron'),
      example(QWEN3_SMALL, 'lmi-neuron'),
      example(GEMMA2_2B, 'vllm-neuron'),
    ],
  },
  evaluate({ container, model }: RuleContext) {
    const stack = container === undefined ? undefined : (STACKS[container.family] ?? STACKS[container.engine]);
    if (stack === undefined || model === undefined) return [];
    const type = String(model.config.model_type ?? model.modelType);
    if (stack.types.includes(type)) return [];
    const isNewer = !stack.isClosed && NEWER_THAN_LMI_NEURON.has(type) && model.config.auto_map === undefined;
    const missing = stack.isClosed
      ? `${stack.name} has no graphs for ${model.architecture}`
      : `${stack.name} is not documented to serve ${model.architecture}`;
    return [
      found({
        what: isNewer
          ? `the image’s Transformers is older than ${model.architecture} and cannot read its config`
          : missing,
        got: `model_type ${type}`,
        allowed: stack.types.join(', '),
        fix: 'serve it on a GPU with the vllm or lmi container, or choose another model',
        path: '/model/config/architectures',
        severity: stack.isClosed || isNewer ? 'error' : 'warning',
      }),
    ];
  },
};
