import { unsupportedByV1 } from '../../endpoint/v1-support';
import { asksForV1 } from '../../endpoint/vllm-engine';
import { serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { LLAMA_8B, NEMOTRON_H } from '../helpers/samples';
import type { Rule } from '../types';

const example = (version: string, rest: object, VLLM_USE_V1 = '1', options: object = {}) => ({
  model: { config: LLAMA_8B },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096, ...options },
  environment: { VLLM_USE_V1 },
  ...rest,
});

const G5 = { instanceType: 'ml.g5.2xlarge' };
const FP8 = { kvCacheDtype: 'fp8' };
const BITSANDBYTES_4 = { quantization: 'bitsandbytes-nf4' };
const STAGES = { pipelineParallelSize: 2 };
export const v1EngineWithoutFeature: Rule = {
  id: 'V1_ENGINE_WITHOUT_FEATURE',
  severity: 'error',
  summary: 'the V1 engine is asked for where it can do what is asked with it',
  explanation:
    'vLLM 0.8.0 to 0.10.1 fall back to the V0 engine for what V1 cannot do yet. With VLLM_USE_V1=1 they stop instead: "NotImplementedError: VLLM_USE_V1=1 is not supported with --kv-cache-dtype." An FP8 KV cache needs FlashAttention 3 there, which runs on Hopper only, or Blackwell from 0.10 on; bitsandbytes came with 0.8.3, GGUF with 0.9, stages of a pipeline with 0.9.2 unless Ray or processes are asked for, encoder-decoder models in no version of these.',
  source:
    'vllm/engine/arg_utils.py, `_is_v1_supported_oracle` of 0.8.0 to 0.10.1; vllm-project/vllm#14221; unslothai/unsloth#2102',
  holdsFor: 'vLLM 0.8.0 to 0.10.1',
  server: { engine: 'vllm', since: '0.8.0', before: '0.10.2' },
  needs: ['environment'],
  examples: {
    passes: [
      example('0.8.1', G5, '0', FP8),
      example('0.8.5', { instanceType: 'ml.p5.4xlarge' }, '1', FP8),
      example('0.8.5', G5),
      example('0.10.2', G5, '1', FP8),
      example('0.10.1', { model: { config: NEMOTRON_H } }),
      example('0.8.3', BITSANDBYTES_4),
      example('0.8.2', G5, '1', { pipelineParallelSize: 2 }),
      example('0.8.5', { environment: { VLLM_USE_V1: '1', SM_VLLM_DISTRIBUTED_EXECUTOR_BACKEND: 'ray' } }, '1', STAGES),
    ],
    fails: [
      example('0.8.1', { instanceType: 'ml.p5.4xlarge' }, '1', FP8),
      example('0.10.1', G5, '1', FP8),
      example('0.9.1', { model: { config: NEMOTRON_H } }),
      example('0.8.5', { quantization: 'gguf:Q4_K_M' }),
      example('0.8.2', BITSANDBYTES_4),
      example('0.8.5', G5, '1', STAGES),
    ],
  },
  evaluate(context) {
    if (!asksForV1(context.spec.environment)) return [];
    const feature = unsupportedByV1(context);
    if (feature === undefined) return [];
    return [
      found({
        what: `the V1 engine of ${serverName(context)} does not support ${feature}`,
        got: 'VLLM_USE_V1=1',
        allowed: 'VLLM_USE_V1=0',
        fix: 'leave VLLM_USE_V1 out',
        path: '/environment/VLLM_USE_V1',
      }),
    ];
  },
};
