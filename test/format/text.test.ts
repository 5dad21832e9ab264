import fc from 'fast-check';
import { isUtf8 } from '../../lib/format/text';

const decoder = new TextDecoder('utf-8', { fatal: true });

function decodes(bytes: Uint8Array): boolean {
  try {
    decoder.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

test('bytes are UTF-8 exactly where a decoder takes them', () => {
  // Bytes at the borders of what may follow what.
  const border = fc.constantFrom(
    ...[0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1],
    ...[0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xf8, 0xff],
  );
  const pieces = fc.array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 3 }).map((text) => [...new TextEncoder().encode(text)]),
      fc.array(border, { maxLength: 5 }),
    ),
    { maxLength: 4 },
  );
  fc.assert(
    fc.property(pieces, (parts) => {
      const bytes = Uint8Array.from(parts.flat());
      expect(isUtf8(bytes, 0, bytes.length)).toBe(decodes(bytes));
    }),
    { seed: 20261125, numRuns: 20000 },
  );
});

test('only the bytes asked for are looked at', () => {
  const bytes = Uint8Array.of(0xff, 0xc3, 0xa9, 0x80);
  expect(isUtf8(bytes, 1, 3)).toBe(true);
  expect(isUtf8(bytes, 1, 2)).toBe(false);
  expect(isUtf8(bytes, 1, 4)).toBe(false);
});
