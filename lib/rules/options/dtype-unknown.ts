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

const NAMES = ['auto', 'float16', 'bfloat16', 'float32', 'half', 'fp16', 'bf16', 'fp32'];

export const dtypeUnknown: Rule = {
  id: 'DTYPE_UNKNOWN',
  severity: 'error',
  summary: 'dtype is a dtype that a server computes in',
  explanation:
    'dtype is the type of activations and of unquantized weights: float16, bfloat16 or float32. Quantization is asked for by its scheme, not by dtype: "int8" or "fp8" here stops the server with "Unknown dtype".',
  source: 'vllm/config/model.py, `_STR_DTYPE_TO_TORCH_DTYPE`',
  examples: { passes: [example('bfloat16'), example('fp16')], fails: [example('int8'), example('bfloat')] },
  evaluate({ container, options }) {
    const { dtype } = options;
    if (container === undefined || isDtype(dtype)) return [];
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
