import type { Fault, SmokeTestSettings, StreamedAnswer } from './types';

/** Medians of what was measured, milliseconds. */
export interface MeasuredSpeed {
  readonly firstTokenMs?: number;
  readonly interTokenMs?: number;
}

/** The median over all answers: one slow answer is the network's, all of them are the model's. */
export function measuredSpeed(answers: readonly StreamedAnswer[], maxTokens: number): MeasuredSpeed {
  return {
    firstTokenMs: median(answers.flatMap(({ firstTokenMs }) => firstTokenMs ?? [])),
    interTokenMs: median(answers.flatMap((answer) => interTokenMs(answer, maxTokens) ?? [])),
  };
}

/** Servers put several tokens into one part; an answer that was cut at its limit has exactly that many. */
function interTokenMs({ finish, completionTokens, parts, restMs }: StreamedAnswer, maxTokens: number) {
  const tokens = completionTokens ?? (finish === 'length' ? maxTokens : parts);
  return restMs === undefined || parts < 2 || tokens < 2 ? undefined : restMs / (tokens - 1);
}

/** What is slower than it may be. */
export function tooSlow(
  { firstTokenMs, interTokenMs: between }: MeasuredSpeed,
  { maxFirstTokenMs, maxInterTokenMs }: Pick<SmokeTestSettings, 'maxFirstTokenMs' | 'maxInterTokenMs'>,
): Fault[] {
  const faults: Fault[] = [];
  if (maxFirstTokenMs !== undefined && firstTokenMs !== undefined && firstTokenMs > maxFirstTokenMs)
    faults.push({
      id: 'FIRST_TOKEN_SLOW',
      message: `the first token took ${round(firstTokenMs)} ms, at most ${round(maxFirstTokenMs)} ms are accepted`,
    });
  if (maxInterTokenMs !== undefined && between !== undefined && between > maxInterTokenMs)
    faults.push({
      id: 'TOKENS_SLOW',
      message: `a token took ${round(between)} ms, at most ${round(maxInterTokenMs)} ms are accepted`,
    });
  return faults;
}

function median(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function round(milliseconds: number): string {
  return milliseconds >= 10 ? milliseconds.toFixed(0) : milliseconds.toPrecision(2);
}
