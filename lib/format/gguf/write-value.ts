import { FormatError } from '../../errors';
import { quoted } from '../quoted';
import { utf8Bytes } from '../text';
import type { ByteWriter } from '../write/byte-writer';
import { MACHINE_IS_LITTLE_ENDIAN, swapBytes } from './read-value';
import { storedElements } from './string-array';
import { GGUF_VALUE_BYTES, GGUF_VALUE_TYPES, type GgufArray, type GgufValue } from './value';

/** Type and value of one key, as they stand in the file. */
export function writeValue(writer: ByteWriter, key: string, value: GgufValue, littleEndian: boolean): void {
  writer.uint32(GGUF_VALUE_TYPES.indexOf(value.type));
  switch (value.type) {
    case 'array':
      writeArray(writer, value, littleEndian);
      return;
    case 'string':
      writeString(writer, value.value);
      return;
    case 'bool':
      writer.uint8(value.value ? 1 : 0);
      return;
    case 'uint64':
    case 'int64':
      assertFits(key, value.type, value.value);
      writer[value.type](value.value);
      return;
    default:
      assertFits(key, value.type, value.value);
      writer[value.type](value.value);
  }
}

export function writeString(writer: ByteWriter, text: string): void {
  const bytes = utf8Bytes(text);
  writer.count(bytes.byteLength);
  writer.raw(bytes);
}

function writeArray(writer: ByteWriter, array: GgufArray, littleEndian: boolean): void {
  writer.uint32(GGUF_VALUE_TYPES.indexOf(array.elementType));
  const stored = storedElements(array, littleEndian);
  if (stored !== undefined) {
    writer.count(stored.length);
    writer.raw(stored.bytes);
    return;
  }
  writer.count(array.values.length);
  switch (array.elementType) {
    case 'string':
      for (const text of array.values) writeString(writer, text);
      return;
    case 'array':
      for (const inner of array.values) writeArray(writer, inner, littleEndian);
      return;
    default: {
      const { buffer, byteOffset, byteLength } = array.values;
      const bytes = new Uint8Array(buffer, byteOffset, byteLength);
      if (littleEndian === MACHINE_IS_LITTLE_ENDIAN) {
        writer.raw(bytes);
      } else {
        const swapped = bytes.slice();
        swapBytes(swapped, GGUF_VALUE_BYTES[array.elementType]);
        writer.raw(swapped);
      }
    }
  }
}

const RANGES = {
  uint8: [0, 0xff],
  int8: [-0x80, 0x7f],
  uint16: [0, 0xffff],
  int16: [-0x8000, 0x7fff],
  uint32: [0, 0xffff_ffff],
  int32: [-0x8000_0000, 0x7fff_ffff],
  uint64: [0n, 0xffff_ffff_ffff_ffffn],
  int64: [-0x8000_0000_0000_0000n, 0x7fff_ffff_ffff_ffffn],
} as const;

/** A DataView would wrap a number that does not fit, and the file would say something else than its writer meant. */
function assertFits(key: string, type: keyof typeof RANGES | 'float32' | 'float64', value: number | bigint): void {
  if (type === 'float32' || type === 'float64') return;
  const [least, most] = RANGES[type];
  if (value >= least && value <= most && (typeof value === 'bigint' || Number.isInteger(value))) return;
  throw new FormatError('GGUF_VALUE_RANGE', `the value for ${quoted(key)} is not of its type`, {
    got: String(value),
    allowed: `${type}: a whole number from ${least} to ${most}`,
    fix: 'choose a wider type for this key',
  });
}
