import type { RuleContext } from '../types';
import { isVllm } from './engine';

/** LMI 9 (0.27) to 14 (0.32). */
const CHOSEN_BY_ITSELF = { since: '0.3.0', before: '0.8.0' };

/**
 * Does an LMI image run the model by lmi-dist, AWS's own engine around vLLM, which LMI 9 to 14 take for nearly every model where no rolling
 * batch is named? Its wheel is not public: what it checks before it starts is known by deployments only.
 * Source: djl-serving wlm/.../LmiConfigRecommender.java, `setRollingBatch`, of 0.27 to 0.32.
 */
export function runsLmiDist(context: Pick<RuleContext, 'container' | 'spec'>): boolean {
  const { container, spec } = context;
  if (container?.family !== 'lmi') return false;
  const named = spec.environment?.OPTION_ROLLING_BATCH?.toLowerCase() ?? 'auto';
  return (
    (named === 'lmi-dist' && isVllm(context, { before: CHOSEN_BY_ITSELF.before })) ||
    (named === 'auto' && isVllm(context, CHOSEN_BY_ITSELF))
  );
}
