import { asksForV1 } from '../../endpoint/vllm-engine';
import { gpuOf } from '../helpers/accelerator';
import { serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { newerGpu } from '../helpers/newer-gpu';
import { QWEN3_SMALL } from '../helpers/samples';
import type { Rule } from '../types';

const example = (instanceType: string, version: string, VLLM_USE_V1: string) => ({
  model: { config: QWEN3_SMALL },
  container: { family: 'vllm', version },
  instanceType,
  options: { maxModelLen: 4096, dtype: 'float16' },
  environment: { VLLM_USE_V1 },
});

const LEAST_SM = 80;

export const v1EngineNeedsAmpere: Rule = {
  id: 'V1_ENGINE_NEEDS_AMPERE',
  severity: 'error',
  summary: 'the V1 engine is asked for where this version has it for the GPU',
  explanation:
    'Up to 0.10.1 the V1 engine of vLLM needs FlashAttention, which needs compute capability 8.0. Left alone, vLLM falls back to V0 on a T4 or V100; with VLLM_USE_V1=1 it stops: "NotImplementedError: VLLM_USE_V1=1 is not supported with Compute Capability < 8.0".',
  source: 'vllm/engine/arg_utils.py, `_is_v1_supported_oracle` of 0.8.0 to 0.10.1; vllm-project/vllm#13398',
  holdsFor: 'vLLM 0.7.0 to 0.10.1',
  server: { engine: 'vllm', since: '0.7.0', before: '0.10.2' },
  needs: ['environment'],
  examples: {
    passes: [
      example('ml.g5.2xlarge', '0.8.5', '1'),
      example('ml.g4dn.2xlarge', '0.8.5', '0'),
      example('ml.g4dn.2xlarge', '0.10.2', '1'),
    ],
    fails: [example('ml.g4dn.2xlarge', '0.8.5', '1'), example('ml.p3.2xlarge', '0.7.2', '1')],
  },
  evaluate(context) {
    const gpu = gpuOf(context);
    if (!asksForV1(context.spec.environment) || gpu === undefined || gpu.sm >= LEAST_SM) return [];
    return [
      found({
        what: `the V1 engine of ${serverName(context)} needs compute capability 8.0 or higher (FlashAttention)`,
        got: `VLLM_USE_V1=1 on ${gpu.text}`,
        allowed: 'VLLM_USE_V1=0 on this GPU',
        fix: `leave VLLM_USE_V1 out, or use ${newerGpu(context, LEAST_SM)}`,
        path: '/environment/VLLM_USE_V1',
      }),
    ];
  },
};
