import { check, planAnswer } from '../../lib/rules';
import { applyFix } from './apply-fix';

/** A fix is no fix that makes another error: each is applied here, and the whole of the rules asked again. */

const AMI = { inferenceAmiVersion: 'al2023-ami-sagemaker-inference-gpu-4-1' };
const us = { region: 'us-east-1', endpoint: AMI };

const errorsOf = (spec: unknown) => check(spec).findings.filter(({ severity }) => severity === 'error');

describe.each<[string, string, object]>([
  [
    'all GPUs by a degree that the groups of the weights do not allow',
    'ACCELERATORS_LEFT_IDLE',
    {
      model: { id: 'google/gemma-3-1b-it' },
      quantization: 'awq',
      container: { family: 'vllm' },
      instanceType: 'ml.g5.12xlarge',
      options: { maxModelLen: 1024 },
      ...us,
    },
  ],
  [
    'all GPUs by a degree that heads do not allow',
    'ACCELERATORS_LEFT_IDLE',
    {
      model: { id: 'Qwen/Qwen2-7B-Instruct' },
      container: { family: 'vllm' },
      instanceType: 'ml.g6.48xlarge',
      options: { maxModelLen: 1024 },
      ...us,
    },
  ],
  [
    'a machine with fewer GPUs than the spec asks for',
    'WEIGHTS_DO_NOT_FIT',
    {
      model: { id: 'Qwen/Qwen2.5-72B' },
      quantization: 'fp8-weight-only',
      container: { family: 'vllm' },
      instanceType: 'ml.g4dn.12xlarge',
      options: { tensorParallelSize: 4, maxModelLen: 8192 },
      ...us,
    },
  ],
  [
    'a machine with a degree that groups do not allow',
    'WEIGHTS_DO_NOT_FIT',
    {
      model: { id: 'microsoft/Phi-3.5-MoE-instruct' },
      quantization: 'awq',
      container: { family: 'vllm' },
      instanceType: 'ml.g4dn.xlarge',
      options: { maxModelLen: 2048 },
      ...us,
    },
  ],
  [
    'ranks that are too few for the weights',
    'QUANTIZATION_GROUP_NOT_DIVISIBLE',
    {
      model: { id: 'Qwen/Qwen2.5-72B' },
      quantization: 'awq',
      container: { family: 'vllm' },
      instanceType: 'ml.g6.48xlarge',
      options: { tensorParallelSize: 8, maxModelLen: 4096 },
      ...us,
    },
  ],
  [
    'slots without the context for them',
    'SEQUENCES_BELOW_CONCURRENCY',
    {
      model: { id: 'meta-llama/Llama-2-7b-hf' },
      quantization: 'gguf:Q4_K_M',
      container: { family: 'llama-cpp' },
      instanceType: 'ml.g6.2xlarge',
      options: { maxModelLen: 4096, slots: 2 },
      environment: { SM_LLAMA_CPP_N_GPU_LAYERS: '999' },
      workload: { inputTokens: 1024, outputTokens: 256, concurrency: 8 },
      ...us,
    },
  ],
  [
    'slots for those that share a cache, without the context for them',
    'SLOTS_SHARE_ONE_CACHE',
    {
      model: { id: 'meta-llama/Llama-2-7b-hf' },
      quantization: 'gguf:Q4_K_M',
      container: { family: 'llama-cpp' },
      instanceType: 'ml.g6.2xlarge',
      options: { maxModelLen: 4096 },
      environment: { SM_LLAMA_CPP_N_GPU_LAYERS: '999' },
      workload: { inputTokens: 1024, outputTokens: 256, concurrency: 4 },
      ...us,
    },
  ],
  [
    'a chip with fewer cores than the spec asks for',
    'NEURON_IMAGE_NOT_FOR_CHIP',
    {
      model: { id: 'TinyLlama/TinyLlama-1.1B-Chat-v1.0' },
      container: { family: 'lmi-neuron' },
      instanceType: 'ml.inf1.24xlarge',
      options: { tensorParallelSize: 8, batchSize: 1, sequenceLength: 2048 },
      region: 'us-east-1',
    },
  ],
  [
    'fewer cores than hold the weights',
    'NEURON_CORE_TOPOLOGY',
    {
      model: { id: 'codellama/CodeLlama-34b-hf' },
      container: { family: 'hf-vllm-neuron' },
      instanceType: 'ml.trn1.32xlarge',
      options: { tensorParallelSize: 4, batchSize: 1, sequenceLength: 2048 },
      region: 'us-east-1',
      endpoint: { inferenceAmiVersion: 'al2-ami-sagemaker-inference-neuron-2' },
    },
  ],
  [
    'an instance of the same size with half of the memory',
    'IMAGE_FOR_OTHER_PROCESSOR',
    {
      model: { id: 'Qwen/Qwen1.5-MoE-A2.7B' },
      quantization: 'gguf:Q4_K_M',
      container: { family: 'llama-cpp' },
      instanceType: 'ml.r6gd.large',
      options: { maxModelLen: 2048, slots: 1 },
      region: 'us-east-1',
    },
  ],
  [
    'a processor that the image is not compiled for',
    'WEIGHTS_DO_NOT_FIT',
    {
      model: { id: 'deepseek-ai/DeepSeek-V4-Flash' },
      quantization: 'gguf:Q5_K_M',
      container: { family: 'llama-cpp' },
      instanceType: 'ml.m7i.8xlarge',
      options: { maxModelLen: 8192, slots: 1 },
      region: 'us-east-1',
    },
  ],
])('no fix proposes %s', (_name, rule, spec) => {
  const finding = check(spec).findings.find((one) => one.rule === rule);
  const before = new Set(errorsOf(spec).map((one) => one.rule));

  test('and what it proposes can be done', () => {
    expect(finding?.fix).toBeDefined();
    const fixed = applyFix(spec, finding ?? {});
    expect(fixed.length).toBeGreaterThan(0);
    for (const other of fixed) {
      const { fix } = finding ?? {};
      expect({ fix, left: check(other).findings.filter((one) => one.rule === rule) }).toEqual({ fix, left: [] });
      expect({ fix, made: errorsOf(other).filter((one) => !before.has(one.rule)) }).toEqual({ fix, made: [] });
    }
  });
});

test('no degree is proposed where none divides, and LMI cuts no stages', () => {
  const spec = {
    model: { id: 'google/gemma-3-1b-it' },
    quantization: 'awq',
    container: { family: 'lmi' },
    instanceType: 'ml.g5.12xlarge',
    options: { tensorParallelSize: 2, maxModelLen: 1024 },
    ...us,
  };
  const { fix } = check(spec).findings.find(({ rule }) => rule === 'ACCELERATORS_LEFT_IDLE') ?? {};
  expect(fix).toBe('use an instance with fewer GPUs');
});

test('a newer GPU that is proposed has the kernel that the older lacks', () => {
  const spec = {
    model: { id: 'deepseek-ai/DeepSeek-V3' },
    container: { family: 'lmi-trtllm' },
    instanceType: 'ml.g6.48xlarge',
    ...us,
  };
  const { fix } = check(spec).findings.find(({ rule }) => rule === 'QUANTIZATION_NEEDS_NEWER_GPU') ?? {};
  expect(fix).not.toContain('ml.g7e');
});

test('weights that are larger than the GPU are what is said of TensorRT-LLM, too', () => {
  const { findings, memory } = planAnswer({
    model: { id: 'Qwen/Qwen2.5-72B' },
    container: { family: 'lmi-trtllm' },
    instanceType: 'ml.g6e.16xlarge',
    options: { maxModelLen: 4096 },
    ...us,
  });
  expect(memory.usable).toBe(memory.total);
  expect(findings.map(({ rule }) => rule)).toContain('WEIGHTS_DO_NOT_FIT');
});
