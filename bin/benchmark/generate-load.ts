import { setTimeout as sleep } from 'node:timers/promises';
import type { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { arrivals, type Load, type RequestRecord } from '../../lib/benchmark';
import { invokeStreaming, type Target } from './invoke';
import type { RequestSource } from './requests';

export interface LoadRun {
  readonly records: readonly RequestRecord[];
  readonly seconds: number;
  /** Processor time of this process, seconds. */
  readonly cpuSeconds: number;
}

export interface LoadContext {
  readonly client: SageMakerRuntimeClient;
  readonly target: Target;
  readonly source: RequestSource;
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
  /** Called when a request is over. */
  readonly onDone: () => void;
}

/**
 * Sends `count` requests, those from index `first` on, the way `load` says.
 *
 * @throws the signal's reason when it is aborted
 */
export async function generateLoad(load: Load, first: number, count: number, context: LoadContext): Promise<LoadRun> {
  const records: RequestRecord[] = [];
  const cpu = process.cpuUsage();
  const began = performance.now();
  const one = async (index: number, dueMs: number) => {
    const timeout = AbortSignal.timeout(context.timeoutSeconds * 1000);
    const signal = AbortSignal.any([context.signal, timeout]);
    const { record } = await invokeStreaming(
      context.client,
      context.target,
      context.source(first + index),
      dueMs,
      signal,
    );
    context.signal.throwIfAborted();
    records.push(record);
    context.onDone();
  };
  if (load.kind === 'closed') await closedLoop(Math.min(load.concurrency, count), count, one);
  else await openLoop(arrivals(load.requestsPerSecond, count, first + 1), began, one, context.signal);
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { records, seconds, cpuSeconds: (user + system) / 1e6 };
}

type One = (index: number, dueMs: number) => Promise<void>;

async function closedLoop(users: number, count: number, one: One): Promise<void> {
  let next = 0;
  const user = async () => {
    while (next < count) await one(next++, performance.now());
  };
  await Promise.all(Array.from({ length: users }, user));
}

async function openLoop(times: readonly number[], began: number, one: One, signal: AbortSignal): Promise<void> {
  const running: Promise<void>[] = [];
  for (const [index, time] of times.entries()) {
    const dueMs = began + time * 1000;
    const wait = dueMs - performance.now();
    if (wait > 0) await sleep(wait, undefined, { signal });
    running.push(one(index, dueMs));
  }
  await Promise.all(running);
}
