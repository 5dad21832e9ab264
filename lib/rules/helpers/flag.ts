import type { RuleContext } from '../types';

export { usesBitsandbytes } from '../../endpoint/bitsandbytes';

const FLAG = /(^|_)(QUANTIZE|QUANTIZATION|QUANT_ALGO)$/;

/** JSON pointer to the variable that sets `--quantization`. */
export function flagPath({ spec }: Pick<RuleContext, 'spec'>): string {
  const name = Object.keys(spec.environment ?? {}).find((key) => FLAG.test(key));
  return name === undefined ? '/quantization' : `/environment/${name}`;
}

/** The two engines whose `--quantization` means the same. */
export function isVllmOrSglang({ container }: Pick<RuleContext, 'container'>): boolean {
  return container?.engine === 'vllm' || container?.engine === 'sglang';
}
