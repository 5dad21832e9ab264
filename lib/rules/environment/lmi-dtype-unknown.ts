import { isDtype } from '../helpers/dtype';
import { anyOf, found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (OPTION_DTYPE: string, family = 'lmi') => ({
  model: { config: LLAMA_8B },
  container: { family },
  options: { maxModelLen: 4096 },
  environment: { OPTION_DTYPE },
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
  examples: { passes: [example('fp16'), example('auto')], fails: [example('half'), example('float')] },
  evaluate({ container, spec }) {
    const dtype = spec.environment?.OPTION_DTYPE;
    if (dtype === undefined || container?.family !== 'lmi' || (container.lmi ?? 0) < 14) return [];
    // What is no dtype to any server is said once, for all of them.
    if (DTYPES.includes(dtype) || !isDtype(dtype)) return [];
    return [
      found({
        what: 'LMI has no dtype of that name',
        got: `OPTION_DTYPE=${dtype}`,
        allowed: anyOf(DTYPES),
        fix: /half|16/i.test(dtype) ? 'use float16' : 'use float32',
        path: '/environment/OPTION_DTYPE',
      }),
    ];
  },
};
