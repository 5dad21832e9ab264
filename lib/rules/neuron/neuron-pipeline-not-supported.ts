import { isNamedNeuron, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (pipelineParallelSize: number) => ({
  model: { config: LLAMA_8B },
  container: { family: 'lmi-neuron' },
  instanceType: 'ml.inf2.48xlarge',
  options: { tensorParallelSize: 8, pipelineParallelSize, sequenceLength: 2048 },
});

export const neuronPipelineNotSupported: Rule = {
  id: 'NEURON_PIPELINE_NOT_SUPPORTED',
  severity: 'error',
  summary: 'no pipeline parallelism is asked for on Neuron',
  explanation: 'The Neuron images cut tensors only: "Neuron does not currently support pipeline parallel degree > 1".',
  source: 'djl-serving wlm/.../Connection.java',
  examples: { passes: [example(1)], fails: [example(2)] },
  evaluate(context) {
    const stages = context.options.pipelineParallelSize;
    if (!isNamedNeuron(context) || stages <= 1) return [];
    return [
      found({
        what: `${serverName(context)} does not support pipeline parallelism`,
        got: `pipelineParallelSize ${stages}`,
        allowed: '1',
        fix: 'set pipelineParallelSize to 1, and tensorParallelSize to the cores',
        path: '/options/pipelineParallelSize',
      }),
    ];
  },
};
