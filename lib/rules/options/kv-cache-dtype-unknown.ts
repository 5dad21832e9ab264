import { kvCacheDtypes } from '../../scheme';
import { nearestNames } from '../../text/nearest';
import { isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (kvCacheDtype: string, version?: string) => ({
  model: { config: LLAMA_8B },
  container: { family: 'vllm', ...(version === undefined ? {} : { version }) },
  options: { maxModelLen: 4096, kvCacheDtype },
});

export const kvCacheDtypeUnknown: Rule = {
  id: 'KV_CACHE_DTYPE_UNKNOWN',
  severity: 'error',
  summary: 'kvCacheDtype is one that this version has',
  explanation:
    'vLLM’s argument parser takes the KV-cache dtypes of its version only: "argument --kv-cache-dtype: invalid choice". INT8 and 4-bit caches came late, and under names of their own.',
  source: 'vllm/config/cache.py, CacheDType by version',
  examples: { passes: [example('fp8'), example('auto', '0.2.6')], fails: [example('int8', '0.11.0'), example('fp7')] },
  evaluate(context) {
    const { container, options } = context;
    const dtype = options.kvCacheDtype;
    if (dtype === 'auto' || !isVllm(context)) return [];
    const known = kvCacheDtypes(container?.engineVersion);
    // A name that ends with `*` stands for a family of names.
    if (known?.some((name) => name === dtype || (name.endsWith('*') && dtype.startsWith(name.slice(0, -1))))) return [];
    // Eight bits are what was meant; those of other names come late.
    const nearest = dtype.startsWith('int8') && known?.includes('fp8') ? 'fp8' : nearestNames(dtype, known ?? [])[0];
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
