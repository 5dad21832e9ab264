import type { ResolvedEndpoint } from '../endpoint/types';
import { parseScheme } from '../scheme';
import type { Scheme } from '../scheme/types';

/** Methods by which vLLM quantizes full-precision weights while it loads them. Source: vllm docs, "Online quantization", "BitsAndBytes". */
const METHODS: ReadonlyMap<string, Scheme> = new Map(
  Object.entries({
    fp8: 'fp8',
    fp8_per_tensor: 'fp8',
    fp8_per_channel: 'fp8',
    fp8_per_block: 'fp8-block',
    bitsandbytes: 'bitsandbytes-nf4',
  }).map(([flag, name]) => [flag, parseScheme(name, { origin: 'default' })]),
);

type Served = Pick<ResolvedEndpoint, 'scheme' | 'options' | 'container'>;

/** The scheme that the weights are served in: that of the checkpoint, or what the server makes of full-precision weights. */
export function servedScheme({ scheme, options, container }: Served): Scheme {
  if (scheme.layout !== 'plain' || container?.engine !== 'vllm' || options.quantizationFlag === undefined)
    return scheme;
  return METHODS.get(options.quantizationFlag.toLowerCase()) ?? scheme;
}
