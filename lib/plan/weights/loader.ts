import type { EngineName } from '../../container/types';
import type { Parallelism } from './shard';

/** The server that loads the weights. */
export interface Loader {
  readonly engine: EngineName;
  readonly version?: readonly number[];
  /** Compute capability × 10. */
  readonly sm?: number;
  /** Bytes of an element that nothing quantizes. */
  readonly plainBytes: number;
  readonly parallelism: Parallelism;
  readonly loras?: { readonly count: number; readonly rank: number };
  /** Is the tower that sees left out? */
  readonly skipsTower?: boolean;
  /** Most tokens of one step, for which some models keep buffers; undefined: none. */
  readonly stepTokens?: number;
}
