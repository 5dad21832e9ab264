import type { Explanation } from '../types';
import { edgeExplanations } from './edge';
import { endpointExplanations } from './endpoint';
import { fleetExplanations } from './fleet';
import { ggufExplanations } from './gguf';
import { modelExplanations } from './model';
import { monitorExplanations } from './monitor';
import { neuronExplanations } from './neuron';
import { optimizationExplanations } from './optimization';
import { observabilityExplanations } from './observability';
import { qualityExplanations } from './quality';
import { recommendationExplanations } from './recommendation';
import { smokeTestExplanations } from './smoke-test';
import { specExplanations } from './spec';
import { tierExplanations } from './tiers';

/** Files of this directory: what was read, or which constructs look, where no rule can. */
export const EXPLANATION_SUBJECTS = [
  'spec',
  'model',
  'endpoint',
  'fleet',
  'gguf',
  'neuron',
  'edge',
  'quality',
  'monitor',
  'recommendation',
  'optimization',
  'smoke-test',
  'observability',
  'tiers',
] as const;
export type ExplanationSubject = (typeof EXPLANATION_SUBJECTS)[number];

/** Every finding that is not a rule's, by subject. */
export const EXPLANATIONS_BY_SUBJECT: Readonly<Record<ExplanationSubject, readonly Explanation[]>> = {
  spec: specExplanations,
  model: modelExplanations,
  endpoint: endpointExplanations,
  fleet: fleetExplanations,
  gguf: ggufExplanations,
  neuron: neuronExplanations,
  edge: edgeExplanations,
  quality: qualityExplanations,
  monitor: monitorExplanations,
  recommendation: recommendationExplanations,
  optimization: optimizationExplanations,
  'smoke-test': smokeTestExplanations,
  observability: observabilityExplanations,
  tiers: tierExplanations,
};

export const EXPLANATIONS: readonly Explanation[] = EXPLANATION_SUBJECTS.flatMap(
  (subject) => EXPLANATIONS_BY_SUBJECT[subject],
);

const BY_ID: ReadonlyMap<string, Explanation> = new Map(EXPLANATIONS.map((found) => [found.id, found]));

/** What is known of a finding that is not a rule's, in any letter case; undefined where the id is unknown. */
export function findExplanation(id: string): Explanation | undefined {
  return BY_ID.get(id.toUpperCase());
}
