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
