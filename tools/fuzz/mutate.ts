import type { Random } from './random';

/** Numbers at the edges of what a field can hold: signs, powers of two, and one beside each. */
export const EDGES: readonly bigint[] = [
  0n,
  1n,
  2n,
  7n,
  8n,
  31n,
  32n,
  33n,
  255n,
  256n,
  65_535n,
  65_536n,
  (1n << 31n) - 1n,
  1n << 31n,
  (1n << 32n) - 1n,
  1n << 32n,
  (1n << 53n) - 1n,
  1n << 53n,
  (1n << 53n) + 1n,
  1n << 61n,
  (1n << 63n) - 1n,
  1n << 63n,
  (1n << 64n) - 32n,
  (1n << 64n) - 1n,
];

/** Damages bytes the way disks, networks and attackers do: flips, cuts, doubles, moves, overwrites with edge numbers. */
export function damage(bytes: Uint8Array, random: Random): Uint8Array {
  let result = bytes;
  for (let times = 1 + random.below(3); times > 0; times--) result = damageOnce(result, random);
  return result;
}

function damageOnce(bytes: Uint8Array, random: Random): Uint8Array {
  const { byteLength } = bytes;
  if (byteLength === 0) return Uint8Array.of(random.below(256));
  const at = random.below(byteLength);
  const length = Math.min(1 + random.below(16), byteLength - at);
  switch (random.below(7)) {
    case 0: {
      const copy = bytes.slice();
      copy[at] ^= 1 << random.below(8);
      return copy;
    }
    case 1: {
      const copy = bytes.slice();
      copy[at] = random.below(256);
      return copy;
    }
    case 2:
      return bytes.slice(0, at);
    case 3:
      return joined(bytes.subarray(0, at), bytes.subarray(at + length));
    case 4:
      return joined(bytes.subarray(0, at + length), bytes.subarray(at, at + length), bytes.subarray(at + length));
    case 5: {
      const noise = Uint8Array.from({ length }, () => random.below(256));
      return joined(bytes.subarray(0, at), noise, bytes.subarray(at));
    }
    default: {
      const copy = bytes.slice();
      const wide = new Uint8Array(8);
      new DataView(wide.buffer).setBigUint64(0, random.pick(EDGES), random.chance(0.8));
      copy.set(wide.subarray(0, Math.min(8, byteLength - at)), at);
      return copy;
    }
  }
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.byteLength;
  }
  return result;
}
