import type { ResolvedEndpoint } from '../endpoint/types';
import { parseScheme } from '../scheme';
import type { Scheme } from '../scheme/types';

/** Methods by which servers quantize full-precision weights while they load them: all of them vLLM’s. Source: vllm docs, "Online quantization", "BitsAndBytes". */
const METHODS: ReadonlyMap<string, Scheme> = new Map(
  Object.entries({
    fp8: 'fp8',
    fp8_per_tensor: 'fp8',
    fp8_per_channel: 'fp8',
    fp8_per_block: 'fp8-block',
    bitsandbytes: 'bitsandbytes-nf4',
  }).map(([flag, name]) => [flag, parseScheme(name, { origin: 'default' })]),
);

/** The one by which SGLang does so whatever the checkpoint's loader. Source: sglang/srt/layers/quantization/fp8.py of 0.4.0 to 0.5.20, `is_checkpoint_fp8_serialized`. */
const SGLANG_METHODS: ReadonlySet<string> = new Set(['fp8']);

type Served = Pick<ResolvedEndpoint, 'scheme' | 'options' | 'container'>;

/** The scheme that the weights are served in: that of the checkpoint, or what the server makes of full-precision weights. */
export function servedScheme({ scheme, options, container }: Served): Scheme {
  const flag = options.quantizationFlag?.toLowerCase();
  if (scheme.layout !== 'plain' || flag === undefined) return scheme;
  const isOnline = container?.engine === 'vllm' || (container?.engine === 'sglang' && SGLANG_METHODS.has(flag));
  return (isOnline ? METHODS.get(flag) : undefined) ?? scheme;
}
