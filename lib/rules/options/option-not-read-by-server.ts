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

/** vLLM on Neuron takes the flag, and the compiled model keeps its cache in the dtype that it computes in. Source: optimum-neuron NxDNeuronConfig; djl-serving docs, tnx_user_guide. */
const NOT_ON_NEURON: readonly OptionName[] = ['kvCacheDtype'];

/** optimum-neuron switches them off, or its image has no variable for them. Source: optimum-neuron optimum/neuron/vllm/platform.py and worker.py. */
const OFF_IN_OPTIMUM: readonly OptionName[] = ['enablePrefixCaching', 'enableChunkedPrefill', 'enableLora'];

/** Options that this server has nothing like. */
function unread(context: RuleContext): readonly OptionName[] {
  const { container } = context;
  if (container === undefined || container.engine === 'unknown') return [];
  if (container.engine === 'llama.cpp') return [...NEURON_ONLY, ...NOT_IN_LLAMA_CPP];
  if (isNeuron(context))
    return [
      ...LLAMA_CPP_ONLY,
      ...(container.family === 'vllm-neuron' ? [] : NOT_ON_NEURON),
      ...(container.family === 'hf-vllm-neuron' ? OFF_IN_OPTIMUM : []),
    ];
  return [...LLAMA_CPP_ONLY, ...NEURON_ONLY];
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

/** Asks for what the server does anyway. */
function isAsBefore({ container, spec }: RuleContext, name: OptionName): boolean {
  const value = spec.options?.[name];
  if (name === 'kvCacheDtype') return value === 'auto';
  return value === false && container?.family === 'hf-vllm-neuron' && OFF_IN_OPTIMUM.includes(name);
}

function insteadOf({ container }: RuleContext, name: OptionName): string {
  const instead = container?.engine === 'llama.cpp' || name !== 'kvCacheDtype' ? INSTEAD[name] : undefined;
  return instead === undefined ? `leave ${name} out` : `use ${instead}`;
}

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
      example('hf-vllm-neuron', { kvCacheDtype: 'fp8' }),
      example('hf-vllm-neuron', { enablePrefixCaching: true }),
      example('hf-vllm-neuron', { enableLora: true }),
      example('llama-cpp', { kvCacheDtype: 'fp8' }, { quantization: 'gguf:Q4_K_M' }),
    ],
  },
  evaluate(context) {
    const given = context.spec.options ?? {};
    return unread(context)
      .filter((name) => given[name] !== undefined && !isAsBefore(context, name))
      .map((name) =>
        found({
          what: `${serverName(context)} has no option like ${name}, so it is dropped`,
          got: `${name} ${String(given[name])}`,
          fix: insteadOf(context, name),
          path: `/options/${name}`,
        }),
      );
  },
};
