import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { findInstance } from '../../lib/hardware';
import type { Accelerator } from '../../lib/hardware/types';
import { describeModel } from '../../lib/model';
import { makePlan } from '../../lib/plan';
import { communicationSeconds } from '../../lib/plan/speed/interconnect';
import { kernelModel, peakFlops } from '../../lib/plan/speed/kernel';
import { streamedBytes } from '../../lib/plan/speed/streamed';
import { subjectOf } from '../../lib/plan/subject';
import { LLAMA_8B, MIXTRAL, type Json } from '../../lib/rules/helpers/samples';
import type { EndpointSpec, ServingOptions } from '../../lib/spec/types';

/** The roofline's terms, each worked out by hand from the sizes of Llama 3.1 8B: 8.03 B parameters, 32 layers of 4,096. */
const EMBEDDING = 128_256 * 4096;
const PARAMETERS = 8_030_261_248 - EMBEDDING;
const TOKEN = 2 * 8 * 128 * 2 * 32;
/** Seconds of the host in a step of the newest vLLM. */
const HOST = 0.2e-3;

const resolved = (parts: Partial<EndpointSpec>, config: Json = LLAMA_8B) =>
  resolveEndpoint({
    model: { config },
    container: { family: 'vllm' },
    instanceType: 'ml.p4d.24xlarge',
    ...parts,
    options: { tensorParallelSize: 1, maxModelLen: 8192, ...parts.options },
  });
const subject = (parts: Partial<EndpointSpec> = {}, config: Json = LLAMA_8B) =>
  subjectOf(resolved(parts, config), describeModel(config));
const gpuOf = (type: string) => findInstance(type)?.accelerator as Accelerator;

describe('communication', () => {
  const seconds = (instanceType: string, options: ServingOptions, family: 'vllm' | 'llama-cpp' = 'vllm') =>
    communicationSeconds(subject({ instanceType, options, container: { family } }), 10);
  const bytes = 10 * 4096 * 2;

  test('of one rank is none', () => {
    expect(seconds('ml.p4d.24xlarge', {})).toBe(0);
  });

  test('is two all-reduces a layer, around a ring', () => {
    const oneWay = (gpuOf('ml.p4d.24xlarge').interconnectBandwidth as number) / 2;
    expect(oneWay).toBeGreaterThan(200e9);
    for (const ranks of [2, 8]) {
      const ring = (2 * (ranks - 1) * bytes) / ranks;
      expect(seconds('ml.p4d.24xlarge', { tensorParallelSize: ranks })).toBeCloseTo(64 * (10e-6 + ring / oneWay), 12);
      expect(seconds('ml.g5.48xlarge', { tensorParallelSize: ranks })).toBeCloseTo(64 * (30e-6 + ring / 20e9), 12);
    }
  });

  test('hands over from stage to stage, for which llama.cpp takes as long whatever the size', () => {
    expect(seconds('ml.g5.12xlarge', { pipelineParallelSize: 3 })).toBeCloseTo((2 * bytes) / 20e9, 12);
    expect(seconds('ml.g5.12xlarge', { pipelineParallelSize: 3 }, 'llama-cpp')).toBeCloseTo(0.4e-3, 12);
    expect(seconds('ml.g5.12xlarge', { pipelineParallelSize: 1 }, 'llama-cpp')).toBe(0);
    const both = seconds('ml.g5.12xlarge', { pipelineParallelSize: 2, tensorParallelSize: 2 });
    expect(both).toBeCloseTo(bytes / 20e9 + 64 * (30e-6 + bytes / 20e9), 12);
  });
});

describe('kernels', () => {
  test.each<[EndpointSpec['container'], boolean, number, number]>([
    [{ family: 'vllm' }, false, 45, 200],
    [{ family: 'vllm' }, true, 300, 200],
    [{ family: 'vllm', version: '0.14.0' }, false, 45, 200],
    [{ family: 'vllm', version: '0.13.0' }, false, 45, 500],
    [{ family: 'vllm', version: '0.11.0' }, false, 45, 500],
    [{ family: 'vllm', version: '0.10.2' }, false, 45, 1500],
    [{ family: 'vllm', version: '0.8.0' }, false, 45, 1500],
    [{ family: 'vllm', version: '0.7.3' }, false, 72, 1600],
    [{ family: 'vllm', version: '0.7.3' }, true, 300, 1600],
    [{ family: 'vllm', version: '0.2.7' }, false, 72, 1600],
    [{ family: 'vllm', version: '0.2.6' }, false, 300, 0],
    [{ family: 'sglang' }, false, 45, 0],
    [{ family: 'sglang' }, true, 300, 0],
    [{ family: 'lmi-trtllm' }, false, 45, 0],
    [{ family: 'llama-cpp' }, false, 80, 0],
  ])('of %j, eager %p, take %i µs a layer, and %i of the host', (container, enforceEager, layer, host) => {
    const kernels = kernelModel(subject({ container, options: { enforceEager } }));
    expect((kernels?.layerSeconds as number) * 1e6).toBeCloseTo(layer, 9);
    expect((kernels?.hostSeconds as number) * 1e6).toBeCloseTo(host, 9);
  });

  test('of V0 keep their pace where a newer vLLM falls back to it', () => {
    const volta = { container: { family: 'vllm', version: '0.10.0' }, instanceType: 'ml.p3.2xlarge' } as const;
    expect(kernelModel(subject(volta))).toMatchObject({ layerSeconds: 72e-6, hostSeconds: 1.6e-3 });
  });

  test.each<[string, string | undefined, number]>([
    ['gguf:F32', undefined, 0.84],
    ['gguf:BF16', undefined, 0.84],
    ['none', undefined, 0.84],
    ['gguf:Q8_0', undefined, 0.7],
    ['gguf:F16', 'ml.g4dn.xlarge', 0.84],
    ['gguf:IQ2_XXS', 'ml.g4dn.xlarge', 0.7],
    ['gguf:F16', 'ml.g5.xlarge', 0.85],
    ['gguf:Q4_K_M', 'ml.g6e.xlarge', 0.85],
    ['gguf:Q4_K_M', 'ml.g7e.2xlarge', 0.85],
    ['gguf:F16', 'ml.p4d.24xlarge', 0.55],
    ['gguf:Q8_0', 'ml.p3.2xlarge', 0.75],
    ['gguf:Q8_0', 'ml.p5.48xlarge', 0.75],
    ['gguf:Q4_0', 'ml.p5.48xlarge', 0.6],
    ['gguf:IQ4_XS', 'ml.p6-b200.48xlarge', 0.6],
  ])('of llama.cpp reach of %s on %s %d of the bandwidth', (quantization, instanceType, bandwidth) => {
    const model = kernelModel(subject({ container: { family: 'llama-cpp' }, quantization, instanceType }));
    expect(model).toMatchObject({ bandwidth, compute: 0.35, layerSeconds: 80e-6 });
  });

  test('of SGLang and TensorRT-LLM reach what those of vLLM do', () => {
    for (const family of ['vllm', 'sglang', 'lmi-trtllm'] as const)
      expect(kernelModel(subject({ container: { family } }))).toMatchObject({ bandwidth: 0.84, compute: 0.55 });
    expect(kernelModel(subject({ container: { family: 'hf-vllm-neuron' } }))).toBeUndefined();
    expect(kernelModel(subject({ container: undefined }))).toBeUndefined();
  });

  const flops = (instanceType: string, quantization?: string, config?: Json) => {
    const endpoint = resolved({ instanceType, quantization }, config);
    return peakFlops(subjectOf(endpoint, describeModel(config ?? LLAMA_8B)), endpoint.container, gpuOf(instanceType));
  };
  test.each<[string, string | undefined, keyof Accelerator['flops']]>([
    ['ml.p5.48xlarge', undefined, 'bf16'],
    ['ml.g4dn.xlarge', undefined, 'fp16'],
    ['ml.p5.48xlarge', 'awq', 'bf16'],
    ['ml.p5.48xlarge', 'fp8', 'fp8'],
    ['ml.g5.2xlarge', 'fp8', 'bf16'],
    ['ml.p4d.24xlarge', 'int8-w8a8', 'int8'],
    ['ml.p6-b200.48xlarge', 'nvfp4', 'fp4'],
    ['ml.p5.48xlarge', 'nvfp4', 'bf16'],
  ])('on %s with %p multiply in %s', (instanceType, quantization, precision) => {
    const peak = gpuOf(instanceType).flops[precision];
    expect(peak).toBeGreaterThan(0);
    expect(flops(instanceType, quantization)).toBe(peak);
  });
});

describe('weights that a step reads', () => {
  const bytes = (parts: Partial<EndpointSpec>, batch = 1, config?: Json) =>
    streamedBytes(subject(parts, config), batch);

  test('are all but the rows of the embedding, on each rank its part', () => {
    expect(bytes({})).toBe(PARAMETERS * 2);
    expect(bytes({ options: { dtype: 'float32' } })).toBe(PARAMETERS * 4);
    const norms = 65 * 4096 * 2;
    expect(bytes({ options: { tensorParallelSize: 2 } })).toBe(PARAMETERS + norms / 2);
    expect(bytes({ options: { pipelineParallelSize: 2 } })).toBe(PARAMETERS * 2);
  });

  test('include the embedding where it is the head', () => {
    expect(bytes({}, 1, { ...LLAMA_8B, tie_word_embeddings: true })).toBe(PARAMETERS * 2);
  });

  test('are of the quantized matrices what is stored', () => {
    const linear = PARAMETERS - EMBEDDING - 65 * 4096;
    // Four bits, and for each group of 128 a scale in 16 bits and a zero point in 4.
    expect(bytes({ quantization: 'awq' })).toBeCloseTo(
      linear * (0.5 + (2 + 0.5) / 128) + (EMBEDDING + 65 * 4096) * 2,
      -3,
    );
  });

  test('are of experts those that the batch chose', () => {
    const all = bytes({}, 10_000, MIXTRAL) as number;
    const experts = 8 * 3 * 4096 * 14_336 * 32 * 2;
    for (const [batch, share] of [
      [1, 0.25],
      [2, 1 - 0.75 ** 2],
      [8, 1 - 0.75 ** 8],
    ])
      expect(bytes({}, batch, MIXTRAL)).toBeCloseTo(all - experts * (1 - share), -2);
  });

  test('of layouts that nobody knows are not known', () => {
    expect(bytes({ quantization: 'gguf:Q4_K_M' })).toBeGreaterThan(4e9);
    expect(bytes({ quantization: 'gguf:Q4_K_M' })).toBeLessThan(5e9);
  });

  test('leave the tower of a model that sees out', () => {
    const sees = {
      ...{ architectures: ['Qwen2VLForConditionalGeneration'], model_type: 'qwen2_vl', hidden_size: 1536 },
      ...{ intermediate_size: 8960, num_attention_heads: 12, num_key_value_heads: 2, num_hidden_layers: 28 },
      ...{ vocab_size: 151_936, max_position_embeddings: 32_768, tie_word_embeddings: true },
      vision_config: { depth: 32, embed_dim: 1280, hidden_size: 1536, mlp_ratio: 4, num_heads: 16, patch_size: 14 },
    };
    const layer = 1536 * (1536 * 2 + 2 * 256) + 1536 + 2 * 256 + 3 * 1536 * 8960 + 2 * 1536;
    expect(bytes({}, 1, sees)).toBe((28 * layer + 151_936 * 1536 + 1536) * 2);
  });
});

describe('a step', () => {
  const gpu = gpuOf('ml.p4d.24xlarge');
  const speed = (parts: Partial<EndpointSpec>, config?: Json) => makePlan(resolved(parts, config)).estimate;
  const overhead = 32 * 45e-6 + HOST;

  test.each([1, 2, 8])('of %i sequences moves the weights once and each cache once', (concurrency) => {
    const { interTokenMs, bound } = speed({ workload: { inputTokens: 1000, outputTokens: 200, concurrency } });
    const moved = PARAMETERS * 2 + TOKEN * 1100 * concurrency;
    expect(interTokenMs).toBeCloseTo((moved / (gpu.bandwidth * 0.84) + overhead) * 1000, 6);
    expect(bound).toBe('memory-bandwidth');
  });

  test.each([1, 2])('of many sequences multiplies, on %i ranks', (ranks) => {
    const workload = { inputTokens: 8, outputTokens: 8, concurrency: 512 };
    const options = { tensorParallelSize: ranks, maxNumSeqs: 512 };
    const { interTokenMs, bound } = speed({ workload, options });
    const flops = gpu.flops.bf16 as number;
    const multiplied = (2 * PARAMETERS * 512) / ranks / (flops * 0.55);
    const said = communicationSeconds(subject({ options }), 512);
    expect(interTokenMs).toBeCloseTo((multiplied + said + overhead) * 1000, 6);
    expect(bound).toBe('compute');
  });

  test('of a small model over PCIe waits for its peers', () => {
    const small = { ...LLAMA_8B, hidden_size: 512, intermediate_size: 512, num_attention_heads: 8, head_dim: 64 };
    const options = { tensorParallelSize: 8 };
    expect(speed({ instanceType: 'ml.g5.48xlarge', options }, small).bound).toBe('interconnect');
  });

  test('of llama.cpp reads keys and values each by its own type', () => {
    const at = (options: ServingOptions) =>
      speed({
        container: { family: 'llama-cpp' },
        quantization: 'gguf:F16',
        options: { pipelineParallelSize: 1, slots: 1, ...options },
        workload: { inputTokens: 4000, outputTokens: 2, concurrency: 1 },
      }).interTokenMs as number;
    const saved = (bytes: number) => ((bytes * 4001) / (gpu.bandwidth * 0.55)) * 1000;
    const half = TOKEN / 2;
    expect(at({}) - at({ kvTypeK: 'q8_0' })).toBeCloseTo(saved(half * (1 - 34 / 64)), 6);
    expect(at({}) - at({ kvTypeV: 'q4_0' })).toBeCloseTo(saved(half * (1 - 18 / 64)), 6);
    expect(
      speed({ container: { family: 'llama-cpp' }, quantization: 'gguf:F16', options: { kvTypeV: 'q99' } }).bound,
    ).toBeNull();
  });

  test('of vLLM does not look at llama.cpp’s types', () => {
    expect(speed({ options: { kvTypeK: 'q8_0', kvTypeV: 'q99' } })).toEqual(speed({}));
  });

  test('reads a state whole, whatever the context', () => {
    const states = {
      ...{ architectures: ['MambaForCausalLM'], model_type: 'mamba', hidden_size: 768, state_size: 16, conv_kernel: 4 },
      ...{ expand: 2, intermediate_size: 1536, time_step_rank: 48, num_hidden_layers: 24, vocab_size: 50_280 },
    };
    const at = (concurrency: number, inputTokens = 100) =>
      speed({ workload: { inputTokens, outputTokens: 10, concurrency } }, states).interTokenMs as number;
    const state = (describeModel(states).kv[0].stateBytesPerSequence as number) * 24;
    expect(state).toBeGreaterThan(24 * 1536 * 16);
    expect(at(3) - at(1)).toBeCloseTo(((2 * state) / (gpu.bandwidth * 0.84)) * 1000, 9);
    expect(at(1, 1000)).toBe(at(1, 100));
  });
});

describe('a prompt', () => {
  const gpu = gpuOf('ml.p4d.24xlarge');
  const flops = (gpu.flops.bf16 as number) * 0.55;
  const first = (inputTokens: number, options: ServingOptions = {}) =>
    makePlan(resolved({ options, workload: { inputTokens, outputTokens: 10, concurrency: 1 } })).estimate
      .timeToFirstTokenMs as number;
  const work = (tokens: number) => 2 * PARAMETERS * tokens + 2 * tokens * tokens * 4096 * 32;

  test('is multiplied, in chunks that each launch their kernels', () => {
    const overhead = 32 * 45e-6 + HOST;
    expect(first(4000, { maxNumBatchedTokens: 8192 })).toBeCloseTo((work(4000) / flops + overhead) * 1000, 6);
    expect(first(4000, { maxNumBatchedTokens: 2000 })).toBeCloseTo((work(4000) / flops + 2 * overhead) * 1000, 6);
    expect(first(4000, { maxNumBatchedTokens: 1999 })).toBeCloseTo((work(4000) / flops + 3 * overhead) * 1000, 6);
  });

  test('in small chunks reads the weights for each', () => {
    const reading = (PARAMETERS * 2 * 250) / (gpu.bandwidth * 0.84);
    expect(reading).toBeGreaterThan(work(4000) / flops);
    expect(first(4000, { maxNumBatchedTokens: 16 })).toBeCloseTo((reading + 250 * (32 * 45e-6 + HOST)) * 1000, 6);
  });

  test('is shared by the ranks, which talk', () => {
    const options = { tensorParallelSize: 4, maxNumBatchedTokens: 8192 };
    const said = communicationSeconds(subject({ options }), 4000);
    expect(first(4000, options)).toBeCloseTo((work(4000) / 4 / flops + said + 32 * 45e-6 + HOST) * 1000, 6);
  });

  test('of each sequence of a batch comes before the next', () => {
    const workload = { inputTokens: 1000, outputTokens: 101, concurrency: 4 };
    const { timeToFirstTokenMs, interTokenMs, outputTokensPerSecond, requestsPerSecond } = makePlan(
      resolved({ workload }),
    ).estimate;
    const seconds = (4 * (timeToFirstTokenMs as number) + 100 * (interTokenMs as number)) / 1000;
    expect(outputTokensPerSecond).toBeCloseTo((4 * 101) / seconds, 6);
    expect(requestsPerSecond).toBeCloseTo(4 / seconds, 6);
  });
});
