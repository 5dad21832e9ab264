import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { QuantizedEndpointsError } from '../../lib/errors';
import { configTarget } from './config';
import { ggufTarget } from './gguf';
import type { HeavyInput } from './heavy';
import { imatrixTarget } from './imatrix';
import { indexTarget } from './index-json';
import { Random } from './random';
import { safetensorsTarget } from './safetensors';
import type { FuzzTarget } from './target';

export { HEAVY_INPUTS } from './heavy';

export const FUZZ_TARGETS: readonly FuzzTarget[] = [
  safetensorsTarget,
  indexTarget,
  ggufTarget,
  imatrixTarget,
  configTarget,
];

/** What a reader may take: of the processor's time, and of memory beside the input's own. */
export const MAX_SECONDS = 1;
export const maxMemory = (inputBytes: number): number => 4 * inputBytes + 64 * 1024 * 1024;

export interface FuzzFailure {
  readonly target: string;
  readonly seed: number;
  readonly problem: string;
  readonly input: Uint8Array;
}

export interface FuzzReport {
  readonly target: string;
  readonly runs: number;
  readonly accepted: number;
  /** Refusals by error id, the most frequent first. */
  readonly refused: readonly (readonly [id: string, count: number])[];
  readonly largestInput: number;
  /** Of the processor's time, not the clock's: other processes must not count. */
  readonly slowestSeconds: number;
  /** Growth of heap and buffers during one input, at most. */
  readonly mostBytes: number;
  readonly failures: readonly FuzzFailure[];
}

/**
 * Feeds a reader `runs` inputs. Input number n comes from seed `seed + n` alone, so that a failure is made again from its
 * seed.
 *
 * @param timed measure each input's time; off where other work shares the process
 */
export function fuzz(target: FuzzTarget, runs: number, seed: number, timed: boolean): FuzzReport {
  const refused = new Map<string, number>();
  const failures: FuzzFailure[] = [];
  let accepted = 0;
  let largestInput = 0;
  let slowest = 0;
  let mostBytes = 0;
  for (let run = 0; run < runs; run++) {
    const input = target.make(new Random(seed + run));
    const fail = (problem: string): number => failures.push({ target: target.name, seed: seed + run, problem, input });
    largestInput = Math.max(largestInput, input.byteLength);
    const memoryBefore = memoryInUse();
    const before = timed ? process.cpuUsage() : undefined;
    try {
      target.read(input);
      accepted++;
    } catch (error) {
      if (error instanceof QuantizedEndpointsError) refused.set(error.id, (refused.get(error.id) ?? 0) + 1);
      else fail((error as Error).stack ?? String(error));
    }
    if (before !== undefined) {
      const { user, system } = process.cpuUsage(before);
      const seconds = (user + system) / 1e6;
      slowest = Math.max(slowest, seconds);
      if (seconds > MAX_SECONDS) fail(`took ${seconds.toFixed(2)} s`);
    }
    // What a collection frees meanwhile makes this too low, never too high.
    const grown = memoryInUse() - memoryBefore;
    mostBytes = Math.max(mostBytes, grown);
    if (grown > maxMemory(input.byteLength)) fail(`took ${grown} bytes of memory for ${input.byteLength} of input`);
    if (failures.length >= 20) break;
  }
  return {
    target: target.name,
    runs,
    accepted,
    refused: [...refused].sort(([, left], [, right]) => right - left),
    largestInput,
    slowestSeconds: slowest,
    mostBytes,
    failures,
  };
}

/** Growth of heap and buffers while a large input is read, with its result held. */
export function weigh({ make, read }: HeavyInput): { readonly inputBytes: number; readonly bytes: number } {
  const input = make();
  collectGarbage();
  const before = memoryInUse();
  const held = read(input);
  const bytes = memoryInUse() - before;
  // Used after it was measured, so that it cannot be collected sooner.
  return held === undefined ? { inputBytes: input.byteLength, bytes: 0 } : { inputBytes: input.byteLength, bytes };
}

/** What made the input is gone by then, or its collection would hide what reading takes. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

function memoryInUse(): number {
  const { used_heap_size: heap, external_memory: external } = getHeapStatistics();
  return heap + external;
}
