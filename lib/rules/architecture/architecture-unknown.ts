import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (architecture: string, model_type: string) => ({
  model: { config: { ...LLAMA_8B, architectures: [architecture], model_type } },
  options: { maxModelLen: 4096 },
});

export const architectureUnknown: Rule = {
  id: 'ARCHITECTURE_UNKNOWN',
  severity: 'warning',
  summary: 'the architecture is one whose weights are known exactly',
  explanation:
    'The plan counts every weight of the architectures that this library knows. For another one it takes a plain Llama-like decoder of the same sizes: memory and speed are then estimates, and what the rules say of layers may not hold.',
  source: 'this library’s list of architectures',
  examples: { passes: [example('LlamaForCausalLM', 'llama')], fails: [example('BrandNewForCausalLM', 'brand_new')] },
  evaluate({ model }) {
    if (model === undefined || model.known) return [];
    return [
      found({
        what: `the architecture ${model.architecture} is not known here: memory and speed are those of a plain decoder of its sizes`,
        got: `${model.architecture} (model_type ${model.modelType})`,
        fix: 'give model.weightBytes, the sum of the weight files, and leave headroom',
        path: '/model/config/architectures',
      }),
    ];
  },
};
