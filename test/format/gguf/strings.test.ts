import { assert, array, boolean, oneof, property, string, uint8Array } from 'fast-check';
import { FormatError } from '../../../lib/errors';
import { parseGguf } from '../../../lib/format/gguf';
import { TYPE, ggufFile, put } from '../gguf-file';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Where the first string stands that is not UTF-8, as errors tell it. */
function placeOfFirstWild(texts: readonly Uint8Array[], file: Uint8Array): string | undefined {
  const wild = texts.findIndex((bytes) => textOf(bytes) === undefined);
  if (wild < 0) return undefined;
  const end = file.byteLength - texts.slice(wild + 1).reduce((sum, bytes) => sum + 8 + bytes.byteLength, 0);
  return `bytes at ${end - texts[wild].byteLength} to ${end}`;
}

describe('the strings of a vocabulary', () => {
  test('are UTF-8 one by one, however short or long, and the first that is not is named', () => {
    const text = oneof(
      { weight: 6, arbitrary: string({ unit: 'binary', maxLength: 12 }).map((value) => encoder.encode(value)) },
      {
        weight: 2,
        arbitrary: string({ unit: 'binary', minLength: 40, maxLength: 90 }).map((value) => encoder.encode(value)),
      },
      { weight: 1, arbitrary: uint8Array({ maxLength: 3 }) },
      { weight: 1, arbitrary: uint8Array({ minLength: 126, maxLength: 130 }) },
    );
    let wild = 0;
    assert(
      property(array(text, { maxLength: 24 }), boolean(), (texts, littleEndian) => {
        const elements = texts.map((bytes) => put.string(bytes));
        const keys = [put.key('list', TYPE.array, put.array(TYPE.string, BigInt(texts.length), ...elements))];
        const file = ggufFile({ keys, littleEndian });
        const place = placeOfFirstWild(texts, file);
        let error: unknown;
        try {
          const { metadata } = parseGguf(file);
          expect(metadata.get('list')).toMatchObject({ values: texts.map(textOf) });
        } catch (thrown) {
          error = thrown;
        }
        if (place === undefined) expect(error).toBeUndefined();
        else {
          wild++;
          expect(error).toBeInstanceOf(FormatError);
          expect(error).toMatchObject({ id: 'GGUF_STRING_UTF8', got: place });
        }
      }),
      { seed: 20261126, numRuns: 500 },
    );
    expect(wild).toBeGreaterThan(50);
  });

  test('may not hide a cut character between two of them', () => {
    const keys = [
      put.key(
        'list',
        TYPE.array,
        put.array(TYPE.string, 2n, put.string(Uint8Array.of(0x61, 0xc3)), put.string(Uint8Array.of(0xa9))),
      ),
    ];
    expect(() => parseGguf(ggufFile({ keys }))).toThrow(expect.objectContaining({ id: 'GGUF_STRING_UTF8' }) as Error);
  });
});
