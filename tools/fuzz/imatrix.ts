import { imatrixBytes, parseImatrix } from '../../lib/format/imatrix';
import { ByteWriter } from '../../lib/format/write/byte-writer';
import { ODD_NAMES, utf8 } from './json-text';
import { damage } from './mutate';
import type { Random } from './random';
import { invariant, type FuzzTarget } from './target';

/** The form that is a GGUF file, sound: what is wrong with it comes from damage. */
function ggufForm(random: Random): Uint8Array {
  const entries = new Map(
    Array.from({ length: random.below(5) }, (_, index) => {
      const matrices = 1 + random.below(3);
      const sums = Float32Array.from({ length: matrices * (1 + random.below(9)) }, () => value(random));
      const counts = Array.from({ length: matrices }, () => random.below(300));
      return [nameOf(random, index), { sums, counts }] as const;
    }),
  );
  return imatrixBytes({
    entries,
    datasets: ODD_NAMES.slice(0, random.below(3)),
    chunks: random.below(9),
    chunkSize: 512,
  });
}

function value(random: Random): number {
  return random.chance(0.002) ? random.pick([-1, Infinity, Number.NaN]) : random.below(1e6) / 512;
}

function nameOf(random: Random, index: number): string {
  return random.chance(0.9) ? `blk.${index}.w` : random.pick(ODD_NAMES).slice(0, 8) + index;
}

/** The older form, field by field, each now and then what it cannot be. */
function datForm(random: Random): Uint8Array {
  const writer = new ByteWriter(true, 1024);
  const integer = (number: number): void =>
    writer.int32(random.chance(0.01) ? random.pick([-1, 0, 0x7fffffff, -0x80000000, 65_536]) : number);
  const text = (words: string): void => {
    const bytes = random.chance(0.01) ? Uint8Array.of(0xc3, 0x28) : utf8(words);
    integer(bytes.byteLength);
    writer.raw(bytes);
  };
  const entries = 1 + random.below(4);
  integer(entries);
  for (let index = 0; index < entries; index++) {
    text(nameOf(random, index));
    integer(random.below(20));
    const values = 1 + random.below(8);
    integer(values);
    for (let i = 0; i < values; i++) writer.float32(value(random));
  }
  if (random.chance(0.7)) integer(random.below(99));
  if (random.chance(0.5)) text('wiki.train.raw');
  if (random.chance(0.02)) writer.uint8(0);
  return writer.finish();
}

export const imatrixTarget: FuzzTarget = {
  name: 'imatrix',
  make: (random) => {
    const file = random.chance(0.5) ? ggufForm(random) : datForm(random);
    return random.chance(0.3) ? damage(file, random) : file;
  },
  read: (bytes) => {
    const { entries, datasets, chunks } = parseImatrix(bytes, 'fuzz.imatrix');
    invariant(entries.size > 0, 'there is an entry');
    for (const { meanSquares, counts } of entries.values()) {
      invariant(meanSquares.length > 0 && meanSquares.length % counts.length === 0, 'matrices are of one width');
      invariant(
        meanSquares.every((mean) => mean >= 0 && mean < Infinity),
        'means of squares are finite and not negative',
      );
    }
    if (chunks < 0) return;
    const plan = new Map(
      [...entries].map(([name, { meanSquares, counts }]) => [name, { sums: meanSquares, counts: counts.map(() => 1) }]),
    );
    if ([...plan.keys()].some((name) => utf8(name).byteLength > 50)) return;
    const again = parseImatrix(imatrixBytes({ entries: plan, datasets, chunks, chunkSize: 1 }));
    for (const [name, { meanSquares }] of entries)
      invariant(
        meanSquares.every((mean, index) => again.entries.get(name)?.meanSquares[index] === mean),
        'what is written of it is read as the same',
      );
  },
};
