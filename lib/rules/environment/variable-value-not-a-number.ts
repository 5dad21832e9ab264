import { lookup } from '../../text/lookup';
import data from '../data/argument-numbers.json';
import { isVllm } from '../helpers/engine';
import { shown } from '../helpers/environment';
import { settingVariables } from '../helpers/example';
import { found } from '../helpers/finding';
import { argumentsOf } from '../helpers/passed-on';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule, RuleContext, RuleFinding } from '../types';

const example = settingVariables(LLAMA_8B);

type Kind = 'whole' | 'decimal' | 'leading' | 'bare' | 'amount' | 'batch' | 'degree';

/**
 * Arguments that are one number and nothing else: those that also take words of their own are left out. llama-server reads them with
 * std::stoi, which is content with a number at the start: 32k is 32.
 */
const NUMBERS = data.arguments as Readonly<Record<string, Readonly<Record<string, Kind>>>>;

/**
 * Variables that become no argument of the same name: DJL Serving reads the degrees by itself, with Integer.parseInt, before any engine
 * starts, and llama-server its own, as they stand: an empty one is no number either.
 */
const VARIABLES = data.variables as Readonly<Record<string, Readonly<Record<string, Kind>>>>;

/** From here on `--max-model-len` takes 16k (16,000) and 16K (16,384); `--max-num-batched-tokens` does later. Source: vllm/engine/arg_utils.py, `human_readable_int`. */
const READS_UNITS: Readonly<Partial<Record<Kind, string>>> = { amount: '0.8.4', batch: '0.9.1' };

/** As Python's int and float and C++'s stoi read them. */
const READABLE: Readonly<Record<Kind, RegExp>> = {
  whole: /^[+-]?\d[\d_]*$/,
  decimal: /^[+-]?(\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(e[+-]?\d+)?$/i,
  leading: /^[+-]?\d/,
  bare: /^[+-]?\d/,
  amount: /^([+-]?\d[\d_]*[KMGT]?|\d+(\.\d+)?[kmgt])$/,
  batch: /^([+-]?\d[\d_]*[KMGT]?|\d+(\.\d+)?[kmgt])$/,
  degree: /^(max|[+-]?\d+)$/,
};

/**
 * Quotes may be taken off before the server sees the value, and words may be known to a newer one; an empty value has a rule of its own, and
 * a value that is not known before it is deployed (`${Token[…]}`, a number such as -1.8e+289) is anybody's.
 */
const LEFT_ALONE = /^$|^["']|\$\{|^-1\.8\d*e\+289$|^(true|false)$/i;
const NOT_KNOWN_YET = /\$\{|^-1\.8\d*e\+289$/i;
/** Not to llama-server, whose std::stoi throws at them. */
const WORDS = /^(auto|max|all|none)$/i;

export const variableValueNotANumber: Rule = {
  id: 'VARIABLE_VALUE_NOT_A_NUMBER',
  severity: 'error',
  summary: 'an argument that is a number gets one',
  explanation:
    'The entry points hand a variable on as it is. A server that wants a number stops at another value before it loads anything: "argument --tensor-parallel-size/-tp: invalid int value: \'four\'". A decimal comma is one of the ways there. vLLM reads 16k as a length from 0.8.4 on only. LMI takes max as a tensor parallel degree, and no other word. llama-server reads its own variables (LLAMA_ARG_…) as well, and an empty one is no number: "error while handling environment variable "LLAMA_ARG_CTX_SIZE": stoi".',
  source: data.source,
  examples: {
    passes: [
      example('vllm', { SM_VLLM_TENSOR_PARALLEL_SIZE: '1', SM_VLLM_GPU_MEMORY_UTILIZATION: '.9', SM_VLLM_SEED: 'x' }),
      example('sglang', { SM_SGLANG_MEM_FRACTION_STATIC: '8e-1' }),
      example('llama-cpp', { SM_LLAMA_CPP_CTX_SIZE: '32k', LLAMA_ARG_THREADS: '-1' }),
      example('llama-cpp', { LLAMA_ARG_CTX_SIZE: '${Token[TOKEN.12]}', LLAMA_ARG_N_GPU_LAYERS: 'auto' }),
      example('lmi', { OPTION_TENSOR_PARALLEL_DEGREE: 'max', OPTION_MAX_MODEL_LEN: '16k' }),
      example('vllm', { SM_VLLM_MAX_MODEL_LEN: '4K' }, '0.8.5'),
      example('vllm', { SM_VLLM_MAX_NUM_SEQS: '${Token[TOKEN.12]}' }),
    ],
    fails: [
      example('vllm', { SM_VLLM_TENSOR_PARALLEL_SIZE: 'four' }),
      example('vllm', { SM_VLLM_MAX_NUM_SEQS: '16.0' }),
      example('vllm', { SM_VLLM_GPU_MEMORY_UTILIZATION: '0,9' }),
      example('vllm', { SM_VLLM_MAX_MODEL_LEN: '16k' }, '0.8.3'),
      example('lmi', { OPTION_TENSOR_PARALLEL_DEGREE: 'two' }),
      example('lmi', { OPTION_GPU_MEMORY_UTILIZATION: '90%' }),
      example('sglang', { SM_SGLANG_MEM_FRACTION_STATIC: '90%' }),
      example('llama-cpp', { SM_LLAMA_CPP_CTX_SIZE: 'long' }),
      example('llama-cpp', { SM_LLAMA_CPP_CTX_SIZE: 'max' }),
      example('llama-cpp', { SM_LLAMA_CPP_N_CPU_MOE: 'all' }),
      example('llama-cpp', { LLAMA_ARG_N_CPU_MOE: '' }),
      example('llama-cpp', { LLAMA_ARG_N_PARALLEL: 'auto' }),
    ],
  },
  evaluate(context) {
    const { container, spec } = context;
    if (container === undefined || spec.environment === undefined) return [];
    const numbers = lookup(NUMBERS, container.family) ?? {};
    const variables = lookup(VARIABLES, container.family) ?? {};
    const passed = new Map(argumentsOf(context).map(({ variable, argument }) => [variable, argument]));
    return Object.entries(spec.environment).flatMap(([name, value]) => {
      const own = lookup(variables, name);
      const argument = passed.get(name) ?? '';
      const kind = own ?? lookup(numbers, argument);
      if (kind === undefined) return [];
      return judge(kindIn(context, kind), own === undefined ? `--${argument}` : name, name, value) ?? [];
    });
  },
};

function judge(kind: Kind, what: string, name: string, value: string): RuleFinding | undefined {
  const text = value.trim();
  if (READABLE[kind].test(text) || isLeftAlone(kind, text)) return undefined;
  return found({
    what: `${what} is a number, and the server stops at any other value`,
    got: value === '' ? `${name} with an empty value` : shown(name, value),
    allowed: ALLOWED[kind],
    fix: `write ${name} as a number in digits`,
    path: `/environment/${name}`,
  });
}

function isLeftAlone(kind: Kind, text: string): boolean {
  if (kind === 'bare') return NOT_KNOWN_YET.test(text);
  return LEFT_ALONE.test(text) || (kind !== 'leading' && WORDS.test(text));
}

const ALLOWED: Readonly<Record<Kind, string>> = {
  whole: 'a whole number',
  leading: 'a whole number',
  bare: 'a whole number',
  decimal: 'a number such as 0.9',
  degree: 'a whole number or max',
  amount: 'a whole number, or one with a unit: 16k, 16K',
  batch: 'a whole number, or one with a unit: 16k, 16K',
};

/** An older vLLM has no units for lengths. */
function kindIn(context: RuleContext, kind: Kind): Kind {
  const since = lookup(READS_UNITS, kind);
  return since === undefined || !isVllm(context) || isVllm(context, { since }) ? kind : 'whole';
}
