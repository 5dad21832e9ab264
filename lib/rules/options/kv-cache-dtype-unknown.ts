import { kvCacheDtypes } from '../../scheme';
import { nearestNames } from '../../text/nearest';
import { isSglang, isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (kvCacheDtype: string, version?: string) => ({
  model: { config: LLAMA_8B },
  container: { family: 'vllm', ...(version === undefined ? {} : { version }) },
  options: { maxModelLen: 4096, kvCacheDtype },
});

const bySglang = (SM_SGLANG_KV_CACHE_DTYPE: string) => ({
  model: { config: LLAMA_8B },
  container: { family: 'sglang' },
  options: { maxModelLen: 4096 },
  environment: { SM_SGLANG_KV_CACHE_DTYPE },
});

const bySglangOption = (version: string) => ({
  model: { config: LLAMA_8B },
  container: { family: 'sglang', version },
  options: { maxModelLen: 4096, kvCacheDtype: 'fp8' },
});

/** What `fp8` of the spec becomes; 0.4.1.post5 and older have the other format alone. */
const SGLANG_FP8 = 'fp8_e4m3';

export const kvCacheDtypeUnknown: Rule = {
  id: 'KV_CACHE_DTYPE_UNKNOWN',
  severity: 'error',
  summary: 'kvCacheDtype is one that this version has',
  explanation:
    'The argument parsers of vLLM and SGLang take the KV-cache dtypes of their version only: "argument --kv-cache-dtype: invalid choice". INT8 and 4-bit caches came late, and under names of their own. SGLang has no fp8: it says fp8_e4m3 or fp8_e5m2. As an option of the spec, fp8 is translated to fp8_e4m3, which came with 0.4.1.post6.',
  source:
    'vllm/config/cache.py, CacheDType by version; sglang/srt/server_args.py, choices of --kv-cache-dtype, 0.3.0 to 0.5.23',
  examples: {
    passes: [example('fp8'), example('auto', '0.2.6'), bySglang('fp8_e5m2'), bySglangOption('0.4.1.post6')],
    fails: [example('int8', '0.11.0'), example('fp7'), bySglang('fp8'), bySglangOption('0.4.1.post5')],
  },
  evaluate(context) {
    const { container, options, spec } = context;
    const dtype = options.kvCacheDtype;
    const sglang = isSglang(context);
    if (dtype === 'auto' || !(sglang || isVllm(context))) return [];
    const known = kvCacheDtypes(container?.engineVersion, sglang ? 'sglang' : 'vllm');
    // An engine-neutral word: the container's own is put in its place.
    const isNeutral = sglang && dtype === 'fp8' && spec.environment?.SM_SGLANG_KV_CACHE_DTYPE === undefined;
    if (isNeutral && known?.includes(SGLANG_FP8) !== false) return [];
    // A name that ends with `*` stands for a family of names.
    if (known?.some((name) => name === dtype || (name.endsWith('*') && dtype.startsWith(name.slice(0, -1))))) return [];
    // Eight bits are what was meant; those of other names come late.
    const eightBits = (sglang ? [SGLANG_FP8, 'fp8_e5m2'] : ['fp8']).find((name) => known?.includes(name));
    const nearest =
      /^(int8|fp8(_e\dm\d)?$)/.test(dtype) && eightBits !== undefined ? eightBits : nearestNames(dtype, known ?? [])[0];
    return [
      found({
        what: `${serverName(context)} has no such KV-cache dtype`,
        got: dtype,
        allowed: known === undefined ? 'auto' : known.join(', '),
        fix: nearest === undefined ? 'leave kvCacheDtype out' : `write ${nearest}`,
        path: '/options/kvCacheDtype',
      }),
    ];
  },
};
