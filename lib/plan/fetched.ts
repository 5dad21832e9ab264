import type { ModelSpec } from '../spec/types';
import type { Plan } from './types';

/**
 * Bytes of the weights' files that an endpoint fetches before it starts: as large as the spec says they are, since a server that
 * quantizes while it loads fetches more than what its scheme would store; otherwise the size planned for the checkpoint.
 *
 * @returns `null` where neither is known
 */
export function fetchedBytes(model: ModelSpec, { checkpointBytes }: Pick<Plan, 'checkpointBytes'>): number | null {
  return model.weightBytes ?? checkpointBytes;
}
