import { feedForwardNotDivisible } from '../parallelism/feed-forward-not-divisible';
import { fp8BlocksNotDivisible } from '../parallelism/fp8-blocks-not-divisible';
import { packedWeightsNotDivisible } from '../parallelism/packed-weights-not-divisible';
import { pipelineLongerThanModel } from '../parallelism/pipeline-longer-than-model';
import { pipelineNotSupported } from '../parallelism/pipeline-not-supported';
import { holdsWholeGroups } from '../parallelism/quantization-group-not-divisible';
import { vocabularyNotDivisible } from '../parallelism/vocabulary-not-divisible';
import type { Rule, RuleContext } from '../types';
import { headsFit, padsHeads } from './heads';

/** What a way to cut a model has to divide beside heads and groups of weights. */
const RULES: readonly Rule[] = [
  feedForwardNotDivisible,
  packedWeightsNotDivisible,
  fp8BlocksNotDivisible,
  vocabularyNotDivisible,
];
const RULES_OF_STAGES: readonly Rule[] = [...RULES, pipelineNotSupported, pipelineLongerThanModel];

/** A search for a machine asks for the same degrees on dozens of them. */
const remembered = new WeakMap<RuleContext, Map<string, boolean>>();

/** May a fix propose this way to cut the model: does it divide all that is cut, on the server that the endpoint has? */
export function dividesBy(
  context: RuleContext,
  tensorParallelSize: number,
  pipelineParallelSize = context.options.pipelineParallelSize,
): boolean {
  // What is not cut is divided by nothing; most searches end there.
  if (tensorParallelSize === 1 && pipelineParallelSize === 1) return true;
  if (context.model !== undefined && !padsHeads(context) && !headsFit(context.model, tensorParallelSize)) return false;
  if (!holdsWholeGroups(context, tensorParallelSize)) return false;
  let known = remembered.get(context);
  if (known === undefined) remembered.set(context, (known = new Map()));
  const key = `${tensorParallelSize} ${pipelineParallelSize}`;
  let divides = known.get(key);
  if (divides === undefined)
    known.set(key, (divides = breaksNothing(context, tensorParallelSize, pipelineParallelSize)));
  return divides;
}

function breaksNothing(context: RuleContext, tensorParallelSize: number, pipelineParallelSize: number): boolean {
  const options = { ...context.options, tensorParallelSize, pipelineParallelSize };
  // Inherits what is made on first use, the plan among it, which no rule here looks at.
  const other = Object.create(context, { options: { value: options, enumerable: true } }) as RuleContext;
  return (pipelineParallelSize === 1 ? RULES : RULES_OF_STAGES).every(
    ({ server, evaluate, severity }) =>
      (server !== undefined && server.engine !== context.container?.engine) ||
      evaluate(other).every((finding) => (finding.severity ?? severity) !== 'error'),
  );
}
