import type { ReferenceConfig } from '../../lib/monitor/operate/config';

/**
 * Where full precision's answers come from.
 *
 * @internal
 */
export interface BoundReference {
  readonly config: ReferenceConfig;
  /** Endpoint that is asked; undefined where the prompt set brings the answers. */
  readonly endpointArn?: string;
  readonly inferenceComponentName?: string;
  /** Configuration that a temporary endpoint is made from. */
  readonly endpointConfigArn?: string;
  /** What another reference has another of. */
  readonly identity: string;
}
