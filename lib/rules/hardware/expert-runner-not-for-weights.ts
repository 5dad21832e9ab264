import { gpuOf } from '../helpers/accelerator';
import { isSglang, serverName } from '../helpers/engine';
import { shown } from '../helpers/environment';
import { expertWeights } from '../helpers/experts';
import { found } from '../helpers/finding';
import { FP8_BLOCK, GPT_OSS_20B, LLAMA_8B, QWEN3_MOE, quantized, type Json } from '../helpers/samples';
import { REFUSED_RUNNERS, SGLANG_SOURCE } from '../helpers/sglang-limits';
import type { Rule } from '../types';

const VARIABLE = 'SM_SGLANG_MOE_RUNNER_BACKEND';

const example = (config: Json, runner: string, version?: string, instanceType = 'ml.p5.48xlarge') => ({
  model: { config },
  container: { family: 'sglang', ...(version === undefined ? {} : { version }) },
  instanceType,
  options: { maxModelLen: 4096 },
  environment: { [VARIABLE]: runner },
});

/** Kernels of TensorRT-LLM’s generator, which it has for 10.0 and 10.3 only. */
const DATA_CENTRE_BLACKWELL = /^flashinfer_trtllm(_routed)?$/;
const FP8_EXPERTS = quantized(QWEN3_MOE, FP8_BLOCK);

export const expertRunnerNotForWeights: Rule = {
  id: 'EXPERT_RUNNER_NOT_FOR_WEIGHTS',
  severity: 'error',
  summary: 'the kernel that --moe-runner-backend names computes with the experts as they are stored, on these GPUs',
  explanation:
    'SGLang takes any of its names of kernels for experts, and finds out later that it has none of that name for experts stored so: "Mxfp4MoEMethod has no MoeRunner for backend=...", before 0.5.20 in its first run, "\'Fp8MoEMethod\' object has no attribute \'runner\'". The kernels flashinfer_trtllm are made for data-centre Blackwell only. Left out, the server chooses one that it has.',
  source: `${SGLANG_SOURCE}; sgl-project/sglang#27951, #36569`,
  holdsFor: 'each name and way of storing has its own versions',
  server: { engine: 'sglang', since: '0.5.8' },
  needs: ['environment', 'experts'],
  examples: {
    passes: [
      example(FP8_EXPERTS, 'deep_gemm'),
      example(FP8_EXPERTS, 'flashinfer_cutlass', '0.5.20'),
      example(FP8_EXPERTS, 'flashinfer_trtllm', '0.5.12', 'ml.p6-b200.48xlarge'),
      example(GPT_OSS_20B, 'triton_kernel'),
      example(LLAMA_8B, 'flashinfer_trtllm'),
    ],
    fails: [
      example(FP8_EXPERTS, 'flashinfer_cutlass', '0.5.12'),
      example(GPT_OSS_20B, 'flashinfer_trtllm', undefined, 'ml.p6-b200.48xlarge'),
      example(FP8_EXPERTS, 'flashinfer_trtllm', '0.5.12'),
    ],
  },
  evaluate(context) {
    const value = context.spec.environment?.[VARIABLE];
    if (value === undefined || context.model?.moe === undefined) return [];
    const runner = value.trim();
    const weights = expertWeights(context);
    const gpu = gpuOf(context);
    const isRefused = REFUSED_RUNNERS.some(
      (row) => row.weights === weights && row.names.includes(runner) && isSglang(context, row),
    );
    const isElsewhere = gpu !== undefined && DATA_CENTRE_BLACKWELL.test(runner) && (gpu.sm < 100 || gpu.sm >= 110);
    if (!isRefused && !isElsewhere) return [];
    return [
      found({
        what: `the --moe-runner-backend ${runner} of ${serverName(context)} has no kernel ${isRefused ? `for experts in ${context.scheme.name}` : 'for this GPU'}`,
        got: isRefused || gpu === undefined ? shown(VARIABLE, value) : `${shown(VARIABLE, value)} on ${gpu.text}`,
        allowed: 'the kernel that the server chooses',
        fix: `leave ${VARIABLE} out`,
        path: `/environment/${VARIABLE}`,
      }),
    ];
  },
};
