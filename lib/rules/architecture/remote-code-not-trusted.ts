import { lookup } from '../../text/lookup';
import type { ModelDescription } from '../../model/types';
import { isVllm, needsGpu, serverName, type VersionRange } from '../helpers/engine';
import { readsConfig } from '../helpers/engine-transformers';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

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

const example = (config: object, trustRemoteCode?: boolean, version?: string) => ({
  model: { config },
  container: { family: 'vllm', ...(version === undefined ? {} : { version }) },
  options: { maxModelLen: 4096, ...(trustRemoteCode === undefined ? {} : { trustRemoteCode }) },
});

/** microsoft/Phi-3-mini-4k-instruct */
const PHI3 = {
  ...LLAMA_8B,
  architectures: ['Phi3ForCausalLM'],
  model_type: 'phi3',
  rope_scaling: null,
  auto_map: { AutoConfig: 'configuration_phi3.Phi3Config' },
};

/**
 * `model_type`s whose configuration class is in the model’s own repository only. Source: transformers CONFIG_MAPPING has none of them; those
 * that vLLM reads with classes of its own are left out, unless their tokenizer is in the repository as well.
 */
const OWN_CODE = new Set([
  'aquila',
  'baichuan',
  'bailing_moe',
  'chatglm',
  'deci',
  'deepseek',
  'internlm',
  'internlm2',
  'minicpm',
  'minicpmv',
  'minicpmo',
  'molmo',
  'nemotron-nas',
  'orion',
  'phi3small',
  'phi3_v',
  'phi4mm',
  'plamo2',
  'qwen',
  'xverse',
]);

/**
 * First vLLM that came out with or after the Transformers that has the class, of the vLLM that asks for no newest one. Source: transformers
 * CONFIG_MAPPING of 4.41.0 (phi3), 4.46.0 (phimoe), 4.51.0 (deepseek_v3) and 4.54.0 (deepseek_v2), and days of release.
 */
const READ_SINCE: Readonly<Record<string, string>> = {
  phi3: '0.4.3',
  phimoe: '0.6.4',
  deepseek_v3: '0.8.3',
  deepseek_v2: '0.10.0',
};

/** Versions with a class of vLLM’s own in place of the repository’s. Source: vllm/transformers_utils/config.py, `_CONFIG_REGISTRY`, looked at first since 0.6.1. */
const READ_BY_VLLM: Readonly<Record<string, VersionRange>> = {
  exaone: { since: '0.6.1', before: '0.10.1' },
  internvl_chat: { since: '0.6.1', before: '0.9.2' },
  ovis: { since: '0.9.0' },
  RefinedWeb: { since: '0.6.1' },
  RefinedWebModel: { since: '0.6.1' },
};

/** InternVL on InternLM2 has that model’s tokenizer, which is the repository’s. */
function hasOwnTokenizer({ config }: ModelDescription): boolean {
  const inner = config.llm_config as { readonly model_type?: unknown } | null | undefined;
  return inner?.model_type === 'internlm2';
}

/** Must the server run the repository’s code to read the model? */
function needsOwnCode(context: RuleContext, model: ModelDescription): boolean {
  const { container } = context;
  const type = String(model.config.model_type ?? model.modelType);
  if (OWN_CODE.has(type)) return true;
  if (container !== undefined && readsConfig(container, type) === 'no') return true;
  if (!isVllm(context)) return false;
  const since = lookup(READ_SINCE, type);
  if (since !== undefined) return isVllm(context, { before: since });
  const own = lookup(READ_BY_VLLM, type);
  return own !== undefined && (!isVllm(context, own) || hasOwnTokenizer(model));
}

export const remoteCodeNotTrusted: Rule = {
  id: 'REMOTE_CODE_NOT_TRUSTED',
  severity: 'error',
  summary: 'a model that brings its own code is allowed to run it',
  explanation:
    'Some models keep their configuration (and tokenizer) classes in Python files beside the weights, named in auto_map. Where neither Transformers nor the server has a class for the model_type, as with DeepSeek-V2 before vLLM 0.10 or InternLM2 in every version, the server stops unless trustRemoteCode is set: "The repository contains custom code which must be executed to correctly load the model. Please pass the argument `trust_remote_code=True`". Read the code before you allow it.',
  source:
    'vllm/transformers_utils/config.py, `get_config`, `_CONFIG_REGISTRY`; transformers CONFIG_MAPPING; vllm-project/vllm#9531',
  examples: {
    passes: [example(INTERNLM2, true), example(LLAMA_8B, false), example(PHI3, false, '0.5.0')],
    fails: [example(INTERNLM2, false), example(INTERNLM2), example(PHI3, undefined, '0.4.2')],
  },
  evaluate(context) {
    const { model, options, spec } = context;
    if (model === undefined || options.trustRemoteCode || !needsGpu(context)) return [];
    const map = model.config.auto_map as { readonly AutoConfig?: unknown } | null | undefined;
    if (typeof map !== 'object' || map === null || map.AutoConfig === undefined) return [];
    if (!needsOwnCode(context, model)) return [];
    return [
      found({
        what: `${serverName(context)} must run the repository’s own code to read this model_type`,
        got: `model_type ${String(model.config.model_type ?? model.modelType)} with auto_map, and trustRemoteCode off`,
        allowed: 'trustRemoteCode true, once you have read the code',
        fix: 'set options.trustRemoteCode to true',
        path: '/options/trustRemoteCode',
        // What other servers than vLLM do by themselves is not known of each version.
        severity: spec.options?.trustRemoteCode === false || isVllm(context) ? 'error' : 'warning',
      }),
    ];
  },
};
