import type { ResolvedEndpoint } from '../../lib/endpoint/types';
import { kvDtype } from '../../lib/plan/subject';
import type { Finding } from '../../lib/rules/types';
import { KV_TYPES, isKvType, kvQuantization } from '../../lib/simulate/forward/kv-cache';

/** A KV cache that is quantized. */
export interface QuantizedCache {
  /** As `qe simulate --kv-cache` and its report name it, where they know it. */
  readonly name: string;
  /** Eight bits lose next to nothing; what is below loses as much as a scheme of weights. */
  readonly belowEightBits: boolean;
  /** Whether `qe simulate` can measure it. */
  readonly known: boolean;
}

/** Types that lose nothing worth a gate. Source: llama.cpp common/arg.cpp, `kv_cache_types`. */
const PLAIN = new Set(['f32', 'f16', 'bf16']);

/** How the endpoint stores keys and values; undefined: as they are. */
export function servedCache({ container, options, model }: ResolvedEndpoint): QuantizedCache | undefined {
  if (container?.engine === 'llama.cpp') return ggmlCache(options.kvTypeK.toLowerCase(), options.kvTypeV.toLowerCase());
  const asked = options.kvCacheDtype.toLowerCase();
  const dtype = model === undefined ? asked : kvDtype(asked, model);
  if (dtype === 'auto' || /^(bf|b?float|fp)(16|32)$|^half$/.test(dtype)) return undefined;
  if (dtype === 'fp8' || dtype === 'fp8_e4m3') return { name: 'fp8', belowEightBits: false, known: true };
  return { name: dtype, belowEightBits: !/^(fp8|int8)/.test(dtype), known: false };
}

function ggmlCache(asKeys: string, asValues: string): QuantizedCache | undefined {
  const [keys, values] = [asKeys, asValues].map((type) => (PLAIN.has(type) ? 'f16' : type));
  if (keys === 'f16' && values === 'f16') return undefined;
  const belowEightBits = [keys, values].some((type) => type !== 'f16' && type !== 'q8_0');
  if (isKvType(keys) && isKvType(values)) return { name: kvQuantization(keys, values), belowEightBits, known: true };
  return { name: keys === values ? keys : `${keys}/${values}`, belowEightBits, known: false };
}

/** What a gate says where a report's figures are of another cache than the one that is served. */
export function cacheFindings(
  served: QuantizedCache | undefined,
  measured: string | undefined,
  report: string,
): Omit<Finding, 'path'>[] {
  if (served?.name === measured) return [];
  const got = measured === undefined ? 'a report with a KV cache at full precision' : `a KV cache in ${measured}`;
  if (served === undefined) {
    return [
      {
        rule: 'QUALITY_KV_CACHE_NOT_MEASURED',
        severity: 'warning',
        message: `${report} counts in what a quantized KV cache loses, and the endpoint has none`,
        got,
        allowed: 'a report with a KV cache at full precision',
        fix: 'run `qe simulate` without --kv-cache',
      },
    ];
  }
  return [
    {
      rule: served.belowEightBits ? 'QUALITY_REPORT_OTHER_KV_CACHE' : 'QUALITY_KV_CACHE_NOT_MEASURED',
      severity: served.belowEightBits ? 'error' : 'warning',
      message: `the endpoint stores its KV cache as ${served.name}, and ${report} was measured without that`,
      got,
      allowed: served.known ? `a report of \`qe simulate --kv-cache ${served.name}\`` : `a KV cache in ${MEASURED}`,
      fix: served.known
        ? `run \`qe simulate\` with --kv-cache ${served.name}`
        : 'store the KV cache in a type that `qe simulate --kv-cache` measures',
    },
  ];
}

const MEASURED = KV_TYPES.join(', ');
