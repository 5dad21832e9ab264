// ignoreBOM keeps a byte order mark as the character it is: a name must round-trip.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** Long runs are decoded in pieces: a call takes only so many arguments. */
const PIECE = 4096;

/** Bytes below 0x80 as text, without a decoder's cost: most names of a checkpoint are short. */
export function asciiText(bytes: Uint8Array, start: number, end: number): string {
  if (end - start <= PIECE) return String.fromCharCode.apply(null, bytes.subarray(start, end) as unknown as number[]);
  const parts: string[] = [];
  for (let from = start; from < end; from += PIECE) parts.push(asciiText(bytes, from, Math.min(end, from + PIECE)));
  return parts.join('');
}

/** UTF-8 as text; undefined for bytes that are not valid UTF-8. */
export function utf8Text(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (end - start <= PIECE && isAscii(bytes, start, end)) return asciiText(bytes, start, end);
  try {
    return decoder.decode(bytes.subarray(start, end));
  } catch {
    return undefined;
  }
}

/** Are the bytes UTF-8? As a decoder that refuses has it: nothing overlong, no surrogates, nothing beyond U+10FFFF. */
export function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end) {
    const first = bytes[at++];
    if (first < 0x80) continue;
    // Bytes that follow, and where the first of them lies: RFC 3629, section 4.
    const more = first < 0xc2 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : first < 0xf5 ? 3 : 0;
    if (more === 0 || at + more > end) return false;
    const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
    const most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
    if (bytes[at] < least || bytes[at] > most) return false;
    for (let index = 1; index < more; index++) if ((bytes[at + index] & 0xc0) !== 0x80) return false;
    at += more;
  }
  return true;
}

/** What checks a long run at once where the platform has it: Node. `process.getBuiltinModule` is there from 20.16 on. */
const platformIsUtf8 = (globalThis as { process?: NodeProcess }).process?.getBuiltinModule?.('node:buffer').isUtf8;

interface NodeProcess {
  readonly getBuiltinModule?: (id: 'node:buffer') => { readonly isUtf8?: (bytes: Uint8Array) => boolean };
}

/** The same for a long run of bytes. */
export function isLongUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  if (platformIsUtf8 === undefined) return isUtf8(bytes, start, end);
  return platformIsUtf8(bytes.subarray(start, end));
}

export function utf8Bytes(text: string): Uint8Array {
  return encoder.encode(text);
}

function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  for (let index = start; index < end; index++) if (bytes[index] > 0x7f) return false;
  return true;
}

/** No half of a surrogate pair: text that UTF-8 can hold. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}
