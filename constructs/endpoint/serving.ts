import type { Construct } from 'constructs';
import { renderContainer } from '../../lib/container';
import type { RenderedContainer } from '../../lib/container/types';
import { planAnswer, verdictOf, type PlanAnswer } from '../../lib/rules';
import type { EndpointSpec } from '../../lib/spec/types';
import { chooseDefaults, tryResolve } from './defaults';
import { mainFigures, type EndpointPlan } from './plan-figures';
import type { RealTimeEndpointProps } from './props';
import type { EndpointRecipe } from './recipe';
import { askedSpec } from './spec';
import type { StartEstimate } from './start-time';

/** A model on one type of instance, planned. */
export interface Serving {
  readonly recipe: EndpointRecipe;
  readonly spec: EndpointSpec;
  readonly start: StartEstimate;
  readonly answer: PlanAnswer;
  readonly plan: EndpointPlan;
  readonly rendered: RenderedContainer;
}

/** What of a serving is decided outside of its props. */
export interface ServingContext {
  readonly endpointName: string;
  readonly networkIsolation: boolean;
  /** Copies that an inference component of a fleet begins with. */
  readonly copyCount?: number;
}

export function planServing(
  scope: Construct,
  props: RealTimeEndpointProps,
  recipe: EndpointRecipe,
  context: ServingContext,
): Serving {
  const { spec, start } = chooseDefaults(askedSpec(scope, props, { ...recipe, ...context }), recipe.complete);
  return serve(recipe, spec, start);
}

/** @param spec in which everything is chosen */
export function serve(recipe: EndpointRecipe, spec: EndpointSpec, start: StartEstimate): Serving {
  const answer = withoutSettled(planAnswer(spec), recipe);
  const plan = { ...mainFigures(spec, answer), startSeconds: startSeconds({ start, recipe }) };
  return { recipe, spec, start, answer, plan, rendered: render(spec) };
}

function withoutSettled(answer: PlanAnswer, { settled = [] }: EndpointRecipe): PlanAnswer {
  const findings = answer.findings.filter(({ rule }) => !settled.includes(rule));
  return { ...answer, verdict: verdictOf(findings), findings };
}

/** Variables and command line; nothing of a spec that cannot be resolved, whose findings stop synth anyway. */
function render(spec: EndpointSpec): RenderedContainer {
  const resolved = tryResolve(spec);
  return resolved === undefined ? { environment: {}, command: [] } : renderContainer(resolved);
}

/** Until the model answers on a running instance: loading, and what its kind does beside it. */
export function startSeconds({ start, recipe }: Pick<Serving, 'start' | 'recipe'>): number {
  return start.seconds + (recipe.preparationSeconds ?? 0);
}
