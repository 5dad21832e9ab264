import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (copyCount: number, inferenceComponents?: boolean) => ({
  model: { config: LLAMA_8B },
  endpoint: { copyCount, inferenceComponents },
});

export const copiesWithoutComponents: Rule = {
  id: 'COPIES_WITHOUT_COMPONENTS',
  severity: 'warning',
  summary: 'copies are asked for where inference components make them',
  explanation:
    'CopyCount belongs to an inference component. A variant that holds its model itself has one copy on each instance (or as many as LMI starts), and the number asked for has no effect.',
  source: 'botocore sagemaker/2017-07-24, InferenceComponentRuntimeConfig CopyCount',
  examples: { passes: [example(2, true), example(1)], fails: [example(2), example(2, false)] },
  evaluate({ spec }) {
    const copies = spec.endpoint?.copyCount;
    if (copies === undefined || copies <= 1 || spec.endpoint?.inferenceComponents === true) return [];
    return [
      found({
        what: 'copies of a model are made by inference components, and this endpoint has none',
        got: `copyCount ${copies}`,
        fix: `set inferenceComponents to true, or initialInstanceCount to ${copies} in place of copyCount`,
        path: '/endpoint/copyCount',
      }),
    ];
  },
};
