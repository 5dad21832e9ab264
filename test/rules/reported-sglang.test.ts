import { check } from '../../lib/rules';
import {
  AWQ,
  BITSANDBYTES,
  DEEPSEEK_V3,
  FP8_BLOCK,
  GPTQ,
  INT4_GROUPS,
  LLAMA_8B,
  QWEN25_7B,
  QWEN2_VL,
  QWEN3_MOE,
  compressedTensors,
  quantized,
  type Json,
} from '../../lib/rules/helpers/samples';

/**
 * Deployments of SGLang that people reported in public, in our words. Each fails with an error of the rule that knows the cause, and what they
 * were told to do instead passes that rule.
 */
interface Deployment {
  readonly config: Json;
  readonly version: string;
  readonly instanceType: string;
  readonly tensorParallelSize?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

function findings({ config, version, instanceType, tensorParallelSize = 1, environment = {} }: Deployment) {
  return check({
    model: { config },
    container: { family: 'sglang', version },
    instanceType,
    options: { maxModelLen: 4096, tensorParallelSize },
    environment: Object.fromEntries(Object.entries(environment).map(([name, value]) => [`SM_SGLANG_${name}`, value])),
  }).findings;
}

const INT8: Json = { num_bits: 8, type: 'int', symmetric: true, strategy: 'channel' };
const W8A8 = compressedTensors(INT8, { ...INT8, strategy: 'token', dynamic: true }, 'int-quantized');
const GUESSES = {
  ...{ SPECULATIVE_NUM_STEPS: '2', SPECULATIVE_EAGLE_TOPK: '4', SPECULATIVE_NUM_DRAFT_TOKENS: '4' },
  ...{ SPECULATIVE_ALGORITHM: 'NEXTN', SPECULATIVE_DRAFT_MODEL_PATH: 'org/head' },
};
const WIDE: Json = { ...QWEN3_MOE, moe_intermediate_size: 1536, hidden_size: 4096, num_attention_heads: 64 };

describe.each<[string, string, Deployment, Partial<Deployment>]>([
  [
    'https://github.com/vllm-project/llm-compressor/issues/1330',
    'SGLANG_COMPRESSED_SCHEME_MISSING',
    { config: quantized(QWEN25_7B, W8A8), version: '0.4.4.post4', instanceType: 'ml.g6e.xlarge' },
    { version: '0.5.3' },
  ],
  [
    'https://github.com/sgl-project/sglang/issues/3943',
    'ARGUMENTS_REFUSED_TOGETHER',
    {
      ...{ config: DEEPSEEK_V3, version: '0.4.3.post2', instanceType: 'ml.p5en.48xlarge', tensorParallelSize: 8 },
      environment: { ENABLE_DP_ATTENTION: 'true', ...GUESSES },
    },
    { environment: GUESSES },
  ],
  [
    'https://github.com/sgl-project/sglang/issues/9330',
    'ARGUMENTS_REFUSED_TOGETHER',
    {
      ...{ config: DEEPSEEK_V3, version: '0.5.1', instanceType: 'ml.p6-b200.48xlarge', tensorParallelSize: 8 },
      environment: {
        SPECULATIVE_ALGORITHM: 'EAGLE',
        ATTENTION_BACKEND: 'trtllm_mla',
        PREFILL_ATTENTION_BACKEND: 'flashinfer',
      },
    },
    { version: '0.5.2' },
  ],
  [
    'https://github.com/sgl-project/sglang/issues/24633',
    'ATTENTION_BACKEND_NOT_ON_GPU',
    {
      ...{ config: DEEPSEEK_V3, version: '0.5.10', instanceType: 'ml.g7e.48xlarge', tensorParallelSize: 8 },
      environment: { ATTENTION_BACKEND: 'trtllm_mla' },
    },
    { environment: { ATTENTION_BACKEND: 'triton' } },
  ],
  [
    'https://github.com/sgl-project/sglang/issues/1921',
    'ARGUMENTS_REFUSED_TOGETHER',
    {
      ...{ config: QWEN25_7B, version: '0.3.5', instanceType: 'ml.g5.12xlarge', tensorParallelSize: 4 },
      environment: { LORA_PATHS: 'org/adapter' },
    },
    { environment: { LORA_PATHS: 'org/adapter', DISABLE_RADIX_CACHE: 'true', DISABLE_CUDA_GRAPH: 'true' } },
  ],
  [
    'https://github.com/sgl-project/sglang/pull/2416',
    'QUANTIZATION_NEEDS_NEWER_GPU',
    {
      ...{ config: QWEN3_MOE, version: '0.4.6', instanceType: 'ml.p4de.24xlarge', tensorParallelSize: 2 },
      environment: { QUANTIZATION: 'fp8' },
    },
    { instanceType: 'ml.p5.48xlarge' },
  ],
  [
    'https://github.com/sgl-project/sglang/issues/5858',
    'FP8_BLOCKS_NOT_DIVISIBLE',
    {
      ...{ config: quantized(WIDE, FP8_BLOCK), version: '0.4.6.post2' },
      ...{ instanceType: 'ml.p5en.48xlarge', tensorParallelSize: 8 },
    },
    { environment: { ENABLE_EP_MOE: 'true' } },
  ],
  [
    'https://github.com/sgl-project/sglang/issues/6938',
    'PIPELINE_NOT_SUPPORTED',
    {
      ...{ config: quantized(QWEN3_MOE, FP8_BLOCK), version: '0.4.6.post5', instanceType: 'ml.g6e.12xlarge' },
      environment: { PP_SIZE: '2' },
    },
    { version: '0.4.7' },
  ],
  [
    'https://github.com/sgl-project/sglang/issues/7257',
    'PIPELINE_NOT_SUPPORTED',
    {
      config: { ...QWEN25_7B, architectures: ['Glm4ForCausalLM'], model_type: 'glm4', num_key_value_heads: 2 },
      ...{ version: '0.4.8', instanceType: 'ml.g6e.12xlarge', environment: { PP_SIZE: '4' } },
    },
    { environment: {}, tensorParallelSize: 2 },
  ],
  [
    'https://github.com/sgl-project/sglang/issues/6354',
    'ARGUMENTS_REFUSED_TOGETHER',
    {
      ...{ config: DEEPSEEK_V3, version: '0.4.6.post4', instanceType: 'ml.p5en.48xlarge', tensorParallelSize: 8 },
      environment: { ATTENTION_BACKEND: 'flashmla', KV_CACHE_DTYPE: 'fp8_e4m3' },
    },
    { version: '0.4.6.post5' },
  ],
  [
    'https://github.com/sgl-project/sglang/issues/14503',
    'SGLANG_VISION_ENCODER_QUANTIZED',
    { config: quantized(QWEN2_VL, GPTQ), version: '0.5.6', instanceType: 'ml.g5.2xlarge' },
    { config: quantized(QWEN2_VL, { ...GPTQ, dynamic: { '-:visual': {} } }) },
  ],
  [
    'https://github.com/sgl-project/sglang/issues/5136',
    'SGLANG_METHOD_NEEDS_VLLM',
    { config: quantized(QWEN25_7B, AWQ), version: '0.4.5', instanceType: 'ml.g6e.xlarge' },
    { version: '0.5.1' },
  ],
  [
    'https://github.com/sgl-project/sglang/issues/8607',
    'SGLANG_METHOD_NEEDS_VLLM',
    { config: quantized(QWEN25_7B, GPTQ), version: '0.4.9.post6', instanceType: 'ml.g6e.xlarge' },
    { version: '0.5.1' },
  ],
  [
    'https://github.com/sgl-project/sglang/issues/9838',
    'SGLANG_COMPRESSED_SCHEME_MISSING',
    {
      ...{ config: quantized(QWEN3_MOE, compressedTensors(INT4_GROUPS)), version: '0.5.2' },
      instanceType: 'ml.g6e.xlarge',
    },
    { version: '0.5.4' },
  ],
])('%s', (_, rule, reported, change) => {
  const errorsOf = (deployment: Deployment) =>
    findings(deployment).flatMap((finding) => (finding.severity === 'error' ? [finding.rule] : []));
  test(`is found by ${rule}`, () => {
    expect(errorsOf(reported)).toContain(rule);
  });
  test('is not found where it was mended', () => {
    expect(errorsOf({ ...reported, ...change })).not.toContain(rule);
  });
});

test('bitsandbytes and GGUF may need a vLLM beside SGLang, which an image may have', () => {
  const deployment = { config: quantized(LLAMA_8B, BITSANDBYTES), instanceType: 'ml.g6e.xlarge' };
  const told = (version: string) =>
    findings({ ...deployment, version }).filter(({ rule }) => rule === 'SGLANG_METHOD_NEEDS_VLLM');
  expect(told('0.4.6')).toMatchObject([{ severity: 'warning' }]);
  expect(told('0.5.4.post2')).toEqual([]);
  expect(told('0.4.4.post1')).toEqual([]);
});
