import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (copyCount: number) => ({
  model: { config: LLAMA_8B },
  endpoint: { inferenceComponents: true, copyCount },
});

export const copyCountZero: Rule = {
  id: 'COPY_COUNT_ZERO',
  severity: 'error',
  summary: 'an inference component is created with at least one copy',
  explanation:
    'CreateInferenceComponent refuses a CopyCount of 0, though an existing component may later be scaled to none: create it with one copy, and let the scaling policy take it away.',
  source: 'stdapi-ai/stdapi.ai#43, measured in August 2026',
  examples: { passes: [example(1)], fails: [example(0)] },
  evaluate({ spec }) {
    if (spec.endpoint?.copyCount !== 0) return [];
    return [
      found({
        what: 'an inference component cannot be created with no copy; only scaling may take the last one away',
        got: 'copyCount 0',
        allowed: '1 or more',
        fix: 'set copyCount to 1',
        path: '/endpoint/copyCount',
      }),
    ];
  },
};
