import { check } from '../../lib/rules';
import { LLAMA_8B, QWEN25_7B } from '../../lib/rules/helpers/samples';

/** 152 K words of 4,096 elements in 16 bits: 1.16 GiB that compiling may leave reserved. */
const QWEN3_8B = {
  ...LLAMA_8B,
  architectures: ['Qwen3ForCausalLM'],
  model_type: 'qwen3',
  intermediate_size: 12_288,
  num_hidden_layers: 36,
  head_dim: 128,
  vocab_size: 151_936,
  max_position_embeddings: 40_960,
  rope_scaling: null,
};

const severities = (rule: string, config: object, version: string, options: object) =>
  check({
    model: { config },
    container: { family: 'vllm', version },
    instanceType: 'ml.g5.2xlarge',
    endpoint: { inferenceAmiVersion: 'al2023-ami-sagemaker-inference-gpu-4-1' },
    options,
  })
    .findings.filter((finding) => finding.rule === rule)
    .map(({ severity }) => severity);

describe('what vLLM 0.27 to 0.30 may leave reserved after compiling', () => {
  test.each([
    ['0.30.0', 16_384, ['warning']],
    ['0.30.0', 32_768, ['error']],
    ['0.26.0', 16_384, []],
    ['0.26.0', 32_768, ['error']],
  ])('refuses nothing by itself: %s with %i tokens', (version, maxModelLen, expected) => {
    expect(severities('KV_CACHE_BELOW_CONTEXT', QWEN3_8B, version, { maxModelLen })).toEqual(expected);
  });

  test('is sure of the models whose logs show it', () => {
    const options = { maxModelLen: 32_768, gpuMemoryUtilization: 0.82 };
    expect(severities('KV_CACHE_BELOW_CONTEXT', QWEN25_7B, '0.26.0', options)).toEqual([]);
    expect(severities('KV_CACHE_BELOW_CONTEXT', QWEN25_7B, '0.30.0', options)).toEqual(['error']);
  });

  test.each([
    ['0.30.0', 0.81, ['warning']],
    ['0.26.0', 0.81, []],
    ['0.30.0', 0.74, ['error']],
  ])('takes no cache away by itself: %s at %d', (version, gpuMemoryUtilization, expected) => {
    const options = { maxModelLen: 2048, gpuMemoryUtilization };
    expect(severities('NO_MEMORY_FOR_KV_CACHE', QWEN3_8B, version, options)).toEqual(expected);
  });
});
