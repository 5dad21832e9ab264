/** Longest line of a model's stream; a server that sends more without a line's end is broken. */
const MAX_LINE_BYTES = 8 * 1024 * 1024;

const NEWLINE = 0x0a;

/** A stream that ended in the middle of something. */
export class StreamCut extends Error {}

/**
 * Whole lines of a stream of bytes, without their ends.
 *
 * Parts are cut wherever the network cut them, in the middle of a character as well; a line is decoded only when all
 * of its bytes are here, so that no half of a character is ever passed on.
 */
export class LineReader {
  private readonly decoder = new TextDecoder('utf-8', { fatal: true });
  private held: Uint8Array[] = [];
  private heldBytes = 0;

  /** @throws {StreamCut} of a line that is no UTF-8, or never ends */
  push(part: Uint8Array): string[] {
    const lines: string[] = [];
    let from = 0;
    for (let end = part.indexOf(NEWLINE); end >= 0; end = part.indexOf(NEWLINE, from)) {
      lines.push(this.line(part.subarray(from, end)));
      from = end + 1;
    }
    if (from < part.length) {
      this.held.push(part.subarray(from));
      this.heldBytes += part.length - from;
      if (this.heldBytes > MAX_LINE_BYTES) throw new StreamCut(`a line of more than ${MAX_LINE_BYTES} bytes`);
    }
    return lines;
  }

  /**
   * What stands after the last line's end; empty of a stream that ended as it should.
   *
   * @throws {StreamCut} where the stream ended inside a character
   */
  rest(): string {
    return this.line(new Uint8Array());
  }

  private line(end: Uint8Array): string {
    const bytes = this.held.length === 0 ? end : concat([...this.held, end], this.heldBytes + end.length);
    this.held = [];
    this.heldBytes = 0;
    try {
      const line = this.decoder.decode(bytes);
      return line.endsWith('\r') ? line.slice(0, -1) : line;
    } catch {
      throw new StreamCut('the stream ended or broke inside a character');
    }
  }
}

function concat(parts: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
