import { LineReader } from './lines';

/** What a model's server sends: a JSON value, or the word that ends an OpenAI stream. */
export type ServerEvent = { readonly value: unknown } | { readonly done: true };

/**
 * The events of a model's answer, from its bytes: server-sent events (`data: {…}`, as vLLM, SGLang and llama.cpp
 * stream), JSON lines (as DJL's `jsonlines` formatter does), or one whole JSON answer.
 *
 * Source of the event format: WHATWG HTML, "Server-sent events", parsing an event stream.
 */
export class EventReader {
  private readonly lines = new LineReader();
  private data: string[] = [];

  /**
   * @throws {StreamCut} of bytes that are no text
   * @throws {SyntaxError} of data that is no JSON
   */
  push(part: Uint8Array): ServerEvent[] {
    return this.lines.push(part).flatMap((line) => this.line(line));
  }

  /** What is left when the stream has ended. */
  end(): ServerEvent[] {
    const rest = this.lines.rest();
    return [...(rest === '' ? [] : this.line(rest)), ...this.dispatch()];
  }

  private line(line: string): ServerEvent[] {
    if (line === '') return this.dispatch();
    if (line.startsWith(':')) return [];
    if (line.startsWith('data:')) {
      this.data.push(line.startsWith('data: ') ? line.slice(6) : line.slice(5));
      return [];
    }
    if (/^(event|id|retry)(:|$)/.test(line)) return [];
    return [...this.dispatch(), parse(line)];
  }

  private dispatch(): ServerEvent[] {
    if (this.data.length === 0) return [];
    const data = this.data.join('\n');
    this.data = [];
    return [parse(data)];
  }
}

function parse(data: string): ServerEvent {
  return data.trim() === '[DONE]' ? { done: true } : { value: JSON.parse(data) as unknown };
}
