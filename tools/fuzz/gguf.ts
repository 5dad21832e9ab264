import { layoutGguf, parseGguf, type GgufValue } from '../../lib/format/gguf';
import { findGgufTensorType, ggufTensorTypeNames } from '../../lib/scheme/gguf/types';
import { ByteWriter } from '../../lib/format/write/byte-writer';
import { ODD_NAMES, utf8 } from './json-text';
import { EDGES, damage, joined } from './mutate';
import type { Random } from './random';
import { invariant, type FuzzTarget } from './target';

const KEYS = [
  'general.architecture',
  'general.alignment',
  'split.no',
  'split.count',
  'tokenizer.ggml.tokens',
  'tokenizer.chat_template',
  ...ODD_NAMES,
];
const TYPES = ggufTensorTypeNames.flatMap((name) => findGgufTensorType(name) ?? []);

/** A file written field by field, each of which is now and then an edge number instead of what belongs there. */
class Maker {
  private readonly writer: ByteWriter;

  constructor(private readonly random: Random) {
    this.writer = new ByteWriter(random.chance(0.9), 4096);
  }

  make(): Uint8Array {
    const { random, writer } = this;
    writer.raw(utf8(random.chance(0.99) ? 'GGUF' : 'GGML'));
    writer.uint32(random.chance(0.98) ? 2 + random.below(2) : random.below(6));
    const tensors = random.below(5);
    const keys = random.below(6);
    this.count(tensors);
    this.count(keys);
    let alignment = 32;
    for (let index = 0; index < keys; index++) alignment = this.key(alignment);
    let end = 0;
    for (let index = 0; index < tensors; index++) end = this.tensor(index, end, alignment);
    writer.pad(alignment <= 4096 ? alignment : 32);
    const extra = random.chance(0.1) ? random.below(65) - 32 : 0;
    return joined(writer.finish(), new Uint8Array(Math.max(0, Math.min(end + extra, 1 << 16))));
  }

  private count(value: number): void {
    this.writer.uint64(this.random.chance(0.02) ? this.random.pick(EDGES) : BigInt(value));
  }

  private string(text: string): void {
    const bytes = this.random.chance(0.01) ? Uint8Array.of(0xc3, 0x28) : utf8(text);
    this.count(bytes.byteLength);
    this.writer.raw(bytes);
  }

  private key(alignment: number): number {
    const { random, writer } = this;
    const key = random.chance(0.5) ? `key${random.below(1000)}` : random.pick(KEYS);
    this.string(key);
    if (key === 'general.alignment' && random.chance(0.8)) {
      const value = random.pick([8, 16, 32, 64, 4096, 0, 1, 48, 0x8000_0000]);
      writer.uint32(4);
      writer.uint32(value);
      return value >= 8 && value <= 4096 ? value : alignment;
    }
    const type = random.chance(0.98) ? random.below(13) : random.below(20);
    writer.uint32(type);
    this.value(type, 0);
    return alignment;
  }

  private value(type: number, depth: number): void {
    const { random, writer } = this;
    if (type === 8) return this.string(random.pick(ODD_NAMES));
    if (type === 9) return this.array(depth);
    const width = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8][type] ?? 4;
    for (let index = 0; index < width; index++)
      writer.uint8(type === 7 ? random.below(random.chance(0.9) ? 2 : 256) : random.below(256));
  }

  private array(depth: number): void {
    const { random, writer } = this;
    const type = depth < 10 && random.chance(0.3) ? 9 : random.below(13);
    const length = type === 9 && depth >= 10 ? 0 : random.below(4);
    writer.uint32(random.chance(0.98) ? type : random.below(20));
    this.count(length);
    for (let index = 0; index < length; index++) this.value(type, depth + 1);
  }

  /** Where the next one begins. */
  private tensor(index: number, end: number, alignment: number): number {
    const { random, writer } = this;
    this.string(random.chance(0.7) ? `blk.${index}.weight` : random.pick(ODD_NAMES));
    const type = random.chance(0.5) ? TYPES[random.below(2)] : random.pick(TYPES);
    const dims = [
      type.blockElements * random.below(3) + (random.chance(0.03) ? 1 : 0),
      ...Array.from({ length: random.below(4) }, () => random.below(3)),
    ];
    if (random.chance(0.05)) dims.length = 0;
    if (random.chance(0.02)) dims.push(1, 1);
    writer.uint32(random.chance(0.98) ? dims.length : random.below(8));
    for (const dim of dims) this.count(dim);
    writer.uint32(random.chance(0.97) ? type.id : random.below(60));
    this.count(Math.max(0, end + (random.chance(0.02) ? random.below(65) - 32 : 0)));
    const bytes = (dims.reduce((product, dim) => product * dim, 1) / type.blockElements) * type.blockBytes;
    return Math.ceil((end + bytes) / alignment) * alignment;
  }
}

export const ggufTarget: FuzzTarget = {
  name: 'gguf',
  make: (random) => {
    const file = new Maker(random).make();
    return random.chance(0.4) ? damage(file, random) : file;
  },
  read: (bytes) => {
    const header = parseGguf(bytes, 'fuzz.gguf');
    let end = header.dataOffset;
    for (const tensor of header.tensors.values()) {
      invariant(
        tensor.offset === end && tensor.offset + tensor.bytes <= bytes.byteLength,
        'tensors follow one another inside the file',
      );
      invariant(tensor.offset % header.alignment === 0, 'tensors are aligned');
      end = Math.ceil((tensor.offset + tensor.bytes) / header.alignment) * header.alignment;
    }
    const plan = {
      metadata: header.metadata,
      tensors: [...header.tensors.values()],
      littleEndian: header.littleEndian,
    };
    const original = bytes.subarray(0, header.dataOffset);
    // Strings are written as they were stored, and as the text that they become.
    for (const metadata of [plan.metadata, new Map([...plan.metadata].map(([key, value]) => [key, spelled(value)]))]) {
      const written = layoutGguf({ ...plan, metadata }).header;
      // Version 2 has the same bytes but for its number.
      written[header.littleEndian ? 4 : 7] = header.version;
      invariant(equalButNaN(written, original, header.metadata), 'a header written again has the same bytes');
    }
  },
};

/** The same value, its strings text. */
function spelled<Value extends GgufValue>(value: Value): Value {
  if (value.type !== 'array') return value;
  if (value.elementType === 'string') return { ...value, values: [...value.values] };
  return value.elementType === 'array' ? { ...value, values: value.values.map((inner) => spelled(inner)) } : value;
}

/** A signalling NaN does not survive being a JavaScript number; everything else must. Padding may hold anything. */
function equalButNaN(written: Uint8Array, original: Uint8Array, metadata: ReadonlyMap<string, GgufValue>): boolean {
  const hasNaN = [...metadata.values()].some(
    (value) => (value.type === 'float32' || value.type === 'float64') && Number.isNaN(value.value),
  );
  if (hasNaN) return true;
  // A file without tensors needs no padding.
  let last = Math.min(written.byteLength, original.byteLength);
  while (last > 0 && written[last - 1] === 0) last--;
  for (let index = 0; index < last; index++) if (written[index] !== original[index]) return false;
  return true;
}
