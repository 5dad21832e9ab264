import { found } from '../helpers/finding';
import { QWEN3_SMALL } from '../helpers/samples';
import type { Rule } from '../types';

const example = (pipelineParallelSize: number) => ({
  model: { config: QWEN3_SMALL },
  container: { family: 'vllm' },
  options: { maxModelLen: 4096, pipelineParallelSize },
});

export const pipelineLongerThanModel: Rule = {
  id: 'PIPELINE_LONGER_THAN_MODEL',
  severity: 'error',
  summary: 'every pipeline stage has a layer',
  explanation:
    'Pipeline parallelism gives each stage whole layers; with more stages than layers some have nothing to run, and the server stops while it divides them.',
  source: 'vllm/distributed/utils.py, `get_pp_indices`',
  examples: { passes: [example(4)], fails: [example(29)] },
  evaluate({ model, options, container }) {
    if (model === undefined || container?.engine === 'llama.cpp' || options.pipelineParallelSize <= model.numLayers)
      return [];
    return [
      found({
        what: 'there are more pipeline stages than layers',
        got: `pipelineParallelSize ${options.pipelineParallelSize} for ${model.numLayers} layers`,
        allowed: `at most ${model.numLayers}`,
        fix: 'set pipelineParallelSize to 1',
        path: '/options/pipelineParallelSize',
      }),
    ];
  },
};
