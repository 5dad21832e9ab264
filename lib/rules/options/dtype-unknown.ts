import { nearestNames } from '../../text/nearest';
import { isDtype } from '../helpers/dtype';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (dtype: string) => ({
  model: { config: LLAMA_8B },
  container: { family: 'vllm' },
  options: { maxModelLen: 4096, dtype },
});
const byVariable = (family: string, name: string, value: string) => ({
  model: { config: LLAMA_8B },
  container: { family },
  options: { maxModelLen: 4096 },
  environment: { [name]: value },
});

/** Spellings of LMI that the servers’ own command lines do not know; options are translated, variables are not. */
const LMI_ONLY: Readonly<Record<string, string>> = { fp16: 'float16', bf16: 'bfloat16', fp32: 'float32' };

const NAMES = ['auto', 'float16', 'bfloat16', 'float32', 'half', 'fp16', 'bf16', 'fp32'];

export const dtypeUnknown: Rule = {
  id: 'DTYPE_UNKNOWN',
  severity: 'error',
  summary: 'dtype is a dtype that a server computes in',
  explanation:
    'dtype is the type of activations and of unquantized weights: float16, bfloat16 or float32. Quantization is asked for by its scheme, not by dtype: "int8" or "fp8" here stops the server with "Unknown dtype". The command lines of vLLM and SGLang spell it out: SM_VLLM_DTYPE=fp16 is an "invalid choice".',
  source: 'vllm/config/model.py, `_STR_DTYPE_TO_TORCH_DTYPE`',
  examples: {
    passes: [example('bfloat16'), example('fp16'), byVariable('lmi', 'OPTION_DTYPE', 'fp16')],
    fails: [
      example('int8'),
      example('bfloat'),
      byVariable('vllm', 'SM_VLLM_DTYPE', 'fp16'),
      byVariable('sglang', 'SM_SGLANG_DTYPE', 'bf16'),
    ],
  },
  evaluate({ container, options, spec }) {
    const { dtype } = options;
    if (container === undefined) return [];
    const variable = Object.entries(spec.environment ?? {}).find(
      ([name, value]) => /^SM_(VLLM|SGLANG)_DTYPE$/.test(name) && Object.hasOwn(LMI_ONLY, value),
    );
    if (variable !== undefined)
      return [
        found({
          what: 'the server’s command line has no such dtype',
          got: `${variable[0]}=${variable[1]}`,
          allowed: 'auto, half, float16, bfloat16, float, float32',
          fix: `set ${variable[0]} to ${LMI_ONLY[variable[1]]}`,
          path: `/environment/${variable[0]}`,
        }),
      ];
    if (isDtype(dtype)) return [];
    const nearest = nearestNames(dtype, NAMES)[0];
    const isScheme = /^(int|fp|nf|awq|gptq)[48]?/.test(dtype) && !/16|32/.test(dtype);
    return [
      found({
        what: 'dtype names no type that servers compute in',
        got: dtype,
        allowed: 'auto, float16, bfloat16, float32',
        fix:
          isScheme || nearest === undefined
            ? 'leave dtype out, and ask for the scheme under quantization'
            : `write ${nearest}`,
        path: '/options/dtype',
      }),
    ];
  },
};
