import { SpecError } from '../../lib/errors';
import type { Load } from '../../lib/benchmark';

/** What `qe benchmark` was asked for. */
export interface BenchmarkOptions {
  readonly endpoint: string;
  readonly other?: string;
  readonly loads: readonly Load[];
  readonly requests: number;
  readonly warmUpRequests: number;
  /** Pairs of rounds, when two endpoints are compared. */
  readonly pairs: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly ignoreEos: boolean;
  readonly timeoutSeconds: number;
  readonly inferenceComponent?: string;
  readonly promptFile?: string;
  readonly qualityFile?: string;
  readonly specFile?: string;
  readonly managed?: { readonly output: string; readonly role: string; readonly tokenizer?: string };
  readonly workloadConfigFile?: string;
}

/** @throws SpecError `OPTION_NOT_A_NUMBER`, `OPTION_MISSING` */
export function benchmarkOptions(endpoint: string, given: Record<string, unknown>): BenchmarkOptions {
  const text = (name: string) => (typeof given[name] === 'string' ? (given[name] as string) : undefined);
  const managed = text('managed');
  const role = text('role');
  if (managed !== undefined && role === undefined)
    throw new SpecError('OPTION_MISSING', '--managed needs a role that SageMaker assumes to run the benchmark', {
      got: 'no --role',
      allowed: '--role ARN',
      fix: 'add --role with the ARN of a role that may invoke the endpoint and write to the bucket',
    });
  if (managed !== undefined && !/^s3:\/\/[^/]+/.test(managed))
    throw new SpecError('OPTION_NOT_AN_ADDRESS', '--managed says where in S3 the results go', {
      got: managed,
      allowed: 's3://bucket/prefix/',
      fix: 'give an address in S3',
    });
  const closed = numbers(given.concurrency ?? '1,4,16', '--concurrency', true);
  const open = given.rate === undefined ? [] : numbers(given.rate, '--rate', false);
  return {
    endpoint,
    other: text('compare'),
    loads: [
      ...closed.map((concurrency): Load => ({ kind: 'closed', concurrency })),
      ...open.map((requestsPerSecond): Load => ({ kind: 'open', requestsPerSecond })),
    ],
    requests: number(given.requests ?? '100', '--requests', true),
    warmUpRequests: number(given.warmUp ?? '4', '--warm-up', true, 0),
    pairs: number(given.pairs ?? '10', '--pairs', true),
    inputTokens: number(given.inputTokens ?? '512', '--input-tokens', true),
    outputTokens: number(given.outputTokens ?? '128', '--output-tokens', true),
    ignoreEos: given.ignoreEos === true,
    timeoutSeconds: number(given.timeout ?? '300', '--timeout', false),
    inferenceComponent: text('inferenceComponent'),
    promptFile: text('prompts'),
    qualityFile: text('quality'),
    specFile: text('spec'),
    ...(managed === undefined ? {} : { managed: { output: managed, role: role!, tokenizer: text('tokenizer') } }),
    workloadConfigFile: text('workloadConfig'),
  };
}

function numbers(value: unknown, name: string, whole: boolean): readonly number[] {
  return String(value)
    .split(',')
    .map((part) => number(part.trim(), name, whole));
}

function number(value: unknown, name: string, whole: boolean, least = Number.MIN_VALUE): number {
  const read = typeof value === 'string' && value.trim() === '' ? NaN : Number(value);
  if (Number.isFinite(read) && read >= least && (!whole || Number.isInteger(read))) return read;
  throw new SpecError('OPTION_NOT_A_NUMBER', `${name} is not a number it can use`, {
    got: String(value),
    allowed: `${whole ? 'a whole number' : 'a number'} ${least === 0 ? 'from 0' : 'above 0'}`,
    fix: `correct ${name}`,
  });
}
