/** The address space of the Rust library's `usize` on the machines it runs on. */
const USIZE_LIMIT = 1n << 64n;

export type Span =
  { readonly elements: number; readonly bytes: number } | { readonly problem: 'overflow' | 'misaligned' };

/**
 * Elements and bytes of a tensor, with the checks of the Rust library: every partial product must fit 64 bits, even where
 * a later 0 makes the whole 0, and a type narrower than a byte must fill its last one.
 */
export function tensorSpan(shape: readonly number[], bitsPerElement: number): Span {
  let elements = 1;
  for (const dimension of shape) elements *= dimension;
  const bits = elements * bitsPerElement;
  // A double is exact up to 2^53, and with no 0 among the factors no partial product is larger than the whole.
  if (bits > 0 && bits <= Number.MAX_SAFE_INTEGER) {
    return bits % 8 === 0 ? { elements, bytes: bits / 8 } : { problem: 'misaligned' };
  }
  return exactSpan(shape, bitsPerElement);
}

function exactSpan(shape: readonly number[], bitsPerElement: number): Span {
  let elements = 1n;
  for (const dimension of shape) {
    elements *= BigInt(dimension);
    if (elements >= USIZE_LIMIT) return { problem: 'overflow' };
  }
  const bits = elements * BigInt(bitsPerElement);
  if (bits >= USIZE_LIMIT) return { problem: 'overflow' };
  return bits % 8n === 0n ? { elements: Number(elements), bytes: Number(bits / 8n) } : { problem: 'misaligned' };
}
