import { finishOf, textOf, type Chunk } from '../openai/chunk';
import { judgeOpening } from './refused';

/** What is wrong with an answer that was given. */
export type Fault = 'refusal' | 'malformed-json' | 'low-confidence';

/** What an answer is judged by, while it comes. */
export interface GateOptions {
  /** Judge by how the answer begins. */
  readonly refusal: boolean;
  /** The answer must be JSON: it is held until it is whole, for half of it is of no use to anybody. */
  readonly json: boolean;
  /** Mean log-probability (natural logarithm) that the first tokens must reach. */
  readonly confidence?: { readonly minMeanLogprob: number; readonly tokens: number };
}

/** `hold`: keep the chunks for now; `pass`: hand on everything, this answer stands; otherwise what is wrong. */
export type Verdict = 'hold' | 'pass' | Fault;

/** Nothing is held back for longer than this. */
const MAX_HELD_CHARACTERS = 256 * 1024;

/**
 * Decides whether an answer may go to the client, from as little of it as possible: most answers pass with their first
 * word. What has passed is never looked at again, for it cannot be taken back.
 */
export class Gate {
  private text = '';
  private sum = 0;
  private tokens = 0;
  private openingDone: boolean;

  constructor(private readonly options: GateOptions) {
    this.openingDone = !options.refusal;
  }

  next(chunk: Chunk): Verdict {
    const choice = chunk.choices[0];
    this.text += textOf(chunk);
    for (const { logprob } of choice?.logprobs?.content ?? [])
      if (typeof logprob === 'number' && Number.isFinite(logprob)) {
        this.sum += logprob;
        this.tokens++;
      }
    const ended = finishOf(chunk) !== null;
    // A call of a tool is no text: neither a refusal nor the JSON that was asked.
    if (choice?.delta.tool_calls !== undefined || this.text.length > MAX_HELD_CHARACTERS) return 'pass';
    if (typeof choice?.delta.refusal === 'string' && choice.delta.refusal !== '' && this.options.refusal)
      return 'refusal';
    // Thoughts come before the answer and may take long; only where JSON is asked does nobody want them early.
    if ((choice?.delta.reasoning_content ?? '') !== '' && !this.options.json) return 'pass';
    return this.opening(ended) ?? this.confidence(ended) ?? this.json(ended) ?? 'pass';
  }

  private opening(ended: boolean): Verdict | undefined {
    if (this.openingDone) return undefined;
    const opening = judgeOpening(this.text);
    if (opening === 'refusal') return 'refusal';
    if (opening === 'open' && !ended) return 'hold';
    this.openingDone = true;
    return undefined;
  }

  /** A server that gives no log-probabilities is not judged by them. */
  private confidence(ended: boolean): Verdict | undefined {
    const wanted = this.options.confidence;
    if (wanted === undefined) return undefined;
    if (this.tokens < wanted.tokens && !ended) return this.tokens === 0 && this.text !== '' ? undefined : 'hold';
    if (this.tokens === 0) return undefined;
    return this.sum / this.tokens < wanted.minMeanLogprob ? 'low-confidence' : undefined;
  }

  private json(ended: boolean): Verdict | undefined {
    if (!this.options.json) return undefined;
    if (!ended) return cannotBeJson(this.text) ? 'malformed-json' : 'hold';
    return isJson(this.text) ? undefined : 'malformed-json';
  }
}

/** A value that was asked as JSON begins with an object or a list; prose is told from it by its first character. */
function cannotBeJson(text: string): boolean {
  const begun = text.trimStart();
  return begun !== '' && !/^[{["\-\dtfn]/.test(begun);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
