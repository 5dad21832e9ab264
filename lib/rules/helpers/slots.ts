import { slotContext } from '../../endpoint/slots';
import type { RuleContext } from '../types';

/**
 * `set slots to 8 and maxModelLen to 10240`: more slots of llama-server divide its context further, so that it has to grow with them where a
 * request of the workload would not fit into its part any more.
 */
export function slotsFix({ options, spec }: RuleContext, slots: number): string {
  const { inputTokens, outputTokens = 0 } = spec.workload ?? {};
  const wanted = inputTokens === undefined ? 0 : inputTokens + outputTokens;
  const { maxModelLen: total } = options;
  // Without a number of slots they share one cache; with it only who asks for that.
  const unifiedKvCache = spec.environment?.SM_LLAMA_CPP_KV_UNIFIED === undefined ? false : options.unifiedKvCache;
  const isEnough = total === undefined || slotContext(total, { slots, unifiedKvCache }) >= wanted;
  if (isEnough) return `set slots to ${slots}`;
  return spec.environment?.SM_LLAMA_CPP_CTX_SIZE === undefined
    ? `set slots to ${slots} and maxModelLen to ${wanted * slots}`
    : `set slots to ${slots} and SM_LLAMA_CPP_CTX_SIZE to ${wanted * slots}`;
}
