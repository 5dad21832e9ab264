import { needsGpu, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const INTERNLM2 = {
  ...LLAMA_8B,
  architectures: ['InternLM2ForCausalLM'],
  model_type: 'internlm2',
  rope_scaling: null,
  auto_map: {
    AutoConfig: 'configuration_internlm2.InternLM2Config',
    AutoModel: 'modeling_internlm2.InternLM2ForCausalLM',
  },
};

const example = (config: object, trustRemoteCode?: boolean) => ({
  model: { config },
  container: { family: 'vllm' },
  options: { maxModelLen: 4096, ...(trustRemoteCode === undefined ? {} : { trustRemoteCode }) },
});

/** `model_type`s whose configuration class is in the model’s own repository only. Source: transformers CONFIG_MAPPING has none of them. */
const OWN_CODE = new Set([
  'aquila',
  'baichuan',
  'deci',
  'internlm',
  'internlm2',
  'internlm3',
  'minicpm',
  'minicpm3',
  'minicpmv',
  'minicpmo',
  'molmo',
  'orion',
  'ovis',
  'phi3small',
  'phi3_v',
  'phi4mm',
  'plamo2',
  'qwen',
  'xverse',
]);

export const remoteCodeNotTrusted: Rule = {
  id: 'REMOTE_CODE_NOT_TRUSTED',
  severity: 'error',
  summary: 'a model that brings its own code is allowed to run it',
  explanation:
    'Some models keep their configuration (and tokenizer) classes in Python files beside the weights, named in auto_map. Where Transformers has no class for the model_type, the server stops unless trustRemoteCode is set: "The repository contains custom code which must be executed to correctly load the model. Please pass the argument `trust_remote_code=True`". Read the code before you allow it.',
  source: 'vllm/transformers_utils/config.py, `get_config`; transformers CONFIG_MAPPING',
  examples: {
    passes: [example(INTERNLM2, true), example(LLAMA_8B, false)],
    fails: [example(INTERNLM2, false), example(INTERNLM2)],
  },
  evaluate(context) {
    const { model, options, spec } = context;
    if (model === undefined || options.trustRemoteCode || !needsGpu(context)) return [];
    const map = model.config.auto_map as { readonly AutoConfig?: unknown } | null | undefined;
    if (typeof map !== 'object' || map === null || map.AutoConfig === undefined || !OWN_CODE.has(model.modelType))
      return [];
    return [
      found({
        what: `${serverName(context)} must run the repository’s own code to read this model_type`,
        got: `model_type ${model.modelType} with auto_map, and trustRemoteCode off`,
        allowed: 'trustRemoteCode true, once you have read the code',
        fix: 'set options.trustRemoteCode to true',
        path: '/options/trustRemoteCode',
        // A checkpoint may have been converted to a class that Transformers has; who says no to remote code has read the question.
        severity: spec.options?.trustRemoteCode === false ? 'error' : 'warning',
      }),
    ];
  },
};
