import { show } from '../../text/show';
import { MAX_NESTING, type RequestLimits } from './limits';
import { badField, RequestRefused, tooLarge } from './refusal';

export type Role = 'system' | 'developer' | 'user' | 'assistant' | 'tool' | 'function';

/** One message, its text gathered from all its parts. */
export interface ChatMessage {
  readonly role: Role;
  /** The text of the message; empty where there is none. */
  readonly text: string;
  readonly images: number;
}

/** A chat request that was found well-formed. */
export interface ChatRequest {
  /** What the client calls the model. */
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly stream: boolean;
  /** The client wants the usage as the last event of its stream. */
  readonly includeUsage: boolean;
  readonly logprobs: boolean;
  /** JSON was asked by `response_format`; words of the prompt do not count. */
  readonly jsonAsked: boolean;
  readonly tools: number;
  readonly maxTokens: number | undefined;
  /** The fields to hand to a model, `model` and what concerns the stream left out. */
  readonly fields: Readonly<Record<string, unknown>>;
}

const ROLES: readonly Role[] = ['system', 'developer', 'user', 'assistant', 'tool', 'function'];

type Check = (value: unknown, name: string) => void;

/** Fields that are read; all others are refused by name, so that a typing error is not silently a default. */
const FIELDS: Readonly<Record<string, Check>> = {
  model: stringOf(256),
  messages: () => undefined,
  stream: boolean,
  stream_options: object,
  max_tokens: number(1, Infinity, true),
  max_completion_tokens: number(1, Infinity, true),
  temperature: number(0, 2),
  top_p: number(0, 1),
  n: number(1, 1, true),
  stop: strings(16, 1024),
  presence_penalty: number(-2, 2),
  frequency_penalty: number(-2, 2),
  logit_bias: object,
  logprobs: boolean,
  top_logprobs: number(0, 20, true),
  seed: number(-(2 ** 63), 2 ** 63),
  response_format: object,
  tools: array(128),
  tool_choice: () => undefined,
  parallel_tool_calls: boolean,
  reasoning_effort: stringOf(32),
  user: stringOf(512),
  metadata: object,
  store: boolean,
  // What vLLM and llama.cpp read beyond OpenAI's own. Sources: vLLM docs, "OpenAI-Compatible Server", extra parameters;
  // ggml-org/llama.cpp, tools/server/README.md.
  top_k: number(-1, 1_000_000, true),
  min_p: number(0, 1),
  repetition_penalty: number(0, 10),
  repeat_penalty: number(0, 10),
  min_tokens: number(0, Infinity, true),
  ignore_eos: boolean,
  chat_template_kwargs: object,
};

/** Not for a model: what the router itself answers for, or what would name a model that the tier does not know. */
const NOT_FORWARDED = new Set(['model', 'stream', 'stream_options', 'store', 'metadata', 'user']);

/**
 * A chat request from the bytes of a body.
 *
 * @throws {RequestRefused} 413 what is too large, 400 what is not well-formed; nothing else
 */
export function readChatRequest(body: Uint8Array, limits: RequestLimits): ChatRequest {
  if (body.length > limits.bodyBytes)
    throw tooLarge('the request', `${body.length} bytes`, `at most ${limits.bodyBytes} bytes`);
  const fields = parseObject(body);
  for (const [name, value] of Object.entries(fields)) {
    const check = Object.prototype.hasOwnProperty.call(FIELDS, name) ? FIELDS[name] : undefined;
    if (check === undefined)
      throw new RequestRefused('unknown_parameter', `unknown parameter ${describe(name)}`, {
        status: 400,
        type: 'invalid_request_error',
        param: name.slice(0, 64),
        allowed: Object.keys(FIELDS).join(', '),
      });
    if (value !== null) check(value, name);
  }
  if (fields.model === undefined || fields.model === null)
    throw badField('model', 'nothing', 'the name of a model of GET /v1/models', 'missing_required_parameter');
  const messages = readMessages(fields.messages, limits);
  const maxTokens = (fields.max_completion_tokens ?? fields.max_tokens ?? undefined) as number | undefined;
  if (maxTokens !== undefined && maxTokens > limits.completionTokens)
    throw badField('max_tokens', String(maxTokens), `1 to ${limits.completionTokens}`);
  const format = fields.response_format as { type?: unknown } | null | undefined;
  return {
    model: fields.model as string,
    messages,
    stream: fields.stream === true,
    includeUsage: (fields.stream_options as { include_usage?: unknown } | null)?.include_usage === true,
    logprobs: fields.logprobs === true,
    jsonAsked: jsonAsked(format),
    tools: Array.isArray(fields.tools) ? fields.tools.length : 0,
    maxTokens,
    fields: Object.fromEntries(
      Object.entries(fields).filter(([name, value]) => !NOT_FORWARDED.has(name) && value !== null),
    ),
  };
}

function jsonAsked(format: { type?: unknown } | null | undefined): boolean {
  if (format === null || format === undefined) return false;
  const { type } = format;
  if (type !== 'text' && type !== 'json_object' && type !== 'json_schema')
    throw badField('response_format.type', describe(type), 'text, json_object, json_schema');
  return type !== 'text';
}

function parseObject(body: Uint8Array): Record<string, unknown> {
  const bad = (message: string) =>
    new RequestRefused('invalid_json', message, {
      status: 400,
      type: 'invalid_request_error',
      allowed: 'one JSON object in UTF-8',
    });
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw bad('the body cannot be read as JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad('the body is no JSON object');
  if (deeperThan(value, MAX_NESTING)) throw bad(`the body is nested deeper than ${MAX_NESTING} levels`);
  return value as Record<string, unknown>;
}

/** Without recursion, which the very input that this refuses would exhaust. */
function deeperThan(root: object, limit: number): boolean {
  let level: object[] = [root];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth === limit) return true;
    level = level.flatMap((value) =>
      Object.values(value).filter((child): child is object => typeof child === 'object' && child !== null),
    );
  }
  return false;
}

function readMessages(value: unknown, limits: RequestLimits): ChatMessage[] {
  if (!Array.isArray(value) || value.length === 0)
    throw badField(
      'messages',
      describe(value),
      'a list of at least one message',
      value === undefined ? 'missing_required_parameter' : 'invalid_type',
    );
  if (value.length > limits.messages) throw tooLarge('messages', `${value.length}`, `at most ${limits.messages}`);
  let characters = 0;
  return value.map((given: unknown, index) => {
    const message = readMessage(given, `messages[${index}]`);
    characters += message.text.length;
    if (characters > limits.promptCharacters)
      throw tooLarge('the prompt', `more than ${limits.promptCharacters} characters`, `${limits.promptCharacters}`);
    return message;
  });
}

function readMessage(value: unknown, where: string): ChatMessage {
  object(value, where);
  const { role, content, tool_calls: calls, refusal } = value as Record<string, unknown>;
  if (!ROLES.includes(role as Role)) throw badField(`${where}.role`, describe(role), ROLES.join(', '));
  if (content === null || content === undefined) {
    if (role === 'assistant' && (Array.isArray(calls) || typeof refusal === 'string'))
      return { role, text: '', images: 0 };
    throw badField(`${where}.content`, describe(content), 'a text, or a list of parts', 'invalid_type');
  }
  if (typeof content === 'string') return { role: role as Role, text: content, images: 0 };
  if (!Array.isArray(content))
    throw badField(`${where}.content`, describe(content), 'a text, or a list of parts', 'invalid_type');
  let images = 0;
  const texts = content.flatMap((part: unknown, index) => {
    const at = `${where}.content[${index}]`;
    object(part, at);
    const { type, text } = part as Record<string, unknown>;
    if (type === 'image_url' || type === 'input_audio') {
      images++;
      return [];
    }
    if (type !== 'text') throw badField(`${at}.type`, describe(type), 'text, image_url, input_audio');
    if (typeof text !== 'string') throw badField(`${at}.text`, describe(text), 'a text', 'invalid_type');
    return [text];
  });
  return { role: role as Role, text: texts.join('\n'), images };
}

function boolean(value: unknown, name: string): void {
  if (typeof value !== 'boolean') throw badField(name, describe(value), 'true or false', 'invalid_type');
}

function object(value: unknown, name: string): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw badField(name, describe(value), 'an object', 'invalid_type');
}

function number(min: number, max: number, whole = false): Check {
  return (value, name) => {
    const allowed =
      `${whole ? 'a whole number' : 'a number'}` +
      (min === max ? `: ${min}` : max === Infinity ? ` from ${min}` : `, ${min} to ${max}`);
    if (typeof value !== 'number' || (whole && !Number.isInteger(value)))
      throw badField(name, describe(value), allowed, 'invalid_type');
    if (value < min || value > max) throw badField(name, String(value), allowed);
  };
}

function stringOf(length: number): Check {
  return (value, name) => {
    if (typeof value !== 'string') throw badField(name, describe(value), 'a text', 'invalid_type');
    if (value.length === 0 || value.length > length)
      throw badField(name, `${value.length} characters`, `1 to ${length} characters`);
  };
}

function strings(count: number, length: number): Check {
  return (value, name) => {
    const list: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (list.length > count || !list.every((entry) => typeof entry === 'string' && entry.length <= length))
      throw badField(name, describe(value), `a text or up to ${count} of them, ${length} characters each`);
  };
}

function array(length: number): Check {
  return (value, name) => {
    if (!Array.isArray(value)) throw badField(name, describe(value), 'a list', 'invalid_type');
    if (value.length > length) throw tooLarge(name, `${value.length}`, `at most ${length}`);
  };
}

function describe(value: unknown): string {
  return value === undefined ? 'nothing' : show(value);
}
