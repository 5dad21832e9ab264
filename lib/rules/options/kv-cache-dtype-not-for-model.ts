import { smOf } from '../helpers/accelerator';
import { isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { DEEPSEEK_V32, LLAMA_8B } from '../helpers/samples';
import { isSparse } from '../helpers/sparse';
import type { Rule, RuleContext } from '../types';

const example = (kvCacheDtype: string, version: string, config: object = LLAMA_8B) => ({
  model: { config },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096, kvCacheDtype },
});

const sparse = (kvCacheDtype: string, version: string) => ({
  ...example(kvCacheDtype, version, DEEPSEEK_V32),
  instanceType: 'ml.p5en.48xlarge',
});

/** FlashMLA’s sparse attention, the only one on Hopper, knows FP8 by two names; vLLM puts the others in their place before 0.18 and from 0.24 on. */
function isOtherName(context: RuleContext): boolean {
  const { model, options } = context;
  const sm = smOf(context) ?? 0;
  if (model === undefined || !isSparse(model) || sm < 90 || sm >= 100) return false;
  return /^fp8_e[45]m[32]$/.test(options.kvCacheDtype) && isVllm(context, { since: '0.18.0', before: '0.24.0' });
}

/** The parser knew the model's own 16 bits by name before any attention backend did: all were for `auto`. Source: `supported_kv_cache_dtypes` of 0.11.1 to 0.14. */
function isNotYetNamed(context: RuleContext): boolean {
  return context.options.kvCacheDtype === 'bfloat16' && isVllm(context, { since: '0.11.1', before: '0.15.0' });
}

/** Why no attention of an NVIDIA GPU takes the dtype; undefined where some does. */
function reasonOf(context: RuleContext): string | undefined {
  const { model, options } = context;
  const dtype = options.kvCacheDtype;
  if (isOtherName(context)) return 'not a name that the sparse attention of Hopper has';
  if (isNotYetNamed(context)) return 'a name that attention has in later versions only';
  if (dtype === 'fp8_inc') return 'of Intel Gaudi only';
  const isLatent = dtype === 'fp8_ds_mla' || dtype === 'nvfp4_ds_mla';
  return isLatent && model !== undefined && model.mla === undefined
    ? 'of DeepSeek’s sparse latent attention (MLA) only'
    : undefined;
}

export const kvCacheDtypeNotForModel: Rule = {
  id: 'KV_CACHE_DTYPE_NOT_FOR_MODEL',
  severity: 'error',
  summary: 'the KV-cache dtype is one that the model’s attention has on this hardware',
  explanation:
    'vLLM’s argument parser takes every KV-cache dtype of every platform. fp8_inc is that of Intel Gaudi, and fp8_ds_mla the layout of DeepSeek’s sparse attention: with any other model no attention backend is valid, and the engine stops while it starts. Up to 0.14 no backend knows bfloat16 by name either: auto is what it means. On Hopper, vLLM 0.18 to 0.23 know the FP8 cache of sparse attention as fp8 or fp8_ds_mla, not as fp8_e4m3.',
  source: 'vllm/v1/attention/backends, `supported_kv_cache_dtypes`; vllm-project/vllm#42587, vllm-project/recipes#565',
  holdsFor: 'vLLM 0.11.1 and later',
  server: { engine: 'vllm', since: '0.11.1' },
  examples: {
    passes: [
      example('fp8', '0.19.0'),
      example('fp8_e4m3', '0.11.2'),
      example('bfloat16', '0.16.0'),
      sparse('fp8', '0.23.0'),
      sparse('fp8_e4m3', '0.24.0'),
    ],
    fails: [
      example('fp8_inc', '0.19.0'),
      example('fp8_ds_mla', '0.20.1'),
      sparse('fp8_e4m3', '0.23.0'),
      example('bfloat16', '0.14.1'),
    ],
  },
  evaluate(context) {
    const reason = reasonOf(context);
    if (reason === undefined) return [];
    return [
      found({
        what: `the KV-cache dtype ${context.options.kvCacheDtype} is ${reason}: no attention backend of ${serverName(context)} is valid with it here`,
        got: context.options.kvCacheDtype,
        allowed: 'auto or fp8',
        fix: isNotYetNamed(context) ? 'write auto' : 'write fp8',
        path: '/options/kvCacheDtype',
      }),
    ];
  },
};
