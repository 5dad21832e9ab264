import { gpuOf } from '../helpers/accelerator';
import { autoAdapts, namedDtype } from '../helpers/dtype';
import { isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { newerGpu } from '../helpers/newer-gpu';
import { QWEN3_SMALL, QWEN25_7B } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

const example = (dtype: string, instanceType: string, version?: string) => ({
  model: { config: version === undefined ? QWEN3_SMALL : QWEN25_7B },
  container: { family: 'vllm', ...(version === undefined ? {} : { version }) },
  instanceType,
  options: { dtype, maxModelLen: 4096 },
});

const LEAST_SM = 80;

const onTensorRt = (dtype: string) => ({
  model: { config: QWEN25_7B },
  container: { family: 'lmi-trtllm', version: '0.28.0' },
  instanceType: 'ml.g4dn.12xlarge',
  options: { dtype, maxModelLen: 4096, tensorParallelSize: 4 },
});

function isTensorRt({ container }: RuleContext): boolean {
  return container?.engine === 'tensorrt-llm';
}

export const bfloat16NeedsAmpere: Rule = {
  id: 'BFLOAT16_NEEDS_AMPERE',
  severity: 'error',
  summary: 'bfloat16 is served on GPUs of compute capability 8.0 or higher only',
  explanation:
    'T4 and V100 have no bfloat16. vLLM stops with "Bfloat16 is only supported on GPUs with compute capability of at least 8.0" when bfloat16 is asked for. Up to 0.9.0 the same happens with dtype "auto" on a checkpoint stored in bfloat16, as most are; later versions serve it in float16 by themselves. TensorRT builds no engine of it either ("Networks with BF16 precision require hardware with BF16 support").',
  source:
    'vllm/worker/worker.py `_check_if_gpu_supports_dtype`; vllm/config/model.py `_resolve_auto_dtype` (0.9.1); issues vllm-project/vllm#946, #9990; TensorRT-LLM docs, reference/precision',
  holdsFor: 'bfloat16 asked for: every vLLM and TensorRT-LLM; dtype auto: vLLM < 0.9.1',
  examples: {
    passes: [
      example('auto', 'ml.g4dn.xlarge'),
      example('float16', 'ml.g4dn.12xlarge', '0.6.3'),
      example('bfloat16', 'ml.g5.xlarge'),
      onTensorRt('float16'),
    ],
    fails: [
      example('bfloat16', 'ml.g4dn.xlarge'),
      example('auto', 'ml.g4dn.12xlarge', '0.6.3'),
      onTensorRt('bfloat16'),
    ],
  },
  evaluate(context) {
    const { model, options } = context;
    const gpu = gpuOf(context);
    if (gpu === undefined || gpu.sm >= LEAST_SM || !(isVllm(context) || isTensorRt(context))) return [];
    const asked = namedDtype(options.dtype);
    const stored = asked === undefined && model?.dtype !== undefined ? namedDtype(model.dtype) : undefined;
    const isAuto = asked === undefined && stored === 'bfloat16' && isVllm(context) && !autoAdapts(context);
    if (asked !== 'bfloat16' && !isAuto) return [];
    return [
      found({
        what: isAuto
          ? `dtype auto means bfloat16 in ${serverName(context)}, as the checkpoint is stored, and bfloat16 needs compute capability 8.0 or higher`
          : 'dtype bfloat16 needs a GPU of compute capability 8.0 or higher',
        got: gpu.text,
        allowed: 'float16 on this GPU, bfloat16 from compute capability 8.0 on',
        fix: `set dtype to float16, or use ${newerGpu(context, LEAST_SM)}`,
        path: '/options/dtype',
      }),
    ];
  },
};
