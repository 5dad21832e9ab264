import { lookup } from '../../text/lookup';
import { isVllm } from '../helpers/engine';
import { shown } from '../helpers/environment';
import { settingVariables } from '../helpers/example';
import { found } from '../helpers/finding';
import { argumentsOf } from '../helpers/passed-on';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule, RuleContext, RuleFinding } from '../types';

const example = settingVariables(LLAMA_8B);

type Kind = 'whole' | 'decimal' | 'leading' | 'bare' | 'amount' | 'batch' | 'degree';

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

/**
 * llama-server reads them with std::stoi, which is content with a number at the start: 32k is 32. By the variable that
 * llama-server reads itself, where there is one. Source: llama.cpp common/arg.cpp at 0c1e57098, the handlers of an int.
 */
const LLAMA_CPP: Readonly<Record<string, string>> = {
  'batch-size': 'BATCH',
  'cache-ram': 'CACHE_RAM',
  'cache-reuse': 'CACHE_REUSE',
  'checkpoint-min-step': 'CHECKPOINT_MIN_SPACING_NT',
  'ctx-checkpoints': 'CTX_CHECKPOINTS',
  'ctx-size': 'CTX_SIZE',
  'fit-ctx': 'FIT_CTX',
  'image-max-tokens': 'IMAGE_MAX_TOKENS',
  'image-min-tokens': 'IMAGE_MIN_TOKENS',
  keep: '',
  'kv-unified-per-slot': 'KV_UNIFIED_PER_SLOT',
  'log-verbosity': 'LOG_VERBOSITY',
  'main-gpu': 'MAIN_GPU',
  'models-max': 'MODELS_MAX',
  'mtmd-batch-max-tokens': 'MTMD_BATCH_MAX_TOKENS',
  'n-cpu-ffn': 'N_CPU_FFN',
  'n-cpu-moe': 'N_CPU_MOE',
  'n-predict': 'N_PREDICT',
  parallel: 'N_PARALLEL',
  predict: '',
  prio: '',
  'reasoning-budget': 'THINK_BUDGET',
  'repeat-last-n': '',
  'sleep-idle-seconds': '',
  'spec-draft-n-cpu-moe': 'SPEC_DRAFT_N_CPU_MOE',
  'spec-draft-n-max': 'SPEC_DRAFT_N_MAX',
  'spec-draft-n-min': 'SPEC_DRAFT_N_MIN',
  'sse-ping-interval': 'SSE_PING_INTERVAL',
  'swa-checkpoints': '',
  threads: 'THREADS',
  'threads-batch': '',
  'threads-http': 'THREADS_HTTP',
  timeout: 'TIMEOUT',
  'top-k': 'TOP_K',
  'ubatch-size': 'UBATCH',
  verbosity: '',
  'yarn-orig-ctx': 'YARN_ORIG_CTX',
};

const llamaCpp: Readonly<Record<string, Kind>> = Object.fromEntries(
  Object.keys(LLAMA_CPP).map((argument) => [argument, 'leading']),
);

/** llama-server reads these itself, as they stand: an empty one is no number either. */
const llamaArg: Readonly<Record<string, Kind>> = Object.fromEntries(
  Object.values(LLAMA_CPP)
    .filter((name) => name !== '')
    .map((name) => [`LLAMA_ARG_${name}`, 'bare']),
);

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
 * Variables that become no argument of the same name: DJL Serving reads the degrees by itself, with Integer.parseInt, before any engine starts,
 * and llama-server its own.
 * Source: djl-serving wlm/…/ModelInfo.java and engines/python/…/PyModel.java.
 */
const VARIABLES: Readonly<Record<string, Readonly<Record<string, Kind>>>> = {
  lmi: degrees,
  'lmi-trtllm': degrees,
  'lmi-neuron': degrees,
  'llama-cpp': llamaArg,
};

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
  source:
    'vllm/engine/arg_utils.py and sglang/srt/server_args.py, the types of the arguments; llama.cpp common/arg.cpp, std::stoi; djl-serving PyModel.java, Integer.parseInt',
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
