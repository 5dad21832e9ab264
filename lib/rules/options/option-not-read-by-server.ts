import type { ServingOptions } from '../../spec/types';
import { isNeuron, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

const example = (family: string, options: object, rest: object = {}) => ({
  model: { config: LLAMA_8B },
  container: { family },
  options: { maxModelLen: 4096, ...options },
  ...rest,
});

type OptionName = keyof ServingOptions;

const LLAMA_CPP_ONLY: readonly OptionName[] = ['slots', 'kvTypeK', 'kvTypeV', 'flashAttention'];
const NEURON_ONLY: readonly OptionName[] = ['batchSize', 'sequenceLength', 'logicalNeuronCores'];
const NOT_IN_LLAMA_CPP: readonly OptionName[] = [
  'gpuMemoryUtilization',
  'enforceEager',
  'enablePrefixCaching',
  'enableChunkedPrefill',
  'kvCacheDtype',
  'expertParallel',
  'enableLora',
  'maxLoras',
  'maxLoraRank',
  'maxNumSeqs',
];

/** Options that this server has nothing like. */
function unread(context: RuleContext): readonly OptionName[] {
  const { container } = context;
  if (container === undefined || container.engine === 'unknown') return [];
  if (container.engine === 'llama.cpp') return [...NEURON_ONLY, ...NOT_IN_LLAMA_CPP];
  return isNeuron(context) ? LLAMA_CPP_ONLY : [...LLAMA_CPP_ONLY, ...NEURON_ONLY];
}

/** What to write instead. */
const INSTEAD: Readonly<Partial<Record<OptionName, string>>> = {
  slots: 'maxNumSeqs',
  kvTypeK: 'kvCacheDtype',
  kvTypeV: 'kvCacheDtype',
  batchSize: 'maxNumSeqs',
  sequenceLength: 'maxModelLen',
  maxNumSeqs: 'slots',
  kvCacheDtype: 'kvTypeK and kvTypeV',
};

export const optionNotReadByServer: Rule = {
  id: 'OPTION_NOT_READ_BY_SERVER',
  severity: 'warning',
  summary: 'each option is one that the container’s server has',
  explanation:
    'Options are named alike for all servers, but not every server has every one: slots and KV types are llama.cpp’s, batch size and sequence length are what a Neuron model is compiled for, paged-memory options are vLLM’s. An option that the server does not have is dropped, and nothing is as asked for.',
  source: 'vllm/engine/arg_utils.py; llama.cpp tools/server/README.md; optimum-neuron docs, "neuron serve"',
  examples: {
    passes: [example('vllm', { maxNumSeqs: 32 }), example('llama-cpp', { slots: 4 }, { quantization: 'gguf:Q4_K_M' })],
    fails: [
      example('vllm', { slots: 4 }),
      example('llama-cpp', { kvCacheDtype: 'fp8' }, { quantization: 'gguf:Q4_K_M' }),
    ],
  },
  evaluate(context) {
    const given = context.spec.options ?? {};
    return unread(context)
      .filter((name) => given[name] !== undefined)
      .map((name) =>
        found({
          what: `${serverName(context)} has no option like ${name}, so it is dropped`,
          got: `${name} ${String(given[name])}`,
          fix: INSTEAD[name] === undefined ? `leave ${name} out` : `use ${INSTEAD[name]}`,
          path: `/options/${name}`,
        }),
      );
  },
};
