import { isNeuron } from '../helpers/engine';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule, RuleFinding } from '../types';

const example = (options: object, family = 'hf-vllm-neuron') => ({
  model: { config: LLAMA_8B },
  container: { family },
  instanceType: 'ml.inf2.8xlarge',
  options: { tensorParallelSize: 2, ...options },
});

export const neuronCompiledLength: Rule = {
  id: 'NEURON_COMPILED_LENGTH',
  severity: 'error',
  summary: 'context and concurrency are those the model is compiled for',
  explanation:
    'A Neuron model is compiled for one sequence length and one batch size. A longer context or more sequences than that cannot be served: optimum-neuron refuses values that differ from the artifact. transformers-neuronx in LMI compiles for 128 tokens where nobody says otherwise, up to 0.29; from 0.30 on for the length of the model, 4096 at most.',
  source:
    'optimum-neuron optimum/commands/neuron/serve.py; djl-serving docs, tnx_user_guide: option.n_positions, default 128, and deepjavalibrary/djl-serving#2345, #2316; huggingface/optimum-neuron#516',
  examples: {
    passes: [
      example({ sequenceLength: 4096, batchSize: 4, maxModelLen: 4096, maxNumSeqs: 4 }),
      { ...example({}), container: { family: 'lmi-neuron', version: '0.30.0-neuronx-sdk2.20.1' } },
    ],
    fails: [
      example({ sequenceLength: 2048, batchSize: 1, maxModelLen: 4096 }),
      example({ sequenceLength: 2048, batchSize: 1, maxNumSeqs: 4 }),
      { ...example({}), container: { family: 'lmi-neuron', version: '0.29.0-neuronx-sdk2.19.1' } },
    ],
  },
  evaluate(context) {
    const { container, options, spec } = context;
    if (!isNeuron(context)) return [];
    const given = spec.options ?? {};
    const findings: RuleFinding[] = [];
    if (
      given.maxModelLen !== undefined &&
      given.sequenceLength !== undefined &&
      given.maxModelLen > given.sequenceLength
    )
      findings.push(
        found({
          what: 'the context is longer than the sequence length that the model is compiled for',
          got: `maxModelLen ${given.maxModelLen} with sequenceLength ${given.sequenceLength}`,
          allowed: `up to ${given.sequenceLength}`,
          fix: `set sequenceLength to ${given.maxModelLen}, and compile for it`,
          path: '/options/sequenceLength',
        }),
      );
    if (given.maxNumSeqs !== undefined && given.batchSize !== undefined && given.maxNumSeqs > given.batchSize)
      findings.push(
        found({
          what: 'more sequences are asked for than the batch that the model is compiled for',
          got: `maxNumSeqs ${given.maxNumSeqs} with batchSize ${given.batchSize}`,
          allowed: `up to ${given.batchSize}`,
          fix: `set batchSize to ${given.maxNumSeqs}, and compile for it`,
          path: '/options/batchSize',
        }),
      );
    if (
      container?.engine === 'transformers-neuronx' &&
      options.sequenceLength === 128 &&
      given.sequenceLength === undefined
    )
      findings.push(
        found({
          what: 'LMI compiles for 128 tokens, prompt and answer together, where no sequence length is given',
          got: 'no sequenceLength',
          allowed: 'the longest request',
          fix: 'set sequenceLength to 2048 or what the workload needs',
          path: '/options/sequenceLength',
          severity: 'warning',
        }),
      );
    return findings;
  },
};
