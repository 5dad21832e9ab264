import { capability } from '../../scheme';
import { gpuOf } from '../helpers/accelerator';
import { inRange, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { newerGpu } from '../helpers/newer-gpu';
import { QWEN3_SMALL } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

const example = (family: string, instanceType: string, version?: string) => ({
  model: { config: QWEN3_SMALL },
  container: { family, version },
  instanceType,
  options: { maxModelLen: 4096, dtype: 'float16' },
});

/** FlashInfer has kernels for 7.5 since 0.1.6, which SGLang 0.2.15 asks for; 0.1.18 to 0.2.12 were read to ask for older ones. */
const FLASHINFER_WITHOUT_TURING = { since: '0.1.18', before: '0.2.13' };

/** SGLang's kernels are built for 8.0 and later since the end of 2025. */
const WITHOUT_TURING = { since: '0.5.6' };

/** TensorRT 10.5 and later has no Volta; the images go from TensorRT-LLM 0.12 (TensorRT 10.3) to 0.21. */
const WITHOUT_VOLTA = { since: '0.15.0' };

/** Lowest of the GPUs in TensorRT-LLM’s support matrix: "support is limited to community support" for others. */
const TENSORRT_TABLE = 80;

/** Compute capability × 10 below which the server has no kernels at all. */
function leastSm({ container, spec }: RuleContext): number | undefined {
  if (container?.engine === 'vllm') return 70;
  if (container?.engine === 'tensorrt-llm')
    return container.engineVersion !== undefined && inRange(container.engineVersion, WITHOUT_VOLTA) ? 75 : undefined;
  if (container?.engine !== 'sglang') return undefined;
  const { engineVersion } = container;
  if (engineVersion === undefined) return 75;
  if (inRange(engineVersion, WITHOUT_TURING)) return 80;
  const isTriton = spec.environment?.SM_SGLANG_DISABLE_FLASHINFER !== undefined;
  return inRange(engineVersion, FLASHINFER_WITHOUT_TURING) && !isTriton ? 80 : 75;
}

export const gpuTooOldForServer: Rule = {
  id: 'GPU_TOO_OLD_FOR_SERVER',
  severity: 'error',
  summary: 'the GPU has the compute capability that the server itself needs',
  explanation:
    'Each server ships kernels from some compute capability on: vLLM from 7.0, SGLang from 7.5 ("SGLang only supports sm75 and above"), and since 0.5.6, whose kernels are built without 7.5, from 8.0, as up to 0.2.12, whose FlashInfer had none; TensorRT-LLM with TensorRT 10.5 and later from 7.5, of which its own table has nothing below 8.0. On an older GPU the first kernel fails with "no kernel image is available for execution on the device".',
  source:
    'vLLM docs, "GPU installation: compute capability 7.0 or higher"; sglang/srt/model_executor/model_runner.py; sgl-project/sglang#931, #1058, #24224, #24302, #38515; TensorRT 10.5 release notes, "NVIDIA Volta Support Removed"; TensorRT-LLM support matrix',
  examples: {
    passes: [
      example('sglang', 'ml.g4dn.xlarge', '0.5.5'),
      example('sglang', 'ml.g4dn.xlarge', '0.3.0'),
      example('vllm', 'ml.g4dn.xlarge'),
      example('lmi-trtllm', 'ml.g5.xlarge', '0.33.0'),
      example('lmi-trtllm', 'ml.p3.2xlarge', '0.32.0'),
    ],
    fails: [
      example('sglang', 'ml.p3.2xlarge', '0.5.5'),
      example('sglang', 'ml.g4dn.xlarge', '0.5.10'),
      example('sglang', 'ml.g4dn.xlarge', '0.2.10'),
      example('lmi-trtllm', 'ml.p3.2xlarge', '0.33.0'),
      example('lmi-trtllm', 'ml.g4dn.xlarge', '0.33.0'),
    ],
  },
  evaluate(context) {
    const gpu = gpuOf(context);
    const least = leastSm(context);
    if (gpu === undefined || least === undefined) return [];
    const tested = context.container?.engine === 'tensorrt-llm' ? TENSORRT_TABLE : least;
    if (gpu.sm >= tested) return [];
    const isRefused = gpu.sm < least;
    const allowed = `compute capability ${capability(isRefused ? least : tested)} or higher`;
    return [
      found({
        what: isRefused
          ? `${serverName(context)} needs a GPU of ${allowed}`
          : `${serverName(context)} is neither built nor tested for GPUs below compute capability ${capability(tested)}`,
        got: gpu.text,
        allowed,
        fix: `use ${newerGpu(context, tested)}`,
        path: '/instanceType',
        severity: isRefused ? undefined : 'warning',
      }),
    ];
  },
};
