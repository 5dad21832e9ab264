import { adaptersRules } from './adapters';
import { architectureRules } from './architecture';
import { checkpointRules } from './checkpoint';
import { environmentRules } from './environment';
import { hardwareRules } from './hardware';
import { isNeuron, isServedBy } from './helpers/engine';
import { imageRules } from './image';
import { llamaCppRules } from './llama-cpp';
import { memoryRules } from './memory';
import { neuronRules } from './neuron';
import { optionsRules } from './options';
import { parallelismRules } from './parallelism';
import { platformRules } from './platform';
import { regionRules } from './region';
import { scalingRules } from './scaling';
import type { Need, Rule, RuleContext } from './types';

/** Folders of this directory: what a rule's finding is caused by. */
export const RULE_CAUSES = [
  'hardware',
  'parallelism',
  'checkpoint',
  'architecture',
  'memory',
  'options',
  'adapters',
  'environment',
  'image',
  'region',
  'platform',
  'scaling',
  'neuron',
  'llama-cpp',
] as const;
export type RuleCause = (typeof RULE_CAUSES)[number];

/** Every rule, by cause, in the order in which findings are reported. */
export const RULES_BY_CAUSE: Readonly<Record<RuleCause, readonly Rule[]>> = {
  hardware: hardwareRules,
  parallelism: parallelismRules,
  checkpoint: checkpointRules,
  architecture: architectureRules,
  memory: memoryRules,
  options: optionsRules,
  adapters: adaptersRules,
  environment: environmentRules,
  image: imageRules,
  region: regionRules,
  platform: platformRules,
  scaling: scalingRules,
  neuron: neuronRules,
  'llama-cpp': llamaCppRules,
};

export const RULES: readonly Rule[] = RULE_CAUSES.flatMap((cause) => RULES_BY_CAUSE[cause]);

/** What no rule of a cause speaks without; a cause that is not named here may speak of every endpoint. */
const NEEDED_BY_CAUSE: Partial<Record<RuleCause, Need>> = {
  adapters: 'adapters',
  environment: 'environment',
  scaling: 'endpoint',
  neuron: 'neuron',
  'llama-cpp': 'llama.cpp',
};

const NEEDS: readonly (readonly [need: Need, isMet: (context: RuleContext) => boolean])[] = [
  ['adapters', ({ options, spec }) => options.enableLora || (spec.speculative ?? spec.environment) !== undefined],
  ['environment', ({ spec }) => spec.environment !== undefined],
  ['endpoint', ({ spec }) => spec.endpoint !== undefined],
  ['experts', ({ model }) => model?.moe !== undefined],
  ['neuron', isNeuron],
  ['llama.cpp', ({ container }) => container?.engine === 'llama.cpp'],
];

/** By the server, and by the needs that are not met, a bit each. */
const LISTS = new Map<string, (readonly Rule[] | undefined)[]>();

/** Every rule that may have something to say of an endpoint, in the registry's order. */
export function rulesFor(context: RuleContext): readonly Rule[] {
  const { container } = context;
  const server = container === undefined ? '' : `${container.engine} ${container.engineVersion}`;
  let lists = LISTS.get(server);
  if (lists === undefined) LISTS.set(server, (lists = []));
  let unmet = 0;
  for (const [, isMet] of NEEDS) unmet = (unmet << 1) | (isMet(context) ? 0 : 1);
  return (lists[unmet] ??= rulesOf(context));
}

function rulesOf(context: RuleContext): readonly Rule[] {
  const lacking = new Set(NEEDS.filter(([, isMet]) => !isMet(context)).map(([need]) => need));
  const isLacking = (need: Need | undefined): boolean => need !== undefined && lacking.has(need);
  return RULE_CAUSES.filter((cause) => !isLacking(NEEDED_BY_CAUSE[cause]))
    .flatMap((cause) => RULES_BY_CAUSE[cause])
    .filter((rule) => speaksOf(rule, context) && !rule.needs?.some(isLacking));
}

/** Is the server one that the rule speaks of? */
export function speaksOf({ server }: Rule, context: RuleContext): boolean {
  return server === undefined || isServedBy(context, server);
}

const BY_ID: ReadonlyMap<string, Rule> = new Map(RULES.map((rule) => [rule.id, rule]));

/** The rule with this id, in any letter case; undefined where there is none. */
export function findRule(id: string): Rule | undefined {
  return BY_ID.get(id.toUpperCase());
}
