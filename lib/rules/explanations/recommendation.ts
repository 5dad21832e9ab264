import type { Explanation } from '../types';

/** What a recommendation cannot do. */
export const recommendationExplanations: readonly Explanation[] = [
  {
    id: 'RECOMMEND_NEEDS_CONFIG',
    severity: 'error',
    summary: 'a recommendation has the config of the model',
    explanation: 'What fits and how fast it is follows from the sizes in config.json. Nothing can be ranked by a name.',
    source: 'Hugging Face transformers, configuration files; each model’s own config.json',
  },
  {
    id: 'NOTHING_RECOMMENDED',
    severity: 'error',
    summary: 'something serves this model and workload',
    explanation:
      'Every instance type, scheme and container was rejected: too little memory, too slow, too expensive, or not offered in the region. `rejected` of the recommendation and `qe recommend` have the reason of each.',
    source: 'the plans of all candidates',
  },
];
