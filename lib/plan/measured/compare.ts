import type { Plan } from '../types';
import type { Measured } from './engine-log';

/** One figure as the plan has it and as it was measured. */
export interface Comparison {
  readonly figure: keyof Measured;
  readonly predicted: number | null;
  readonly measured: number;
  /** `predicted / measured − 1`; `null` where the plan has no figure, or the measured one is 0. */
  readonly relativeError: number | null;
}

const ORDER: readonly (keyof Measured)[] = [
  'weights',
  'activations',
  'graphs',
  'runtime',
  'kvCache',
  'kvCacheTokens',
  'maxConcurrency',
  'timeToFirstTokenMs',
  'interTokenMs',
  'outputTokensPerSecond',
  'requestsPerSecond',
];

/** Every measured figure beside the plan's. */
export function compareWithMeasured(plan: Plan, measured: Measured): readonly Comparison[] {
  const rows: Comparison[] = [];
  for (const figure of ORDER) {
    const real = measured[figure];
    if (real === undefined) continue;
    const predicted = predictedFigure(plan, figure);
    const relativeError = predicted === null || real === 0 ? null : predicted / real - 1;
    rows.push({ figure, predicted, measured: real, relativeError });
  }
  return rows;
}

function predictedFigure(plan: Plan, figure: keyof Measured): number | null {
  switch (figure) {
    case 'weights':
    case 'activations':
    case 'graphs':
    case 'runtime':
    case 'kvCache':
      return plan.memory[figure];
    case 'kvCacheTokens':
    case 'maxConcurrency':
      return plan[figure];
    default:
      return plan.estimate[figure];
  }
}
