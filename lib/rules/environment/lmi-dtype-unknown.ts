import { anyOf, found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (dtype: string, family = 'lmi') => ({
  model: { config: LLAMA_8B },
  container: { family },
  options: { dtype, maxModelLen: 4096 },
});

/** Source: vllm_rb_properties.py, `DTYPE_MAPPER`. */
const DTYPES = ['auto', 'float16', 'fp16', 'bfloat16', 'bf16', 'float32', 'fp32'];

export const lmiDtypeUnknown: Rule = {
  id: 'LMI_DTYPE_UNKNOWN',
  severity: 'error',
  summary: 'OPTION_DTYPE is spelled as LMI spells it',
  explanation:
    'LMI translates the dtype itself and knows seven words; others that vLLM takes, such as half and float, fail the validation of the properties: "Invalid dtype=half provided".',
  source: 'djl-serving vllm_rb_properties.py, DTYPE_MAPPER',
  holdsFor: 'LMI 14 (0.32) and later',
  examples: {
    passes: [example('fp16'), example('auto'), example('half', 'vllm')],
    fails: [example('half'), example('float')],
  },
  evaluate({ options, container, spec }) {
    if (container?.family !== 'lmi' || (container.lmi ?? 0) < 14 || DTYPES.includes(options.dtype)) return [];
    return [
      found({
        what: 'LMI has no dtype of that name',
        got: options.dtype.slice(0, 40),
        allowed: anyOf(DTYPES),
        fix: /half|16/.test(options.dtype) ? 'use float16' : 'use auto',
        path: spec.options?.dtype === undefined ? '/environment/OPTION_DTYPE' : '/options/dtype',
      }),
    ];
  },
};
