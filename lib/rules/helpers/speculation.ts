import type { Speculation } from '../../endpoint/speculation';

export { speculationOf, type Speculation } from '../../endpoint/speculation';

/** Heads that guess from the states of the model, and layers that it brings: they are no models of their own. */
const NO_DRAFT_MODEL = /eagle|medusa|speculator|mtp|dflash|dspark/i;

/** Is it a smaller model that guesses? vLLM takes it for one where no method is named. Source: vllm/config/speculative.py, `__post_init__`. */
export function isDraftModel({ method, config }: Speculation): boolean {
  if (method !== undefined) return method === 'draft' || method === 'draft_model';
  const names = [config?.model_type, config?.architectures].flat();
  return !names.some((name) => typeof name === 'string' && NO_DRAFT_MODEL.test(name));
}
