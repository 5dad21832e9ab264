import {
  layoutSafetensors,
  parseSafetensors,
  SAFETENSORS_DTYPE_BITS,
  SAFETENSORS_DTYPES,
} from '../../lib/format/safetensors';
import { tensorSpan } from '../../lib/format/safetensors/span';
import { damage, joined } from './mutate';
import { oddName, oddValue, space, utf8 } from './json-text';
import type { Random } from './random';
import { invariant, type FuzzTarget } from './target';

/** A header that is right, then wrong in a few places: entry by entry, so that the reader gets past the beginning. */
function makeFile(random: Random): Uint8Array {
  const entries: string[] = [];
  if (random.chance(0.3)) entries.push(`"__metadata__":${random.chance(0.8) ? '{"format":"pt"}' : oddValue(random)}`);
  let end = 0;
  for (let count = random.below(6); count > 0; count--) {
    const dtype = random.pick(SAFETENSORS_DTYPES);
    const shape = Array.from({ length: random.below(4) }, () => random.below(5));
    if (random.chance(0.5)) shape.push(8);
    const span = tensorSpan(shape, SAFETENSORS_DTYPE_BITS[dtype]);
    const bytes = 'problem' in span ? random.below(9) : span.bytes;
    entries.push(makeEntry(random, dtype, shape, end, end + bytes));
    end += bytes;
  }
  if (random.chance(0.2)) entries.reverse();
  if (random.chance(0.05)) entries.push(entries[0] ?? 'x');
  const json = `${random.chance(0.02) ? ' ' : ''}{${entries.join(random.chance(0.98) ? ',' : ',,')}}${random.chance(0.3) ? ' '.repeat(random.below(9)) : space(random)}`;
  const header = utf8(json);
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(
    0,
    BigInt(Math.max(0, header.byteLength + (random.chance(0.05) ? random.below(9) - 4 : 0))),
    true,
  );
  const dataBytes = Math.max(0, end + (random.chance(0.05) ? random.below(9) - 4 : 0));
  return joined(length, header, new Uint8Array(Math.min(dataBytes, 1 << 16)));
}

function makeEntry(random: Random, dtype: string, shape: readonly number[], begin: number, end: number): string {
  const odd = (usual: string): string => (random.chance(0.03) ? oddValue(random) : usual);
  const near = (value: number): number => (random.chance(0.03) ? value + random.below(3) - 1 : value);
  const fields = [
    `"dtype":${space(random)}${odd(JSON.stringify(dtype))}`,
    `"shape":${odd(`[${shape.map((dimension) => odd(String(near(dimension)))).join(',')}]`)}`,
    `"data_offsets":${odd(`[${odd(String(near(begin)))},${odd(String(near(end)))}]`)}`,
  ];
  if (random.chance(0.1)) fields.push(`${oddName(random)}:${oddValue(random)}`);
  if (random.chance(0.03)) fields.splice(random.below(fields.length), 1);
  if (random.chance(0.1)) fields.reverse();
  const name = random.chance(0.5) ? `"t${begin}"` : oddName(random);
  return `${space(random)}${name}${space(random)}:${odd(`{${fields.join(`${space(random)},`)}}`)}`;
}

export const safetensorsTarget: FuzzTarget = {
  name: 'safetensors',
  make: (random) => {
    const file = makeFile(random);
    return random.chance(0.4) ? damage(file, random) : file;
  },
  read: (bytes) => {
    const header = parseSafetensors(bytes, 'fuzz.safetensors');
    // What is accepted must be whole: spans that tile the data, and a header that can be written and read again.
    let end = header.dataOffset;
    for (const tensor of header.tensors.values()) {
      invariant(tensor.offset === end, 'tensors follow one another');
      end += tensor.bytes;
    }
    invariant(end === bytes.byteLength, 'tensors end with the file');
    if ([...header.tensors.keys(), ...header.metadata.keys()].length === 0) return;
    const layout = layoutSafetensors({ tensors: [...header.tensors.values()], metadata: header.metadata });
    const again = parseSafetensors(joined(layout.header, new Uint8Array(layout.fileBytes - layout.header.byteLength)));
    invariant(again.tensors.size === header.tensors.size, 'every tensor is written');
    for (const [name, { dtype, shape }] of header.tensors) {
      const other = again.tensors.get(name);
      invariant(other?.dtype === dtype && other.shape.join() === shape.join(), 'a tensor written is the tensor read');
    }
  },
};
