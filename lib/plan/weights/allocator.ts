import { MIB } from '../../units';

/** Requests from here on get a segment of their own, in whole 2 MiB. */
const LARGE_ALLOCATION = 10 * MIB;
const SEGMENT_ROUNDING = 2 * MIB;
/** What remains of a segment is kept for other tensors only if it is larger than this. */
const SPLIT_REMAINDER = MIB;
const SMALL_ROUNDING = 512;

/**
 * What a tensor really takes on a GPU: PyTorch's allocator hands out whole segments, and a remainder of up to 1 MiB stays with the tensor.
 * An engine's "model loading took" includes it. It is up to 1 % of a model of odd sizes.
 * Source: pytorch c10/cuda/CUDACachingAllocator.cpp (kMinLargeAlloc, kRoundLarge, kSmallSize, kMinBlockSize).
 */
export function allocatedBytes(bytes: number): number {
  if (bytes <= 0) return 0;
  const rounded = Math.ceil(bytes / SMALL_ROUNDING) * SMALL_ROUNDING;
  if (rounded < LARGE_ALLOCATION) return rounded;
  const segment = Math.ceil(rounded / SEGMENT_ROUNDING) * SEGMENT_ROUNDING;
  return segment - rounded <= SPLIT_REMAINDER ? segment : rounded;
}
