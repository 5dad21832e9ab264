/** Uniform numbers from 0 to 1 out of a seed: a run can be repeated. Source: mulberry32, T. Ettinger, public domain. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A seed from a text. Source: FNV-1a. */
export function seedOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/**
 * `count` indices below `size`, each drawn from all: with replacement, because then every draw has the set's own mean as its
 * expectation, whatever was drawn before, which the drift test rests on.
 */
export function draw(size: number, count: number, seed: number): readonly number[] {
  const next = random(seed);
  return Array.from({ length: count }, () => Math.floor(next() * size));
}
