import { SpecError } from '../../errors';
import { show } from '../../text/show';
import { featuresOf, turnsOf, FEATURE_NAMES } from '../classify/features';
import { DEFAULT_LIMITS } from '../openai/limits';
import { RequestRefused } from '../openai/refusal';
import { readChatRequest } from '../openai/request';

/** A request that every tier has answered, with what the answers were worth. */
export interface Example {
  /** Features of its last turn, in the order of `FEATURE_NAMES`. */
  readonly features: readonly number[];
  /** Quality of each tier's answer, 0 to 1, smallest tier first. */
  readonly quality: readonly number[];
  /** What each tier's answer cost, in one unit; without it, costs are relative. */
  readonly cost: readonly number[] | undefined;
}

/** Examples of one file. */
export interface Examples {
  /** Names of the tiers, smallest first. */
  readonly tiers: readonly string[];
  readonly examples: readonly Example[];
}

/** Fewer examples than this say nothing that holds for the next. */
export const MIN_EXAMPLES = 50;

/**
 * Reads examples, one JSON object a line: `{"prompt": "…"}` or `{"messages": […]}`, with `"quality": {"fast": 0.4,
 * "quality": 0.9}` and, if known, `"cost": {"fast": 0.0002, "quality": 0.003}`.
 *
 * @param tiers smallest first; without it, in the order in which the first example names them
 * @throws {SpecError} that names the line at fault
 */
export function parseExamples(text: string, path: string, tiers?: readonly string[]): Examples {
  const lines = text.split('\n').flatMap((line, i) => (line.trim() === '' ? [] : [{ line, number: i + 1 }]));
  let names = tiers;
  const examples = lines.map(({ line, number }): Example => {
    const at = `${path}:${number}`;
    const example = objectOf(line, at);
    const quality = recordOf(example.quality, 'quality', at);
    names ??= Object.keys(quality);
    if (names.length < 2)
      throw bad(at, 'quality', `${names.length} tiers`, 'the quality of at least two tiers, smallest first');
    return {
      features: featuresOfExample(example, at),
      quality: names.map((name) => numberOf(quality[name], `quality.${name}`, at, 1)),
      cost:
        example.cost === undefined
          ? undefined
          : names.map((name) => numberOf(recordOf(example.cost, 'cost', at)[name], `cost.${name}`, at, Infinity)),
    };
  });
  if (examples.length < MIN_EXAMPLES)
    throw new SpecError('ROUTE_EXAMPLES_TOO_FEW', 'so few examples fit anything', {
      got: `${examples.length} examples`,
      allowed: `at least ${MIN_EXAMPLES}, better 500`,
      fix: 'let every tier answer more requests of your own traffic, and judge the answers',
      path,
    });
  return { tiers: names!, examples };
}

function featuresOfExample(example: Record<string, unknown>, at: string): number[] {
  const { prompt, messages } = example;
  if ((typeof prompt === 'string') === (messages !== undefined))
    throw bad(at, 'the request', show(prompt ?? messages), 'either prompt, a text, or messages');
  const body = JSON.stringify({ model: 'example', messages: messages ?? [{ role: 'user', content: prompt }] });
  try {
    const request = readChatRequest(new TextEncoder().encode(body), { ...DEFAULT_LIMITS, bodyBytes: Infinity });
    const turns = turnsOf(request.messages, { tools: 0, jsonAsked: example.json === true });
    const features = featuresOf(turns[turns.length - 1]);
    return FEATURE_NAMES.map((name) => features[name]);
  } catch (error) {
    if (!(error instanceof RequestRefused)) throw error;
    throw bad(at, error.param ?? 'messages', error.got ?? 'a request that is not well-formed', error.allowed ?? '');
  }
}

function objectOf(line: string, at: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new SpecError('ROUTE_EXAMPLE_INVALID', 'a line of the examples is no JSON', {
      got: show(line),
      allowed: 'one JSON object a line',
      path: at,
      cause,
    });
  }
  return recordOf(value, 'the example', at);
}

function recordOf(value: unknown, name: string, at: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw bad(at, name, value === undefined ? 'nothing' : show(value), 'an object');
}

function numberOf(value: unknown, name: string, at: string, max: number): number {
  if (typeof value === 'number' && value >= 0 && value <= max) return value;
  throw bad(at, name, value === undefined ? 'nothing' : show(value), max === Infinity ? 'a number from 0' : '0 to 1');
}

function bad(at: string, name: string, got: string, allowed: string): SpecError {
  return new SpecError('ROUTE_EXAMPLE_INVALID', `${name} of an example is not as it must be`, {
    got,
    allowed,
    fix: 'a line is {"prompt": "…", "quality": {"fast": 0.4, "quality": 0.9}}',
    path: at,
  });
}
