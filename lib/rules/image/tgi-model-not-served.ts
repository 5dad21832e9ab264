import { isAtLeast, parseVersion } from '../../text/version';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import {
  fallsBack,
  firstWithCode,
  hasLaterCode,
  hasOwnCode,
  TGI,
  TGI_SOURCE,
  tgiGpus,
  tgiLater,
  tgiQuantization,
  tgiRelease,
} from '../helpers/tgi';
import { configRanges } from '../helpers/transformers-models';
import type { Rule, RuleContext, RuleFinding } from '../types';

const example = (modelType: string, release: string, environment: Record<string, string> = {}, config = {}) => ({
  model: { config: { ...LLAMA_8B, model_type: modelType, ...config } },
  container: {
    family: 'custom',
    image: `763104351884.dkr.ecr.us-east-1.amazonaws.com/${TGI}:2.1.1-tgi${release}-gpu-py310-cu121-ubuntu22.04`,
  },
  environment,
});

/** What the code for every other model refuses: "awq quantization is not supported for AutoModel". */
const OWN_CODE_ONLY: ReadonlySet<string> = new Set([
  'awq',
  'bitsandbytes-fp4',
  'bitsandbytes-nf4',
  'eetq',
  'exl2',
  'gptq',
]);

export const tgiModelNotServed: Rule = {
  id: 'TGI_MODEL_NOT_SERVED',
  severity: 'error',
  summary: 'the release of text-generation-inference knows the model',
  explanation:
    'A release of text-generation-inference has code of its own for some model types. Up to 3.0, every other one is left to the Transformers package that comes with it, on one GPU and unquantized: "sharded is not supported for AutoModel", "awq quantization is not supported for AutoModel"; and what that package has no causal model for ends in "Unsupported model type gemma". From 3.1 on Transformers serves the others over several GPUs, but 3.3 has Transformers 4.51, which cannot read the config of a later model. The image of SageMaker’s own SDK is often older than the model.',
  source: `${TGI_SOURCE}; huggingface.co/google/gemma-7b/discussions/42, mistralai/Mixtral-8x7B-Instruct-v0.1/discussions/18, CohereForAI/c4ai-command-r-v01/discussions/22, Qwen/Qwen2-VL-7B-Instruct/discussions/71`,
  examples: {
    passes: [
      example('llama', '1.1.0', { SM_NUM_GPUS: '4' }),
      example('gemma', '1.4.2'),
      example('gpt_neo', '1.4.0', { SM_NUM_GPUS: '1' }),
      example('own', '1.4.0', { TRUST_REMOTE_CODE: 'true' }, { auto_map: { AutoModelForCausalLM: 'own.Own' } }),
      example('gpt_neo', '1.4.0', { SM_NUM_GPUS: '${Token[TOKEN.12]}' }),
      example('gemma3', '3.3.6', { SM_NUM_GPUS: '4' }),
    ],
    fails: [
      example('gemma', '1.4.0'),
      example('mixtral', '1.1.0', { SM_NUM_GPUS: '8' }),
      example('gpt_neo', '1.4.0', { SM_NUM_GPUS: '4' }),
      example('stablelm', '2.4.0', { HF_MODEL_QUANTIZE: 'gptq' }),
      example('seed_oss', '3.3.6', { SM_NUM_GPUS: '4' }),
    ],
  },
  evaluate(context) {
    const { model, spec } = context;
    const release = tgiRelease(context);
    const type = model?.config.model_type;
    if (release === undefined && typeof type === 'string') return newerThanTransformers(context, type);
    if (release === undefined || typeof type !== 'string' || hasOwnCode(release, type)) return [];
    const { gpus } = tgiGpus(context);
    const quantization = tgiQuantization(context)?.value;
    const reason =
      gpus > 1
        ? `on one GPU only, and ${gpus} are asked for`
        : quantization !== undefined && OWN_CODE_ONLY.has(quantization)
          ? `unquantized only, and ${quantization} is asked for`
          : undefined;
    if (reason === undefined && (fallsBack(release, type) || mayRunOwnCode(spec.environment, model?.config.auto_map)))
      return [];
    const first = firstWithCode(type);
    return [
      found({
        what:
          reason === undefined
            ? `text-generation-inference ${release} does not know the model type ${type}: "Unsupported model type"`
            : `text-generation-inference ${release} has no code of its own for the model type ${type}; it serves such models ${reason}`,
        got: `${type} in tgi${release}`,
        allowed: first === undefined ? 'a model type that the release knows' : `tgi${first} or newer`,
        fix:
          first === undefined
            ? 'use the lmi or vllm container'
            : `use an image of tgi${first} or newer, or the lmi container`,
        path: '/container/image',
      }),
    ];
  },
};

/** From 3.1 on Transformers serves what the release has no code for, over several GPUs too; but it must know the type. */
function newerThanTransformers(context: RuleContext, type: string): readonly RuleFinding[] {
  const later = tgiLater(context);
  if (later === undefined || context.model?.config.auto_map !== undefined) return [];
  const first = configRanges(type).at(0)?.since;
  if (first === undefined) return [];
  const { release, transformers } = later;
  if (hasLaterCode(release, type) || isAtLeast(parseVersion(transformers) ?? [], first)) return [];
  return [
    found({
      what: `text-generation-inference ${release} has no code of its own for the model type ${type}, and its Transformers ${transformers} does not know it: Transformers ${first} is the first that does`,
      got: `${type} in tgi${release}`,
      allowed: 'a model type that the release or its Transformers knows',
      fix: 'use the lmi or vllm container',
      path: '/container/image',
    }),
  ];
}

/** Code that comes with the checkpoint serves it where it is trusted. */
function mayRunOwnCode(environment: Readonly<Record<string, string>> | undefined, autoMap: unknown): boolean {
  if (autoMap === undefined || autoMap === null) return false;
  return ['HF_MODEL_TRUST_REMOTE_CODE', 'TRUST_REMOTE_CODE'].some((name) => {
    const value = environment?.[name]?.trim().toLowerCase() ?? '';
    return value !== '' && value !== 'false' && value !== '0';
  });
}
