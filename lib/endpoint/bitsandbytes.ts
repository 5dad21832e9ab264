import type { Scheme } from '../scheme/types';
import type { EnvironmentOptions } from './environment';

/** Weights that bitsandbytes stored, or that it is to quantize while the server loads them. */
export function usesBitsandbytes({
  scheme,
  options,
}: {
  readonly scheme: Scheme;
  readonly options: Pick<EnvironmentOptions, 'quantizationFlag'>;
}): boolean {
  if (scheme.layout === 'bitsandbytes') return true;
  return scheme.layout === 'plain' && options.quantizationFlag?.toLowerCase() === 'bitsandbytes';
}
