import { utf8Text } from '../text';
import type { GgufArray } from './value';

type GgufStrings = Extract<GgufArray, { elementType: 'string' }>;

interface StoredStrings {
  /** Each string's length in 64 bits, and its UTF-8. */
  readonly bytes: Uint8Array;
  readonly length: number;
  readonly littleEndian: boolean;
}

const stored = new WeakMap<GgufArray, StoredStrings>();

/**
 * An array of strings as a file holds it, checked before. It becomes text when it is first asked for: a vocabulary is a hundred
 * thousand strings, and who only passes it on needs none of them.
 *
 * @param bytes the elements as they stand in the file; kept
 */
export function storedStrings(bytes: Uint8Array, length: number, littleEndian: boolean): GgufStrings {
  let values: readonly string[] | undefined;
  const array: GgufStrings = {
    type: 'array',
    elementType: 'string',
    get values() {
      values ??= decoded(bytes, length, littleEndian);
      return values;
    },
  };
  stored.set(array, { bytes, length, littleEndian });
  return array;
}

/** The elements of an array as they stood in its file, if it is of one in this byte order. */
export function storedElements(array: GgufArray, littleEndian: boolean): StoredStrings | undefined {
  const found = stored.get(array);
  return found?.littleEndian === littleEndian ? found : undefined;
}

function decoded(bytes: Uint8Array, length: number, littleEndian: boolean): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Array<string>(length);
  let at = 0;
  for (let index = 0; index < length; index++) {
    // Checked when it was read: lengths fit a header, and the bytes are UTF-8.
    const start = at + 8;
    at = start + view.getUint32(at + (littleEndian ? 0 : 4), littleEndian);
    values[index] = utf8Text(bytes, start, at) as string;
  }
  return values;
}
