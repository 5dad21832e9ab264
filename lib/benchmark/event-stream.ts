/** What a frame of the stream says: bytes of the answer, or how it failed. */
export type StreamFrame =
  { readonly bytes: Uint8Array; readonly failure?: undefined } | { readonly failure: string; readonly message: string };

const PRELUDE = 12;
const TRAILER = 4;
/** Source: Amazon event stream encoding: a message is at most 16 MiB of payload and 128 KiB of headers. */
const LONGEST = 16 * 2 ** 20 + 128 * 2 ** 10 + PRELUDE + TRAILER;
const STRING_TYPE = 7;
const NOTHING = new Uint8Array(0);

/**
 * Frames of `application/vnd.amazon.eventstream`, out of pieces of any size. Checksums are left alone: the connection has its own, and
 * a benchmark must cost less than what it measures. Source: Amazon Transcribe developer guide, "Event stream encoding".
 */
export class FrameReader {
  private rest: Uint8Array = NOTHING;
  /** Nearly all frames are parts of the answer, with the same headers: those are read once. */
  private eventHeaders: Uint8Array = NOTHING;

  /** Hands each whole frame to `take`. */
  push(piece: Uint8Array, take: (frame: StreamFrame) => void): void {
    let buffer = piece;
    if (this.rest.length > 0) {
      buffer = new Uint8Array(this.rest.length + piece.length);
      buffer.set(this.rest);
      buffer.set(piece, this.rest.length);
    }
    let at = 0;
    while (buffer.length - at >= PRELUDE) {
      const length = uint32(buffer, at);
      if (length < PRELUDE + TRAILER || length > LONGEST) {
        this.rest = NOTHING;
        return take({ failure: 'MalformedStream', message: `a frame says it has ${length} bytes` });
      }
      if (buffer.length - at < length) break;
      const headers = uint32(buffer, at + 4);
      const payload = at + PRELUDE + headers;
      const bytes = buffer.subarray(payload, at + length - TRAILER);
      const kind = this.isKnownEvent(buffer, at + PRELUDE, payload)
        ? undefined
        : messageKind(buffer, at + PRELUDE, payload);
      if (kind === undefined) {
        if (this.eventHeaders.length !== headers) this.eventHeaders = buffer.slice(at + PRELUDE, payload);
        take({ bytes });
      } else take({ failure: kind, message: new TextDecoder().decode(bytes) });
      at += length;
    }
    if (at === buffer.length) this.rest = NOTHING;
    else this.rest = at === 0 && buffer !== piece ? buffer : buffer.slice(at);
  }

  private isKnownEvent(buffer: Uint8Array, from: number, to: number): boolean {
    const known = this.eventHeaders;
    if (known.length === 0 || known.length !== to - from) return false;
    for (let i = 0; i < known.length; i++) if (known[i] !== buffer[from + i]) return false;
    return true;
  }

  /** Bytes of a frame that did not come whole. */
  get pending(): number {
    return this.rest.length;
  }
}

/** Undefined for an event; the exception's or error's name otherwise. */
function messageKind(buffer: Uint8Array, from: number, to: number): string | undefined {
  let type = 'event';
  let name = 'UnknownStreamError';
  for (let at = from; at < to;) {
    const nameLength = buffer[at];
    const valueAt = at + 1 + nameLength;
    // All headers of this protocol are strings; another type would have another length.
    if (buffer[valueAt] !== STRING_TYPE) return 'MalformedStream';
    const valueLength = (buffer[valueAt + 1] << 8) | buffer[valueAt + 2];
    const key = ascii(buffer, at + 1, valueAt);
    if (key === ':message-type') type = ascii(buffer, valueAt + 3, valueAt + 3 + valueLength);
    else if (key === ':exception-type' || key === ':error-code')
      name = ascii(buffer, valueAt + 3, valueAt + 3 + valueLength);
    if (key === ':message-type' && type === 'event') return undefined;
    at = valueAt + 3 + valueLength;
  }
  return type === 'event' ? undefined : name;
}

function ascii(buffer: Uint8Array, from: number, to: number): string {
  let text = '';
  for (let at = from; at < to; at++) text += String.fromCharCode(buffer[at]);
  return text;
}

function uint32(buffer: Uint8Array, at: number): number {
  return ((buffer[at] << 24) | (buffer[at + 1] << 16) | (buffer[at + 2] << 8) | buffer[at + 3]) >>> 0;
}
