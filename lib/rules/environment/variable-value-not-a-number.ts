import { lookup } from '../../text/lookup';
import { isVllm } from '../helpers/engine';
import { shown, variablesOf } from '../helpers/environment';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule, RuleContext, RuleFinding } from '../types';

const example = (family: string, environment: Record<string, string>, version?: string) => ({
  model: { config: LLAMA_8B },
  container: { family, ...(version === undefined ? {} : { version }) },
  options: { maxModelLen: 4096 },
  environment,
});

type Kind = 'whole' | 'decimal' | 'leading' | 'amount' | 'batch' | 'degree';

const vllm: Readonly<Record<string, Kind>> = {
  'tensor-parallel-size': 'whole',
  'pipeline-parallel-size': 'whole',
  'data-parallel-size': 'whole',
  'max-num-seqs': 'whole',
  'max-loras': 'whole',
  'max-lora-rank': 'whole',
  'max-model-len': 'amount',
  'max-num-batched-tokens': 'batch',
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

/** Arguments that are one number and nothing else: those that also take words of their own are left out. */
const NUMBERS: Readonly<Record<string, Readonly<Record<string, Kind>>>> = {
  vllm,
  sglang,
  'llama-cpp': llamaCpp,
  lmi: vllm,
};

const degrees: Readonly<Record<string, Kind>> = {
  TENSOR_PARALLEL_DEGREE: 'degree',
  OPTION_TENSOR_PARALLEL_DEGREE: 'degree',
  PIPELINE_PARALLEL_DEGREE: 'whole',
  OPTION_PIPELINE_PARALLEL_DEGREE: 'whole',
};

/**
 * Variables that become no argument of the same name: DJL Serving reads the degrees by itself, with Integer.parseInt, before any engine starts.
 * Source: djl-serving wlm/…/ModelInfo.java and engines/python/…/PyModel.java.
 */
const VARIABLES: Readonly<Record<string, Readonly<Record<string, Kind>>>> = {
  lmi: degrees,
  'lmi-trtllm': degrees,
  'lmi-neuron': degrees,
};

/** From here on `--max-model-len` takes 16k (16,000) and 16K (16,384); `--max-num-batched-tokens` does later. Source: vllm/engine/arg_utils.py, `human_readable_int`. */
const READS_UNITS: Readonly<Partial<Record<Kind, string>>> = { amount: '0.8.4', batch: '0.9.1' };

/** As Python's int and float and C++'s stoi read them. */
const READABLE: Readonly<Record<Kind, RegExp>> = {
  whole: /^[+-]?\d[\d_]*$/,
  decimal: /^[+-]?(\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(e[+-]?\d+)?$/i,
  leading: /^[+-]?\d/,
  amount: /^([+-]?\d[\d_]*[KMGT]?|\d+(\.\d+)?[kmgt])$/,
  batch: /^([+-]?\d[\d_]*[KMGT]?|\d+(\.\d+)?[kmgt])$/,
  degree: /^(max|[+-]?\d+)$/,
};

/**
 * Quotes may be taken off before the server sees the value, and words may be known to a newer one; an empty value has a rule of its own, and
 * a value that is not known before it is deployed (`${Token[…]}`, a number such as -1.8e+289) is anybody's.
 */
const LEFT_ALONE = /^$|^["']|\$\{|^-1\.8\d*e\+289$|^(true|false)$/i;
/** Not to llama-server, whose std::stoi throws at them. */
const WORDS = /^(auto|max|all|none)$/i;

export const variableValueNotANumber: Rule = {
  id: 'VARIABLE_VALUE_NOT_A_NUMBER',
  severity: 'error',
  summary: 'an argument that is a number gets one',
  explanation:
    'The entry points hand a variable on as it is. A server that wants a number stops at another value before it loads anything: "argument --tensor-parallel-size/-tp: invalid int value: \'four\'". A decimal comma is one of the ways there. vLLM reads 16k as a length from 0.8.4 on only. LMI takes max as a tensor parallel degree, and no other word.',
  source:
    'vllm/engine/arg_utils.py and sglang/srt/server_args.py, the types of the arguments; llama.cpp common/arg.cpp, std::stoi; djl-serving PyModel.java, Integer.parseInt',
  examples: {
    passes: [
      example('vllm', { SM_VLLM_TENSOR_PARALLEL_SIZE: '1', SM_VLLM_GPU_MEMORY_UTILIZATION: '.9', SM_VLLM_SEED: 'x' }),
      example('sglang', { SM_SGLANG_MEM_FRACTION_STATIC: '8e-1' }),
      example('llama-cpp', { SM_LLAMA_CPP_CTX_SIZE: '32k' }),
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
    ],
  },
  evaluate(context) {
    const { container, spec } = context;
    if (container === undefined || spec.environment === undefined) return [];
    const numbers = lookup(NUMBERS, container.family) ?? {};
    const variables = lookup(VARIABLES, container.family) ?? {};
    return Object.entries(spec.environment).flatMap(
      ([name, value]) => judge(context, { numbers, variables }, name, value) ?? [],
    );
  },
};

interface Kinds {
  readonly numbers: Readonly<Record<string, Kind>>;
  readonly variables: Readonly<Record<string, Kind>>;
}

function judge(context: RuleContext, kinds: Kinds, name: string, value: string): RuleFinding | undefined {
  const { container } = context;
  if (container === undefined) return undefined;
  const { prefix, find } = variablesOf(container);
  const argument =
    prefix !== undefined && name.startsWith(prefix) ? find(name)?.argument?.replaceAll('_', '-') : undefined;
  const written =
    lookup(kinds.variables, name) ?? (argument === undefined ? undefined : lookup(kinds.numbers, argument));
  if (written === undefined) return undefined;
  const kind = kindIn(context, written);
  const text = value.trim();
  if (LEFT_ALONE.test(text) || (kind !== 'leading' && WORDS.test(text)) || READABLE[kind].test(text)) return undefined;
  return found({
    what: `${argument === undefined || lookup(kinds.variables, name) !== undefined ? name : `--${argument}`} is a number, and the server stops at any other value`,
    got: shown(name, value),
    allowed: ALLOWED[kind],
    fix: `write ${name} as a number in digits`,
    path: `/environment/${name}`,
  });
}

const ALLOWED: Readonly<Record<Kind, string>> = {
  whole: 'a whole number',
  leading: 'a whole number',
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
