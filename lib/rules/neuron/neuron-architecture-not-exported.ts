import { compareVersions, parseVersion, type Version } from '../../text/version';
import { found } from '../helpers/finding';
import { GEMMA2_2B, LLAMA_8B, MISTRAL_7B, QWEN3_SMALL } from '../helpers/samples';
import { configRanges } from '../helpers/transformers-models';
import type { Rule, RuleContext } from '../types';

const example = (config: object, family = 'hf-vllm-neuron') => ({
  model: { config },
  container: { family },
  instanceType: 'ml.inf2.8xlarge',
  options: { tensorParallelSize: 2, sequenceLength: 4096, batchSize: 1 },
});

interface Stack {
  readonly name: string;
  readonly types: readonly string[];
  /** Is what the list lacks refused, or only not documented? */
  readonly isClosed: boolean;
  /** What a later release of the stack lists; whether the image has it is not verified. */
  readonly later?: readonly string[];
}

/** `model_type`s that each stack has graphs for, by container family or engine. */
const STACKS: Readonly<Record<string, Stack>> = {
  // Source: optimum-neuron 0.4.1 to 0.4.5, optimum/neuron/models/inference/auto_models.py; of a model with parts it asks for the type of the text.
  'neuron-vllm': {
    name: 'optimum-neuron',
    isClosed: true,
    types: ['granite', 'llama', 'llama4', 'llama4_text', 'mixtral', 'phi3', 'qwen2', 'qwen3', 'qwen3_moe', 'smollm3'],
  },
  // Source: neuronx-distributed-inference 0.8.0 (SDK 2.28) and 0.9.0, utils/constants.py, `MODEL_TYPES`.
  'vllm-neuron': {
    name: 'NxD Inference',
    isClosed: true,
    types: [
      'gpt_oss',
      'llama',
      'llama4',
      'llama4_text',
      'mllama',
      'mixtral',
      'pixtral',
      'dbrx',
      'qwen2',
      'qwen2_vl',
      'qwen3',
      'qwen3_moe',
      'qwen3_vl',
    ],
    later: ['mistral', 'gemma3', 'gemma3_text'],
  },
  // Source: transformers-neuronx README, supported models; djl-serving docs, tnx_user_guide.
  'transformers-neuronx': {
    name: 'transformers-neuronx',
    isClosed: false,
    types: ['llama', 'mistral', 'mixtral', 'gpt2', 'gptj', 'gpt_neox', 'opt', 'bloom'],
  },
};

/** The newest Transformers of LMI’s images for Neuron, which were built with 4.43 to 4.45. */
const LMI_NEURON_TRANSFORMERS = '4.45.2';

/** Did Transformers learn the type after that, so that its config cannot be read at all? */
function isNewerThanLmi(type: string): boolean {
  const first = parseVersion(configRanges(type).at(0)?.since ?? '');
  return first !== undefined && !isAtMost(first, LMI_NEURON_TRANSFORMERS);
}

const isAtMost = (version: Version, most: string) => compareVersions(version, parseVersion(most) ?? []) <= 0;

export const neuronArchitectureNotExported: Rule = {
  id: 'NEURON_ARCHITECTURE_NOT_EXPORTED',
  severity: 'error',
  summary: 'the Neuron stack has graphs for the architecture',
  explanation:
    'A model runs on Neuron as graphs compiled ahead, written architecture by architecture. optimum-neuron 0.4 (the images’) and NxD Inference refuse others; what transformers-neuronx does with one that its documentation does not name is not verified, but LMI’s last Neuron image has Transformers 4.45 and cannot read the config of a later architecture at all.',
  source:
    'huggingface/optimum-neuron optimum/neuron/models/inference at v0.4.5; aws-neuron/neuronx-distributed-inference utils/constants.py at cd3abf3 and c63afe0; djl-serving docs, lmi/user_guides/tnx_user_guide; transformers 4.45.2 CONFIG_MAPPING; aws/deep-learning-containers#5355',
  examples: {
    passes: [example(LLAMA_8B), example(QWEN3_SMALL, 'vllm-neuron')],
    fails: [
      example(GEMMA2_2B),
      example(MISTRAL_7B),
      example(GEMMA2_2B, 'lmi-neuron'),
      example(QWEN3_SMALL, 'lmi-neuron'),
      example(GEMMA2_2B, 'vllm-neuron'),
      example({ ...GEMMA2_2B, architectures: ['Gemma3ForCausalLM'], model_type: 'gemma3_text' }),
      example(MISTRAL_7B, 'vllm-neuron'),
    ],
  },
  evaluate({ container, model }: RuleContext) {
    const stack = container === undefined ? undefined : (STACKS[container.family] ?? STACKS[container.engine]);
    if (stack === undefined || model === undefined) return [];
    const type = String(model.config.model_type ?? model.modelType);
    if (stack.types.includes(type)) return [];
    const isLater = stack.later?.includes(type) === true;
    const isNewer = !stack.isClosed && isNewerThanLmi(type) && model.config.auto_map === undefined;
    const missing = isLater
      ? `${stack.name} has graphs for ${model.architecture} from a later release on than the image’s own, as far as is known`
      : stack.isClosed
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
        severity: (stack.isClosed && !isLater) || isNewer ? 'error' : 'warning',
      }),
    ];
  },
};
