import { quoted } from '../quoted';
import { asciiText, utf8Text } from '../text';
import { JsonProblem } from './json-problem';

/** Arrays and objects in one another, at most; the limit of serde_json, which the Rust safetensors library reads with. */
const MAX_DEPTH = 127;

/**
 * Keys of an object that the reader only passes over, or of metadata. Real ones have a few hundred; in a header of 100 MB
 * there is room for ten million, each of which costs ten times its bytes to remember.
 */
export const MAX_KEYS = 65_536;

const TAB = 0x09;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const END = -1;

const ESCAPES: Readonly<Record<number, string>> = {
  0x22: '"',
  0x5c: '\\',
  0x2f: '/',
  0x62: '\b',
  0x66: '\f',
  0x6e: '\n',
  0x72: '\r',
  0x74: '\t',
};

/** What a value begins as; `end` where the text is over. */
export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'true' | 'false' | 'null' | 'end';

/**
 * Reads JSON (RFC 8259) from UTF-8 bytes, told at each step what must come next.
 *
 * `JSON.parse` cannot be strict enough for a weight file: it keeps the last of two equal keys, takes `1.0` and `1e3` for
 * integers, rounds integers beyond 2^53, takes half of a surrogate pair, and builds the whole tree before anything is
 * known to be wrong. This scanner refuses all of that and builds only what its caller keeps.
 */
export class JsonScanner {
  private position = 0;
  private depth = 0;
  constructor(private readonly bytes: Uint8Array) {}

  /** What the next value is, without taking it. */
  kind(): JsonKind {
    const code = this.peek();
    switch (code) {
      case OPEN_OBJECT:
        return 'object';
      case OPEN_ARRAY:
        return 'array';
      case QUOTE:
        return 'string';
      case 0x74:
        return 'true';
      case 0x66:
        return 'false';
      case 0x6e:
        return 'null';
      case END:
        return 'end';
      default:
        if (code === MINUS || (code >= ZERO && code <= NINE)) return 'number';
        throw this.unexpected('a value');
    }
  }

  /**
   * An object; `visit` must take the value of each key. Two equal keys are refused.
   *
   * @param isNew for objects whose caller keeps the keys anyway: whether this one was not there before
   */
  object(visit: (key: string) => void, isNew?: (key: string) => boolean): void {
    this.enter(OPEN_OBJECT, 'an object');
    const keys = isNew === undefined ? new KeySet() : undefined;
    if (this.peek() === CLOSE_OBJECT) {
      this.leave();
      return;
    }
    for (;;) {
      const at = this.position;
      const key = this.stringAs('a key in quotes', 'syntax');
      if (keys !== undefined && keys.size === MAX_KEYS) {
        throw new JsonProblem('limit', `an object has more than ${MAX_KEYS} keys`, at);
      }
      if (!(keys?.add(key) ?? isNew?.(key)))
        throw new JsonProblem('duplicate', `key ${quoted(key)} stands twice in one object`, at);
      this.expect(COLON, "':' after a key");
      visit(key);
      const next = this.peek();
      if (next === CLOSE_OBJECT) {
        this.leave();
        return;
      }
      this.expect(COMMA, "',' or '}'");
    }
  }

  /** An array; `visit` must take each item. */
  array(visit: (index: number) => void): void {
    this.enter(OPEN_ARRAY, 'an array');
    if (this.peek() === CLOSE_ARRAY) {
      this.leave();
      return;
    }
    for (let index = 0; ; index++) {
      visit(index);
      const next = this.peek();
      if (next === CLOSE_ARRAY) {
        this.leave();
        return;
      }
      this.expect(COMMA, "',' or ']'");
    }
  }

  string(): string {
    return this.stringAs('a string', 'type');
  }

  private stringAs(what: string, otherwise: 'syntax' | 'type'): string {
    if (this.peek() !== QUOTE) throw this.unexpected(what, otherwise);
    const { bytes } = this;
    const start = ++this.position;
    let position = start;
    let ascii = true;
    for (; position < bytes.length; position++) {
      const code = bytes[position];
      if (code === QUOTE) {
        this.position = position + 1;
        return this.text(start, position, ascii);
      }
      if (code === BACKSLASH) return this.stringWithEscapes(start, position, ascii);
      if (code < SPACE) throw new JsonProblem('syntax', 'a control character stands unescaped in a string', position);
      if (code > 0x7e) ascii = false;
    }
    throw new JsonProblem('syntax', 'a string has no end', start - 1);
  }

  /** A non-negative integer, written as one: no sign, fraction, exponent or leading zero, and at most 2^53 − 1. */
  unsigned(): number {
    this.peek();
    const start = this.position;
    const { bytes } = this;
    let position = start;
    let value = 0;
    while (position < bytes.length && bytes[position] >= ZERO && bytes[position] <= NINE) {
      value = value * 10 + (bytes[position] - ZERO);
      position++;
    }
    const next = bytes[position];
    if (position === start || next === DOT || next === 0x65 || next === 0x45) {
      throw new JsonProblem('type', 'a non-negative whole number is wanted', start);
    }
    if (bytes[start] === ZERO && position > start + 1) throw new JsonProblem('syntax', 'a number starts with 0', start);
    if (value > Number.MAX_SAFE_INTEGER) throw new JsonProblem('type', 'a number is larger than 2^53 − 1', start);
    this.position = position;
    return value;
  }

  /** Any number of JSON that a double can hold. */
  number(): number {
    this.peek();
    const start = this.position;
    let position = start;
    const { bytes } = this;
    const digits = (): void => {
      const first = position;
      while (bytes[position] >= ZERO && bytes[position] <= NINE) position++;
      if (position === first) throw new JsonProblem('syntax', 'a digit is missing in a number', position);
    };
    if (bytes[position] === MINUS) position++;
    if (bytes[position] === ZERO) position++;
    else digits();
    if (bytes[position] >= ZERO && bytes[position] <= NINE)
      throw new JsonProblem('syntax', 'a number starts with 0', start);
    if (bytes[position] === DOT) {
      position++;
      digits();
    }
    if (bytes[position] === 0x65 || bytes[position] === 0x45) {
      position++;
      if (bytes[position] === 0x2b || bytes[position] === MINUS) position++;
      digits();
    }
    const value = Number(asciiText(bytes, start, position));
    if (!Number.isFinite(value)) throw new JsonProblem('syntax', 'a number is out of range', start);
    this.position = position;
    return value;
  }

  /** `true`, `false` or `null`. */
  literal(): boolean | null {
    const kind = this.kind();
    if (kind !== 'true' && kind !== 'false' && kind !== 'null') throw this.unexpected('true, false or null', 'type');
    for (let index = 0; index < kind.length; index++) {
      if (this.bytes[this.position + index] !== kind.charCodeAt(index)) throw this.unexpected(kind);
    }
    this.position += kind.length;
    return kind === 'null' ? null : kind === 'true';
  }

  /** Takes a value of any kind and forgets it; it must be well-formed all the same. */
  skip(): void {
    switch (this.kind()) {
      case 'object':
        this.object(() => this.skip());
        return;
      case 'array':
        this.array(() => this.skip());
        return;
      case 'string':
        this.string();
        return;
      case 'number':
        this.number();
        return;
      case 'end':
        throw this.unexpected('a value');
      default:
        this.literal();
    }
  }

  /** Nothing but white space may follow. */
  end(): void {
    if (this.peek() !== END) throw this.unexpected('the end');
  }

  /** The byte the scanner stands at, for messages. */
  get at(): number {
    return this.position;
  }

  /** The next byte that is no white space; -1 at the end. */
  private peek(): number {
    const { bytes } = this;
    for (; this.position < bytes.length; this.position++) {
      const code = bytes[this.position];
      if (code !== SPACE && code !== LINE_FEED && code !== TAB && code !== CARRIAGE_RETURN) return code;
    }
    return END;
  }

  private expect(code: number, what: string): void {
    if (this.peek() !== code) throw this.unexpected(what);
    this.position++;
  }

  private enter(code: number, what: string): void {
    if (this.peek() !== code) throw this.unexpected(what, 'type');
    this.position++;
    if (++this.depth > MAX_DEPTH) {
      throw new JsonProblem(
        'limit',
        `arrays and objects lie more than ${MAX_DEPTH} deep in one another`,
        this.position,
      );
    }
  }

  private leave(): void {
    this.position++;
    this.depth--;
  }

  private unexpected(what: string, kind: 'syntax' | 'type' = 'syntax'): JsonProblem {
    const code = this.peek();
    if (code === END) return new JsonProblem('syntax', `the text ends where ${what} is wanted`, this.position);
    const seen = code > SPACE && code < 0x7f ? `'${String.fromCharCode(code)}'` : `byte 0x${code.toString(16)}`;
    return new JsonProblem(kind, `${seen} stands where ${what} is wanted`, this.position);
  }

  private text(start: number, end: number, ascii: boolean): string {
    if (ascii) return asciiText(this.bytes, start, end);
    const text = utf8Text(this.bytes, start, end);
    if (text === undefined) throw new JsonProblem('utf8', 'a string is not valid UTF-8', start);
    return text;
  }

  private stringWithEscapes(start: number, firstEscape: number, asciiSoFar: boolean): string {
    const { bytes } = this;
    const parts = [this.text(start, firstEscape, asciiSoFar)];
    let position = firstEscape;
    let runStart = position;
    let ascii = true;
    for (;;) {
      if (position >= bytes.length) throw new JsonProblem('syntax', 'a string has no end', start - 1);
      const code = bytes[position];
      if (code === QUOTE || code === BACKSLASH) {
        if (position > runStart) parts.push(this.text(runStart, position, ascii));
        if (code === QUOTE) {
          this.position = position + 1;
          return parts.join('');
        }
        const { text, next } = this.escape(position);
        parts.push(text);
        position = runStart = next;
        ascii = true;
        continue;
      }
      if (code < SPACE) throw new JsonProblem('syntax', 'a control character stands unescaped in a string', position);
      if (code > 0x7e) ascii = false;
      position++;
    }
  }

  private escape(at: number): { text: string; next: number } {
    const code = this.bytes[at + 1];
    if (code !== 0x75) {
      const text = ESCAPES[code];
      if (text === undefined) throw new JsonProblem('syntax', 'an escape in a string is unknown', at);
      return { text, next: at + 2 };
    }
    const high = this.hex(at + 2);
    if (high < 0xd800 || high > 0xdfff) return { text: String.fromCharCode(high), next: at + 6 };
    // A pair, or nothing: half of one is no text.
    const pair = high < 0xdc00 && this.bytes[at + 6] === BACKSLASH && this.bytes[at + 7] === 0x75;
    const low = pair ? this.hex(at + 8) : 0;
    if (low < 0xdc00 || low > 0xdfff)
      throw new JsonProblem('syntax', 'an escape in a string is half of a surrogate pair', at);
    return { text: String.fromCharCode(high, low), next: at + 12 };
  }

  private hex(at: number): number {
    let value = 0;
    for (let index = at; index < at + 4; index++) {
      const code = this.bytes[index];
      const digit =
        code >= ZERO && code <= NINE
          ? code - ZERO
          : code >= 0x61 && code <= 0x66
            ? code - 0x57
            : code >= 0x41 && code <= 0x46
              ? code - 0x37
              : -1;
      if (digit < 0) throw new JsonProblem('syntax', 'an escape in a string wants four hexadecimal digits', at - 2);
      value = value * 16 + digit;
    }
    return value;
  }
}

/** Keys of one object. Most objects of a header have three: a set would cost more than they do. */
class KeySet {
  private readonly few: string[] = [];
  private many?: Set<string>;

  get size(): number {
    return this.many?.size ?? this.few.length;
  }

  /** False when it was there already. */
  add(key: string): boolean {
    if (this.many !== undefined) {
      if (this.many.has(key)) return false;
      this.many.add(key);
      return true;
    }
    if (this.few.includes(key)) return false;
    this.few.push(key);
    if (this.few.length > 8) this.many = new Set(this.few);
    return true;
  }
}
