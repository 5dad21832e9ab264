import { SpecError } from '../../errors';
import { measuredLoads, nearestLoad } from './benchmark';
import { readEngineLog, type Measured } from './engine-log';

const MEMORY = ['weights', 'activations', 'graphs', 'runtime', 'kvCache'] as const;
const CAPACITY = ['kvCacheTokens', 'maxConcurrency'] as const;
const SPEED = ['timeToFirstTokenMs', 'interTokenMs', 'outputTokensPerSecond', 'requestsPerSecond'] as const;

/**
 * Measurements from a file's text: a JSON object in the shape of a plan's answer (`memory.weights` in bytes, `kvCacheTokens`,
 * `estimate.interTokenMs`…), of which any part may be left out; a report of `qe benchmark`, of which the load nearest to `concurrency` is
 * taken; or the log an engine wrote when it started.
 *
 * @throws SpecError `MEASURED_UNREADABLE` where there is no figure in it
 */
export function readMeasured(text: string, path: string, concurrency = 1): Measured {
  const measured = text.trimStart().startsWith('{') ? fromJson(text, path, concurrency) : readEngineLog(text);
  if (Object.keys(measured).length > 0) return measured;
  throw unreadable(path, 'it has none of the figures of a plan');
}

function fromJson(text: string, path: string, concurrency: number): Measured {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    // Some engines log JSON lines, which begin with a brace too.
    const log = readEngineLog(text);
    if (Object.keys(log).length > 0) return log;
    throw unreadable(path, `it is not JSON: ${(cause as Error).message}`);
  }
  const loads = measuredLoads(value);
  if (loads !== undefined) return nearestLoad(loads, concurrency)?.measured ?? {};
  const root = value as Record<string, unknown>;
  return {
    ...numbers(root.memory ?? root, MEMORY),
    ...numbers(root, CAPACITY),
    ...numbers(root.estimate ?? root, SPEED),
  };
}

function numbers<Name extends string>(from: unknown, names: readonly Name[]): Partial<Record<Name, number>> {
  if (typeof from !== 'object' || from === null) return {};
  const record = from as Record<string, unknown>;
  return Object.fromEntries(
    names.filter((name) => typeof record[name] === 'number').map((name) => [name, record[name]]),
  ) as Partial<Record<Name, number>>;
}

function unreadable(path: string, why: string): SpecError {
  return new SpecError('MEASURED_UNREADABLE', `no measurements in ${path}: ${why}`, {
    path,
    allowed: "a report of qe benchmark, an engine's start-up log, or JSON in the shape of a plan",
    fix: "save the container's log of its start, e.g. from CloudWatch, and give that file",
  });
}
