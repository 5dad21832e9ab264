import { namedDtype, refusesFloat16, servedDtype, typeName } from '../helpers/dtype';
import { gpuOf } from '../helpers/accelerator';
import { serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { GEMMA2_2B, QWEN3_SMALL } from '../helpers/samples';
import { newerGpu } from '../helpers/newer-gpu';
import type { Rule } from '../types';

const example = (config: object, dtype: string, instanceType: string, version?: string) => ({
  model: { config },
  container: { family: 'vllm', ...(version === undefined ? {} : { version }) },
  instanceType,
  options: { dtype, maxModelLen: 4096 },
});

export const float16OverflowsModel: Rule = {
  id: 'FLOAT16_OVERFLOWS_MODEL',
  severity: 'error',
  summary: 'a model whose activations overflow float16 is not served in it',
  explanation:
    'Gemma 2, Gemma 3, GLM-4 and PLaMo 2 produce activations beyond the range of float16. vLLM refuses: "The model type gemma2 does not support float16. Reason: Numerical instability." With dtype "auto" on a GPU without bfloat16 it takes float32 instead, which doubles the memory of the weights.',
  source: 'vllm/config/model.py, `_FLOAT16_NOT_SUPPORTED_MODELS`',
  holdsFor: 'vLLM >= 0.9.1',
  examples: {
    passes: [
      example(GEMMA2_2B, 'bfloat16', 'ml.g5.xlarge'),
      example(QWEN3_SMALL, 'float16', 'ml.g5.xlarge'),
      example(GEMMA2_2B, 'float16', 'ml.g5.xlarge', '0.9.0'),
      example(GEMMA2_2B, 'float32', 'ml.g4dn.xlarge'),
      example(GEMMA2_2B, 'auto', 'ml.g5.xlarge'),
    ],
    fails: [
      example(GEMMA2_2B, 'float16', 'ml.g5.xlarge'),
      example(GEMMA2_2B, 'float16', 'ml.g5.xlarge', '0.9.1'),
      example(GEMMA2_2B, 'half', 'ml.g4dn.xlarge'),
      example(GEMMA2_2B, 'auto', 'ml.g4dn.xlarge'),
    ],
  },
  evaluate(context) {
    if (!refusesFloat16(context)) return [];
    const { options } = context;
    const gpu = gpuOf(context);
    if (namedDtype(options.dtype) === 'float16') {
      return [
        found({
          what: `${serverName(context)} refuses ${typeName(context)} in float16, because its activations overflow`,
          got: `dtype ${options.dtype}`,
          allowed: 'bfloat16 or float32',
          fix:
            gpu !== undefined && gpu.sm < 80
              ? `use ${newerGpu(context, 80)} with dtype bfloat16`
              : 'set dtype to bfloat16, or leave it out',
          path: '/options/dtype',
        }),
      ];
    }
    if (servedDtype(context) !== 'float32' || namedDtype(options.dtype) !== undefined || gpu === undefined) return [];
    return [
      found({
        what: `dtype auto becomes float32 for ${typeName(context)} on a GPU without bfloat16, at twice the memory and a fraction of the speed`,
        got: gpu.text,
        allowed: 'a GPU of compute capability 8.0 or higher',
        fix: `use ${newerGpu(context, 80)}, which has bfloat16`,
        path: '/instanceType',
        severity: 'warning',
      }),
    ];
  },
};
