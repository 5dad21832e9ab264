import type { RuleContext } from '../types';

/** Does llama-server choose by itself how many layers go to the GPU? */
export function offloadsByItself({ container, instance, spec }: RuleContext): boolean {
  if (container?.engine !== 'llama.cpp' || instance?.kind !== 'gpu') return false;
  return !Object.keys(spec.environment ?? {}).some((name) => /(N_)?GPU_LAYERS$|_NGL$/.test(name));
}
