import { QuantizedEndpointsError } from '../errors';
import type { Distribution } from './percentile';

/** The workload, as both our own load and AWS's managed benchmark are told of it. */
export interface BenchmarkWorkload {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly concurrency: number;
  readonly requests: number;
  /** Hub id, or a path in the container: AIPerf counts tokens itself. */
  readonly tokenizer?: string;
  readonly ignoreEos: boolean;
}

/**
 * `WorkloadSpec.Inline` of an `AIWorkloadConfig`. Source: SageMaker developer guide, "Benchmark endpoints with AI benchmark jobs":
 * the tool is AIPerf, whose parameters these are.
 */
export function workloadSpec(workload: BenchmarkWorkload): string {
  return JSON.stringify({
    benchmark: { type: 'aiperf' },
    parameters: {
      ...(workload.tokenizer === undefined ? {} : { tokenizer: workload.tokenizer }),
      concurrency: workload.concurrency,
      request_count: workload.requests,
      prompt_input_tokens_mean: workload.inputTokens,
      prompt_input_tokens_stddev: 0,
      output_tokens_mean: workload.outputTokens,
      output_tokens_stddev: 0,
      streaming: true,
      ...(workload.ignoreEos ? { extra_inputs: 'ignore_eos:true' } : {}),
    },
    tooling: { api_standard: 'openai' },
  });
}

/** A name of an AIWorkloadConfig or an AIBenchmarkJob. Source: SageMaker API, `AIEntityName`. */
export function entityName(prefix: string, endpoint: string, suffix: string): string {
  const clean = `${prefix}-${endpoint}`.replace(/[^a-zA-Z0-9-]/g, '-').slice(0, 62 - suffix.length);
  return `${clean.replace(/-+$/, '')}-${suffix}`;
}

/** What AIPerf measured, in the same units as our own figures. */
export interface ManagedResult {
  readonly requestsPerSecond: number | null;
  readonly outputTokensPerSecond: number | null;
  readonly timeToFirstTokenMs: Partial<Distribution> | null;
  readonly interTokenMs: Partial<Distribution> | null;
  readonly totalMs: Partial<Distribution> | null;
}

/**
 * Reads `profile_export_aiperf.json`: a block of statistics for each metric. Source: AIPerf, "profile_export_aiperf.json Schema".
 *
 * @throws QuantizedEndpointsError `BENCHMARK_RESULT_UNREADABLE`
 */
export function readAiperf(text: string, path: string): ManagedResult {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch (cause) {
    throw unreadable(path, `it is not JSON: ${(cause as Error).message}`);
  }
  const record = objectOf(root);
  // Older releases put the metrics below "records".
  const metrics = record.records === undefined ? record : objectOf(record.records);
  const stats = (name: string) => statsOf(metrics[name]);
  const scalar = (name: string) => numberOf(objectOf(metrics[name]).avg);
  const result = {
    requestsPerSecond: scalar('request_throughput'),
    outputTokensPerSecond: scalar('output_token_throughput'),
    timeToFirstTokenMs: stats('time_to_first_token') ?? stats('ttft'),
    interTokenMs: stats('inter_token_latency'),
    totalMs: stats('request_latency'),
  };
  if (Object.values(result).every((value) => value === null)) throw unreadable(path, 'it has none of AIPerf’s metrics');
  return result;
}

/** Milliseconds, whatever the unit. */
function statsOf(value: unknown): Partial<Distribution> | null {
  const block = objectOf(value);
  const scale = { s: 1000, sec: 1000, ms: 1, us: 0.001, ns: 1e-6 }[String(block.unit ?? 'ms')] ?? 1;
  const figures = (['count', 'min', 'max', 'p50', 'p90', 'p99'] as const).flatMap((name) => {
    const number = numberOf(block[name]);
    return number === null ? [] : [[name, name === 'count' ? number : number * scale] as const];
  });
  const mean = numberOf(block.avg);
  if (mean === null && figures.length === 0) return null;
  return { ...Object.fromEntries(figures), ...(mean === null ? {} : { mean: mean * scale }) };
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function unreadable(path: string, why: string): QuantizedEndpointsError {
  return new QuantizedEndpointsError('BENCHMARK_RESULT_UNREADABLE', `${path} is no result of AIPerf: ${why}`, {
    path,
    allowed: 'profile_export_aiperf.json of an AI benchmark job',
    fix: "look at the job's output in S3 and at its log",
  });
}
