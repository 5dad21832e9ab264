import { SpecError } from '../errors';

/** What an answer must be to count as valid, beside being like the reference. */
export const EXPECTATIONS = ['json', 'javascript', 'code'] as const;
export type Expectation = (typeof EXPECTATIONS)[number];

/** A turn of a conversation, as chat completions take it. */
export interface ChatMessage {
  readonly role: string;
  readonly content: string;
}

/** One entry of a prompt set: a question that is answered, or a fixed text whose perplexity is taken. */
export interface MonitorPrompt {
  readonly id: string;
  /** Figures are kept by category too: edge cases degrade before the average does. */
  readonly category: string;
  readonly messages: readonly ChatMessage[];
  /** Tokens of the answer at most. */
  readonly maxTokens: number;
  readonly expects?: Expectation;
  /** A fixed text: its perplexity is taken, where the server tells log-probabilities of a prompt. */
  readonly isText: boolean;
  /** An answer to compare with, for sets that bring their own. */
  readonly reference?: string;
}

export const DEFAULT_CATEGORY = 'general';

/** Long enough to tell how an answer goes on, short enough for a set of some hundred to be asked in minutes. */
export const DEFAULT_MAX_TOKENS = 64;

const KEYS = ['id', 'category', 'prompt', 'messages', 'text', 'maxTokens', 'expects', 'reference'];

/**
 * A prompt set: JSON lines of `{"id", "category", "prompt" | "messages" | "text", "maxTokens", "expects", "reference"}`. Only one of
 * `prompt`, `messages` and `text` is needed; ids default to the line number.
 *
 * @param path for messages
 * @throws SpecError `PROMPT_SET_EMPTY`, `PROMPT_SET_UNREADABLE`, `PROMPT_ID_REPEATED`
 */
export function parsePrompts(text: string, path: string): readonly MonitorPrompt[] {
  const prompts: MonitorPrompt[] = [];
  const seen = new Set<string>();
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const prompt = parseLine(line, `${path}:${index + 1}`, index + 1);
    if (seen.has(prompt.id))
      throw new SpecError('PROMPT_ID_REPEATED', `two prompts are called ${JSON.stringify(prompt.id)}`, {
        got: prompt.id,
        allowed: 'an id of its own for every prompt',
        fix: 'rename one, or leave ids out',
        path: `${path}:${index + 1}`,
      });
    seen.add(prompt.id);
    prompts.push(prompt);
  }
  if (prompts.length > 0) return prompts;
  throw new SpecError('PROMPT_SET_EMPTY', `the prompt set ${path} holds no prompt`, {
    got: 'no prompt',
    allowed: 'JSON lines such as {"prompt": "…"}, one at least',
    fix: 'add prompts of the kind that users send; some hundred in several categories find small losses soon',
    path,
  });
}

function parseLine(line: string, where: string, number: number): MonitorPrompt {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw unreadable(where, `it is not JSON: ${(cause as Error).message}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw unreadable(where, 'it is not a JSON object');
  const fields = value as Record<string, unknown>;
  const unknown = Object.keys(fields).filter((key) => !KEYS.includes(key));
  if (unknown.length > 0) throw unreadable(where, `it has an unknown key: ${unknown.join(', ')}`);
  const given = ['prompt', 'messages', 'text'].filter((key) => fields[key] !== undefined);
  if (given.length !== 1) throw unreadable(where, `it needs one of prompt, messages and text, and has ${given.length}`);
  return {
    id: optionalText(fields, 'id', where) ?? String(number),
    category: optionalText(fields, 'category', where) ?? DEFAULT_CATEGORY,
    messages: messagesOf(fields, where),
    maxTokens: maxTokensOf(fields.maxTokens, where),
    ...expectationOf(fields.expects, where),
    isText: fields.text !== undefined,
    ...(fields.reference === undefined ? {} : { reference: optionalText(fields, 'reference', where) }),
  };
}

function messagesOf(fields: Record<string, unknown>, where: string): readonly ChatMessage[] {
  const content = optionalText(fields, 'prompt', where) ?? optionalText(fields, 'text', where);
  if (content !== undefined) return [{ role: 'user', content }];
  const list = fields.messages;
  if (!Array.isArray(list) || list.length === 0) throw unreadable(where, 'messages is not a list of turns');
  return list.map((turn: unknown) => {
    const { role, content: said } = (turn ?? {}) as Record<string, unknown>;
    if (typeof role !== 'string' || typeof said !== 'string')
      throw unreadable(where, 'a message is not {"role": "…", "content": "…"}');
    return { role, content: said };
  });
}

function maxTokensOf(value: unknown, where: string): number {
  if (value === undefined) return DEFAULT_MAX_TOKENS;
  if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value;
  throw unreadable(where, `maxTokens is ${JSON.stringify(value)}, not a whole number above 0`);
}

function expectationOf(value: unknown, where: string): { expects?: Expectation } {
  if (value === undefined) return {};
  const known = EXPECTATIONS.find((name) => name === value);
  if (known !== undefined) return { expects: known };
  throw unreadable(where, `expects is ${JSON.stringify(value)}, not one of ${EXPECTATIONS.join(', ')}`);
}

function optionalText(fields: Record<string, unknown>, key: string, where: string): string | undefined {
  const value = fields[key];
  if (value === undefined) return undefined;
  if (typeof value === 'string' && value.trim() !== '') return value;
  throw unreadable(where, `${key} is not a text with something in it`);
}

function unreadable(path: string, why: string): SpecError {
  return new SpecError('PROMPT_SET_UNREADABLE', `a prompt cannot be read: ${why}`, {
    path,
    allowed: '{"id": "…", "category": "…", "prompt": "…", "maxTokens": 64, "expects": "json"}, one a line',
    fix: 'correct the line',
  });
}
