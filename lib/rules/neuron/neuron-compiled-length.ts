import { isNeuron, isUnnamed } from '../helpers/engine';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule, RuleContext, RuleFinding } from '../types';

const example = (options: object, family = 'hf-vllm-neuron') => ({
  model: { config: LLAMA_8B },
  container: { family },
  instanceType: 'ml.inf2.8xlarge',
  options: { tensorParallelSize: 2, ...options },
});

const tgi = (environment: Record<string, string>) => ({
  model: { config: LLAMA_8B },
  instanceType: 'ml.inf2.8xlarge',
  environment,
});

export const neuronCompiledLength: Rule = {
  id: 'NEURON_COMPILED_LENGTH',
  severity: 'error',
  summary: 'context and concurrency are those the model is compiled for',
  explanation:
    'A Neuron model is compiled for one sequence length and one batch size. A longer context or more sequences than that cannot be served: optimum-neuron refuses values that differ from the artifact. transformers-neuronx in LMI compiles for 128 tokens where nobody says otherwise, up to 0.29; from 0.30 on for the length of the model, 4096 at most. Text Generation Inference on Neuron has two variables for each: HF_BATCH_SIZE and HF_SEQUENCE_LENGTH choose what is compiled, MAX_BATCH_SIZE and MAX_TOTAL_TOKENS what is served.',
  source:
    'optimum-neuron optimum/commands/neuron/serve.py; djl-serving docs, tnx_user_guide: option.n_positions, default 128, and deepjavalibrary/djl-serving#2345, #2316; huggingface/optimum-neuron#516',
  examples: {
    passes: [
      example({ sequenceLength: 4096, batchSize: 4, maxModelLen: 4096, maxNumSeqs: 4 }),
      { ...example({}), container: { family: 'lmi-neuron', version: '0.30.0-neuronx-sdk2.20.1' } },
      tgi({
        HF_NUM_CORES: '2',
        HF_BATCH_SIZE: '4',
        HF_SEQUENCE_LENGTH: '2048',
        MAX_BATCH_SIZE: '4',
        MAX_TOTAL_TOKENS: '2048',
      }),
    ],
    fails: [
      example({ sequenceLength: 2048, batchSize: 1, maxModelLen: 4096 }),
      example({ sequenceLength: 2048, batchSize: 1, maxNumSeqs: 4 }),
      { ...example({}), container: { family: 'lmi-neuron', version: '0.29.0-neuronx-sdk2.19.1' } },
      tgi({ HF_BATCH_SIZE: '4', MAX_BATCH_SIZE: '8' }),
      tgi({ HF_BATCH_SIZE: '4' }),
      tgi({ HF_SEQUENCE_LENGTH: '2048', MAX_TOTAL_TOKENS: '4096' }),
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
    return isUnnamed(context) ? [...findings, ...tgiFindings(context)] : findings;
  },
};

/** What Text Generation Inference on Neuron is asked for, and the variable that says what the model is compiled for. */
const TGI = [
  { asked: 'MAX_BATCH_SIZE', compiled: 'HF_BATCH_SIZE', what: 'more requests at once are asked for' },
  { asked: 'MAX_TOTAL_TOKENS', compiled: 'HF_SEQUENCE_LENGTH', what: 'longer requests are asked for' },
] as const;

function tgiFindings({ spec }: RuleContext): RuleFinding[] {
  const number = (name: string) => {
    const text = spec.environment?.[name]?.trim() ?? '';
    return /^\d+$/.test(text) ? Number(text) : undefined;
  };
  return TGI.flatMap(({ asked, compiled, what }) => {
    const most = number(compiled);
    const wanted = number(asked);
    if (most === undefined || (wanted !== undefined && wanted <= most)) return [];
    // Older images take a batch of their own where nobody says which, and fail at the first request.
    if (wanted === undefined && (asked !== 'MAX_BATCH_SIZE' || most === 1)) return [];
    return [
      found({
        what:
          wanted === undefined
            ? `the server is not told the batch that the model is compiled for ("Method Prefill encountered an error")`
            : `${what} than the model is compiled for`,
        got:
          wanted === undefined ? `${compiled}=${most} without ${asked}` : `${asked}=${wanted} with ${compiled}=${most}`,
        allowed: `${asked}=${most}`,
        fix: `set ${asked} to ${most}`,
        path: `/environment/${wanted === undefined ? compiled : asked}`,
        severity: wanted === undefined ? 'warning' : 'error',
      }),
    ];
  });
}
