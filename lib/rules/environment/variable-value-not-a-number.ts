import { lookup } from '../../text/lookup';
import { shown, variablesOf } from '../helpers/environment';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule, RuleContext, RuleFinding } from '../types';

const example = (family: string, environment: Record<string, string>) => ({
  model: { config: LLAMA_8B },
  container: { family },
  options: { maxModelLen: 4096 },
  environment,
});

type Kind = 'whole' | 'decimal' | 'leading';

const vllm: Readonly<Record<string, Kind>> = {
  'tensor-parallel-size': 'whole',
  'pipeline-parallel-size': 'whole',
  'data-parallel-size': 'whole',
  'max-num-seqs': 'whole',
  'max-loras': 'whole',
  'gpu-memory-utilization': 'decimal',
  'cpu-offload-gb': 'decimal',
};

const sglang: Readonly<Record<string, Kind>> = {
  tp: 'whole',
  'tp-size': 'whole',
  'tensor-parallel-size': 'whole',
  'pp-size': 'whole',
  'pipeline-parallel-size': 'whole',
  'dp-size': 'whole',
  'data-parallel-size': 'whole',
  'max-running-requests': 'whole',
  'mem-fraction-static': 'decimal',
};

/** llama-server reads them with std::stoi, which is content with a number at the start: 32k is 32. */
const llamaCpp: Readonly<Record<string, Kind>> = {
  'ctx-size': 'leading',
  'batch-size': 'leading',
  'ubatch-size': 'leading',
};

/** Arguments that are one number and nothing else: those that also take `auto`, or 32k, are left out. */
const NUMBERS: Readonly<Record<string, Readonly<Record<string, Kind>>>> = { vllm, sglang, 'llama-cpp': llamaCpp };

/** As Python's int and float and C++'s stoi read them. */
const READABLE: Readonly<Record<Kind, RegExp>> = {
  whole: /^[+-]?\d[\d_]*$/,
  decimal: /^[+-]?(\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(e[+-]?\d+)?$/i,
  leading: /^[+-]?\d/,
};

/**
 * Quotes may be taken off before the server sees the value, and words may be known to a newer one; an empty value has a rule of its own, and
 * a value that is not known before it is deployed (`${Token[…]}`, a number such as -1.8e+289) is anybody's.
 */
const LEFT_ALONE = /^$|^["']|\$\{|^-1\.8\d*e\+289$|^(auto|max|all|true|false|none)$/i;

export const variableValueNotANumber: Rule = {
  id: 'VARIABLE_VALUE_NOT_A_NUMBER',
  severity: 'error',
  summary: 'an argument that is a number gets one',
  explanation:
    'The entry points hand a variable on as it is. A server that wants a number stops at another value before it loads anything: "argument --tensor-parallel-size/-tp: invalid int value: \'four\'". A decimal comma is one of the ways there.',
  source:
    'vllm/engine/arg_utils.py and sglang/srt/server_args.py, the types of the arguments; llama.cpp common/arg.cpp, std::stoi',
  examples: {
    passes: [
      example('vllm', { SM_VLLM_TENSOR_PARALLEL_SIZE: '1', SM_VLLM_GPU_MEMORY_UTILIZATION: '.9', SM_VLLM_SEED: 'x' }),
      example('sglang', { SM_SGLANG_MEM_FRACTION_STATIC: '8e-1' }),
      example('llama-cpp', { SM_LLAMA_CPP_CTX_SIZE: '32k' }),
      example('lmi', { OPTION_TENSOR_PARALLEL_DEGREE: 'max' }),
      example('vllm', { SM_VLLM_MAX_NUM_SEQS: '${Token[TOKEN.12]}' }),
    ],
    fails: [
      example('vllm', { SM_VLLM_TENSOR_PARALLEL_SIZE: 'four' }),
      example('vllm', { SM_VLLM_MAX_NUM_SEQS: '16.0' }),
      example('vllm', { SM_VLLM_GPU_MEMORY_UTILIZATION: '0,9' }),
      example('sglang', { SM_SGLANG_MEM_FRACTION_STATIC: '90%' }),
      example('llama-cpp', { SM_LLAMA_CPP_CTX_SIZE: 'long' }),
    ],
  },
  evaluate(context) {
    const { container, spec } = context;
    const numbers = container === undefined ? undefined : lookup(NUMBERS, container.family);
    if (numbers === undefined || spec.environment === undefined) return [];
    return Object.entries(spec.environment).flatMap(([name, value]) => judge(context, numbers, name, value) ?? []);
  },
};

function judge(
  { container }: RuleContext,
  numbers: Readonly<Record<string, Kind>>,
  name: string,
  value: string,
): RuleFinding | undefined {
  if (container === undefined) return undefined;
  const { prefix, find } = variablesOf(container);
  const argument = prefix !== undefined && name.startsWith(prefix) ? find(name)?.argument : undefined;
  const kind = argument === undefined ? undefined : lookup(numbers, argument.replaceAll('_', '-'));
  const text = value.trim();
  if (kind === undefined || LEFT_ALONE.test(text) || READABLE[kind].test(text)) return undefined;
  return found({
    what: `--${argument?.replaceAll('_', '-')} is a number, and the server stops at any other value`,
    got: shown(name, value),
    allowed: kind === 'decimal' ? 'a number such as 0.9' : 'a whole number',
    fix: `write ${name} as a number in digits`,
    path: `/environment/${name}`,
  });
}
