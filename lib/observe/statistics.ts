import type { EngineDatum, EngineMetric } from './types';

/**
 * What an engine's log line says of its load; empty of any other line.
 *
 * Each field is looked for by itself: engines add fields from version to version, and containers put prefixes before the
 * line. Sources: vLLM, vllm/v1/metrics/loggers.py, `LoggingStatLogger.log` (and vllm/engine/metrics.py before V1); SGLang,
 * scheduler metrics mixin, "Decode batch"; llama.cpp, tools/server, `print_timings`.
 */
export function statisticsOf(message: string): EngineDatum[] {
  if (/generation throughput:/.test(message)) return vllm(message);
  if (/#queue-req:/.test(message)) return sglang(message);
  if (/eval time =/.test(message)) return llamaCpp(message);
  return [];
}

const VLLM = {
  PromptTokensPerSecond: /Avg (?:prompt|prefill) throughput: ([\d.]+) tokens\/s/,
  OutputTokensPerSecond: /Avg generation throughput: ([\d.]+) tokens\/s/,
  RunningRequests: /Running: (\d+) reqs/,
  // V0 calls them pending.
  WaitingRequests: /(?:Waiting|Pending): (\d+) reqs/,
  KvCacheUtilization: /(?:GPU )?KV cache usage: ([\d.]+)%/,
} as const;

function vllm(message: string): EngineDatum[] {
  return withInterToken(fields(message, VLLM));
}

const SGLANG = {
  OutputTokensPerSecond: /gen throughput \(token\/s\): ([\d.]+)/,
  PromptTokensPerSecond: /input throughput \(token\/s\): ([\d.]+)/,
  RunningRequests: /#running-req: (\d+)/,
  WaitingRequests: /#queue-req: (\d+)/,
} as const;

/** The share of the cache of full attention; models with sliding windows have one more, which is small. */
const SGLANG_USAGE = /(?<!swa )token usage: ([\d.]+)/;

function sglang(message: string): EngineDatum[] {
  const found = fields(message, SGLANG);
  const usage = SGLANG_USAGE.exec(message);
  if (usage !== null) found.push({ metric: 'KvCacheUtilization', value: Number(usage[1]) * 100 });
  // A prefill line counts requests whose decoding it holds up: they say nothing of the time between tokens.
  return /Decode batch/.test(message) ? withInterToken(found) : found;
}

const PROMPT_TIME = /prompt eval time =\s*[\d.]+ ms \/\s*(\d+) tokens/g;
const ANSWER_TIME = /(?<!prompt )eval time =\s*([\d.]+) ms \/\s*(\d+) (?:tokens|runs)/g;

function llamaCpp(message: string): EngineDatum[] {
  const found: EngineDatum[] = [];
  for (const [, tokens] of message.matchAll(PROMPT_TIME)) found.push({ metric: 'PromptTokens', value: Number(tokens) });
  for (const [, milliseconds, count] of message.matchAll(ANSWER_TIME)) {
    const tokens = Number(count);
    found.push({ metric: 'OutputTokens', value: tokens });
    if (tokens > 1) found.push({ metric: 'InterTokenLatency', value: Number(milliseconds) / tokens });
  }
  return found.filter(({ value }) => Number.isFinite(value));
}

function fields(message: string, patterns: Partial<Record<EngineMetric, RegExp>>): EngineDatum[] {
  return Object.entries(patterns).flatMap(([metric, pattern]) => {
    const found = pattern.exec(message);
    const value = Number(found?.[1]);
    return found === null || !Number.isFinite(value) ? [] : [{ metric: metric as EngineMetric, value }];
  });
}

/**
 * Requests that run each get a token in the time between tokens, so that together they get `running / between` a second.
 *
 * The rate is an average over the interval of the log, ten seconds mostly, in which the engine may have been idle for a
 * while: the time is then too long, never too short. Whoever judges it should take a low percentile.
 */
function withInterToken(data: EngineDatum[]): EngineDatum[] {
  const valueOf = (wanted: EngineMetric) => data.find(({ metric }) => metric === wanted)?.value ?? 0;
  const running = valueOf('RunningRequests');
  const rate = valueOf('OutputTokensPerSecond');
  return running > 0 && rate > 0 ? [...data, { metric: 'InterTokenLatency', value: (running / rate) * 1_000 }] : data;
}
