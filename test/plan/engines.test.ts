import { resolveEndpoint } from '../../lib/endpoint/resolve';
import type { EffectiveOptions } from '../../lib/endpoint/types';
import { describeModel } from '../../lib/model';
import { planMemory } from '../../lib/plan';
import { activationBytes, graphBytes, profileRun, runtimeBytes, VllmVersion } from '../../lib/plan/memory/vllm-profile';
import { GEMMA2_2B, LLAMA_8B, MIXTRAL, QWEN3_MOE, type Json } from '../../lib/rules/helpers/samples';
import type { EndpointSpec, ServingOptions } from '../../lib/spec/types';
import { onDevice } from './fixtures';

/** Worked out by hand from the sizes of two models, apart from the code that plans them. */
const GIB = 2 ** 30;
const LLAMA_TOKEN = 2 * 8 * 128 * 2 * 32;
const GEMMA_LAYER_TOKEN = 2 * 4 * 256 * 2;

const endpoint = (parts: Partial<EndpointSpec>, config: Json = LLAMA_8B): EndpointSpec => ({
  model: { config },
  ...parts,
});
const memoryOf = (parts: Partial<EndpointSpec>, config?: Json) => planMemory(resolveEndpoint(endpoint(parts, config)));
const NO_FIGURES = { kvCacheTokens: null, maxConcurrency: null, largestMaxModelLen: null };

describe('vLLM profiles itself', () => {
  const version = (text: string) => new VllmVersion(text.split('.').map(Number));
  const options = (parts: ServingOptions): EffectiveOptions => resolveEndpoint(endpoint({ options: parts })).options;
  const model = describeModel(LLAMA_8B);

  test.each<[string, ServingOptions, number, { tokens: number; sequences: number }]>([
    ['0.30.0', { maxNumBatchedTokens: 4096 }, 8192, { tokens: 4096, sequences: 256 }],
    ['0.30.0', { maxNumSeqs: 64 }, 8192, { tokens: 8192, sequences: 64 }],
    ['0.30.0', {}, 1024, { tokens: 2048, sequences: 256 }],
    ['0.30.0', { maxNumBatchedTokens: 100, maxNumSeqs: 128 }, 100, { tokens: 100, sequences: 100 }],
    ['0.30.0', { maxNumSeqs: 16, enableChunkedPrefill: true }, 2048, { tokens: 2048, sequences: 16 }],
    ['0.7.3', { maxNumSeqs: 16, enableChunkedPrefill: true }, 2048, { tokens: 2048, sequences: 0 }],
    ['0.6.4', { maxNumSeqs: 16, enableChunkedPrefill: true }, 2048, { tokens: 2048, sequences: 0 }],
    ['0.6.3', { maxNumSeqs: 16, enableChunkedPrefill: true }, 2048, { tokens: 2048, sequences: 16 }],
    [
      '0.7.3',
      { maxNumSeqs: 16, enableChunkedPrefill: true, tensorParallelSize: 2 },
      2048,
      { tokens: 2048, sequences: 16 },
    ],
    ['0.7.3', { maxNumSeqs: 16, enableChunkedPrefill: false }, 2048, { tokens: 2048, sequences: 16 }],
    ['0.7.3', { maxNumSeqs: 16 }, 2048, { tokens: 2048, sequences: 16 }],
  ])('%s with %j and %i tokens of context', (text, parts, context, run) => {
    expect(profileRun(options(parts), context, version(text))).toEqual(run);
  });

  test.each<[string, ServingOptions, number, number]>([
    // Sizes 1, 2 and 4, each eighth below 256, each sixteenth from there to 512.
    ['0.30.0', {}, 1, (3 + 31 + 17) * 2 * 170_000 * 32 + 512 * 4096 * 8 * 2],
    ['0.30.0', { maxNumSeqs: 1000 }, 1, (3 + 31 + 17) * 2 * 170_000 * 32 + 512 * 4096 * 8 * 2],
    ['0.30.0', { maxNumSeqs: 136 }, 1, (3 + 31 + 2) * 2 * 170_000 * 32 + 272 * 4096 * 8 * 2],
    ['0.30.0', { maxNumSeqs: 128 }, 1, (3 + 31 + 1) * 2 * 170_000 * 32 + 256 * 4096 * 8 * 2],
    ['0.30.0', { maxNumSeqs: 127 }, 1, (3 + 31) * 2 * 170_000 * 32 + 254 * 4096 * 8 * 2],
    ['0.30.0', { maxNumSeqs: 2 }, 1, 3 * 2 * 170_000 * 32 + 4 * 4096 * 8 * 2],
    ['0.30.0', { maxNumSeqs: 1 }, 1, 2 * 2 * 170_000 * 32 + 2 * 4096 * 8 * 2],
    ['0.10.2', { maxNumSeqs: 1 }, 1, 2 * 170_000 * 32 + 2 * 4096 * 8],
    ['0.8.5', {}, 1, (3 + 31 + 17) * 170_000 * 32 + 512 * 4096 * 8],
    ['0.7.3', {}, 1, (3 + 31 + 1) * 170_000 * 32 + 512 * 4096 * 8],
    ['0.30.0', { maxNumSeqs: 1 }, 2, 2 * 2 * 170_000 * 32 + 2 * 4096 * 8 * 2 + 0.1 * GIB],
    ['0.30.0', { enforceEager: true }, 2, 0],
  ])('%s captures graphs with %j on %i ranks', (text, parts, ranks, bytes) => {
    expect(graphBytes(model, options(parts), version(text), ranks)).toBeCloseTo(bytes, 3);
  });

  test.each<[string, number, boolean, number | undefined, number]>([
    ['0.2.4', 1, false, 80, 0],
    ['0.2.4', 8, true, 80, 0],
    ['0.2.5', 1, false, 80, 0.27 + 0.12],
    ['0.3.3', 1, false, 80, 0.12],
    ['0.6.3', 1, false, 80, 0.12],
    ['0.6.4', 1, false, 80, 0.27 + 0.12],
    ['0.6.5', 1, false, 80, 0.12],
    ['0.8.0', 1, false, 80, 0.27 + 0.12],
    ['0.9.2', 1, true, 90, 0.12],
    ['0.10.2', 2, false, 89, 0.12 + 0.15],
    ['0.28.0', 8, false, 89, 0.26],
    ['0.26.0', 1, false, 89, 0.12],
    // The driver is asked, who counts what PyTorch cannot give back.
    ['0.27.0', 1, false, 89, 0.26],
    ['0.29.0', 1, false, 75, 0.26],
    // V0 computes attention with xFormers on Turing.
    ['0.6.3', 1, false, 75, 0.12],
    ['0.6.5', 1, false, 75, 0.03],
    ['0.7.3', 1, false, 75, 0.03],
    ['0.7.3', 1, false, 70, 0.12],
    ['0.8.0', 1, false, 75, 0.27 + 0.12],
  ])('%s on %i ranks, NVLink %p, compute capability %p, takes %d GiB outside of PyTorch', (text, ...links) => {
    const [tensorParallel, nvlink, sm, gib] = links;
    expect(runtimeBytes(version(text), { tensorParallel, nvlink, sm, compiled: false }) / GIB).toBeCloseTo(gib, 6);
  });

  describe('at its peak', () => {
    const peak = (config: Json, text: string, run: { tokens: number; sequences: number }, ranks = 1) =>
      activationBytes(describeModel(config), run, version(text), ranks, 2);
    const vocabulary = 128_256;

    test('samples, keeping the hidden states', () => {
      expect(peak(LLAMA_8B, '0.28.0', { tokens: 100, sequences: 100 })).toBeCloseTo(
        100 * vocabulary * 16 + 100 * 4096 * 2 * 1.28,
        3,
      );
      // A vocabulary is padded to 64.
      expect(peak({ ...LLAMA_8B, vocab_size: 128_200 }, '0.7.3', { tokens: 100, sequences: 100 })).toBeCloseTo(
        100 * vocabulary * 39 + 100 * 4096 * 2 * 1.28,
        3,
      );
    });

    test.each<[string, ServingOptions, string, number]>([
      // With FlashInfer V1 filters without a sort.
      ['0.10.0', {}, '1', 16],
      ['0.10.0', {}, '0', 38.2],
      ['0.16.0', {}, '1', 16],
      // Triton does from then on.
      ['0.17.0', {}, '0', 16],
      // What V0 does with it, no log has said; V1 that samples nothing has no use for it.
      ['0.7.3', {}, '1', 39],
      ['0.7.3', { maxNumSeqs: 1024 }, '1', 39],
    ])('%s samples with %j and VLLM_USE_FLASHINFER_SAMPLER=%s in %d bytes a logit', (text, parts, value, bytes) => {
      const { activations } = memoryOf({
        container: { family: 'vllm', version: text },
        instanceType: 'ml.g6e.xlarge',
        options: { maxNumSeqs: 512, maxModelLen: 1024, maxNumBatchedTokens: 1024, ...parts },
        environment: { VLLM_USE_FLASHINFER_SAMPLER: value },
      }).memory;
      const sequences = parts.maxNumSeqs ?? 512;
      expect(activations).toBe(Math.round(sequences * vocabulary * bytes + 1024 * 4096 * 2 * 1.28));
    });

    test('or goes through a layer, of which each rank has its part', () => {
      const run = { tokens: 1000, sequences: 0 };
      expect(peak(LLAMA_8B, '0.30.0', run)).toBe(1000 * 2 * (3 * 4096 + 3 * 14_336));
      expect(peak(LLAMA_8B, '0.30.0', run, 4)).toBe(1000 * 2 * (3 * 4096 + 3 * 3584));
    });

    test('or through the experts of each token, whose first product and output share a buffer', () => {
      const run = { tokens: 1000, sequences: 0 };
      expect(peak(MIXTRAL, '0.30.0', run)).toBe(1000 * 2 * (3 * 4096 + 2 * (2 * 14_336 + 14_336)));
      expect(peak(MIXTRAL, '0.30.0', run, 8)).toBe(1000 * 2 * (3 * 4096 + 2 * (4096 + 1792)));
    });

    describe('in V0, at the end of a feed-forward', () => {
      const run = { tokens: 1000, sequences: 0 };
      const qwen = (modelType: string, intermediate = 14_336) => ({
        ...LLAMA_8B,
        architectures: ['Qwen2ForCausalLM'],
        model_type: modelType,
        intermediate_size: intermediate,
      });

      test('has let go of the products, or for Qwen has not', () => {
        expect(peak(LLAMA_8B, '0.7.3', run)).toBe(1000 * 2 * (3 * 4096 + 3 * 14_336));
        expect(peak(qwen('qwen2'), '0.7.3', run)).toBe(1000 * 2 * (4 * 4096 + 3 * 14_336));
        expect(peak(qwen('qwen2'), '0.30.0', run)).toBe(1000 * 2 * (3 * 4096 + 3 * 14_336));
        // Where the output is larger than what was let go.
        expect(peak({ ...LLAMA_8B, intermediate_size: 1024 }, '0.7.3', run)).toBe(1000 * 2 * (4 * 4096 + 1024));
      });

      test.each([
        ['qwen2', 4],
        ['qwen3', 4],
        ['qwen', 4],
        ['qwen2_vl', 4],
        ['qwen2_5_vl', 4],
        ['gemma', 4],
        ['gemma2', 4],
        ['gemma3_text', 4],
        ['olmo2', 4],
        ['cohere', 4],
        ['internlm2', 4],
        ['mistral', 3],
        ['phi3', 3],
        ['qwen20', 3],
        ['my_qwen2', 3],
      ])('%s holds %i hidden states', (modelType, states) => {
        expect(peak(qwen(modelType), '0.7.3', run)).toBe(1000 * 2 * (states * 4096 + 3 * 14_336));
      });

      test.each([
        ['0.6.3', 3],
        ['0.6.4', 4],
        ['0.6.5', 4],
        ['0.6.6', 5],
        ['0.7.3', 5],
      ])('%s has %i hidden states on two ranks, from 0.6.6 with those that were added up', (text, states) => {
        const attention = text === '0.6.3' ? 128 * (16 + 2 * 4) + 128 * 16 : 0;
        expect(peak(qwen('qwen2'), text, run, 2)).toBe(1000 * 2 * (states * 4096 + 3 * 7168 + attention));
      });

      test('is not there where experts are', () => {
        const small = { ...MIXTRAL, intermediate_size: 1024 };
        // The products of two experts; V0 of 0.7 keeps the first and the output apart.
        expect(peak(small, '0.7.3', run)).toBe(1000 * 2 * (3 * 4096 + 2 * (2 * 1024 + 4096 + 1024)));
      });

      test('lets go of a rank’s part', () => {
        // Five states and one product, where three of each are fewer.
        expect(peak({ ...LLAMA_8B, intermediate_size: 4096 }, '0.7.3', run, 2)).toBe(1000 * 2 * (5 * 4096 + 2048));
      });
    });

    test('once kept what each all-reduce gave', () => {
      const run = { tokens: 1000, sequences: 0 };
      const kept = peak(LLAMA_8B, '0.2.5', run, 2) - peak(LLAMA_8B, '0.2.6', run, 2);
      expect(kept).toBe(2 * 32 * 1000 * 4096 * 2);
      expect(peak(LLAMA_8B, '0.2.5', run)).toBe(peak(LLAMA_8B, '0.2.6', run));
    });

    test('once counted what attention had left reserved, beside the products of a dense layer', () => {
      const run = { tokens: 1000, sequences: 0 };
      // Queries, keys and values and what attention gives, of 32 and 8 heads of 128.
      const attention = 128 * (32 + 2 * 8) + 128 * 32;
      const layer = 3 * 4096 + 3 * 14_336;
      expect(peak(LLAMA_8B, '0.6.3', run)).toBe(1000 * 2 * (layer + attention));
      expect(peak(LLAMA_8B, '0.6.4', run)).toBe(1000 * 2 * layer);
      expect(peak(LLAMA_8B, '0.6.3', run, 2)).toBe(1000 * 2 * (3 * 4096 + (3 * 14_336 + attention) / 2));
    });

    test('once computed logits and sampled none', () => {
      const run = { tokens: 1, sequences: 1024 };
      const sampled = peak(LLAMA_8B, '0.7.3', run);
      expect(new VllmVersion([0, 7, 3], true).samplerBytesPerLogit).toBe(2);
      expect(sampled).toBeGreaterThan(1024 * 128_256 * 38);
    });

    test('samples nothing for an encoder', () => {
      const encoder = {
        ...{ architectures: ['BertModel'], model_type: 'bert', hidden_size: 768, intermediate_size: 3072 },
        ...{ num_attention_heads: 12, num_hidden_layers: 12, vocab_size: 30_522, max_position_embeddings: 512 },
      };
      expect(peak(encoder, '0.30.0', { tokens: 512, sequences: 256 })).toBe(512 * 2 * (3 * 768 + 3 * 3072));
    });

    test('or looks at a picture, whose tokens stay while it samples', () => {
      const sees = {
        ...{ architectures: ['Qwen2VLForConditionalGeneration'], model_type: 'qwen2_vl', hidden_size: 1536 },
        ...{ intermediate_size: 1024, num_attention_heads: 12, num_key_value_heads: 2, num_hidden_layers: 28 },
        ...{ vocab_size: 151_936, max_position_embeddings: 32_768, tie_word_embeddings: true },
        vision_config: { depth: 32, embed_dim: 1280, hidden_size: 1536, mlp_ratio: 4, num_heads: 16, patch_size: 14 },
      };
      const picture = 16_384;
      expect(peak(sees, '0.30.0', { tokens: 4096, sequences: 1 })).toBe(
        picture * 4 * (3 * 14 * 14 * 2 + 1280 * (1 + 13)) * 2,
      );
      expect(peak(sees, '0.28.0', { tokens: 2048, sequences: 2048 })).toBeCloseTo(
        2048 * 151_936 * 16 + 2048 * 1536 * 2 * 1.28 + picture * 1536 * 2,
        3,
      );
      // V0 has forgotten the picture by then.
      expect(peak(sees, '0.7.3', { tokens: 2048, sequences: 2048 })).toBeCloseTo(
        2048 * 151_936 * 39 + 2048 * 1536 * 2 * 1.28,
        3,
      );
    });
  });
});

describe.each([
  ['sglang', { fraction: 0.5, block: 1 }],
  ['lmi-trtllm', { fraction: 0.5, block: 64 }],
] as const)('the cache of %s', (family, { fraction, block }) => {
  const on = (config: Json, options: ServingOptions, gib = 40) =>
    planMemory(
      onDevice(
        endpoint(
          {
            container: { family },
            instanceType: 'ml.p4d.24xlarge',
            options: { tensorParallelSize: 1, gpuMemoryUtilization: fraction, ...options },
          },
          config,
        ),
        gib * GIB,
      ),
    );

  test('holds blocks of tokens, for as many requests as they last', () => {
    const { memory, kvBytesPerToken, kvCacheTokens, maxConcurrency, largestMaxModelLen } = on(LLAMA_8B, {
      maxModelLen: 5000,
    });
    const blocks = Math.floor((memory.kvCache as number) / (LLAMA_TOKEN * block));
    expect(blocks).toBeGreaterThan(100);
    expect(kvBytesPerToken).toBe(LLAMA_TOKEN);
    expect(kvCacheTokens).toBe(blocks * block);
    expect(maxConcurrency).toBeCloseTo(blocks / Math.ceil(5000 / block), 9);
    expect(largestMaxModelLen).toBe(Math.min(8192 * 16, blocks * block));
  });

  test('keeps of layers with a window only that and one step', () => {
    const { memory, kvCacheTokens, maxConcurrency } = on(GEMMA2_2B, { maxModelLen: 8192, maxNumBatchedTokens: 1024 });
    if (family === 'sglang') {
      // Which keeps all of them, unless it knows the model.
      const tokens = Math.floor((memory.kvCache as number) / (GEMMA_LAYER_TOKEN * 26));
      expect(kvCacheTokens).toBe(tokens);
      expect(maxConcurrency).toBe(tokens / 8192);
      return;
    }
    const blocks = Math.floor((memory.kvCache as number) / (GEMMA_LAYER_TOKEN * 13 * block));
    expect(kvCacheTokens).toBe(Math.floor(blocks / 2) * block);
    const window = Math.ceil((4095 + 1024) / block) + 1;
    expect(maxConcurrency).toBeCloseTo(blocks / (8192 / block + window), 9);
  });

  test('is divided among ranks and stages', () => {
    expect(on(LLAMA_8B, { tensorParallelSize: 2 }).kvBytesPerToken).toBe(LLAMA_TOKEN / 2);
    expect(on(LLAMA_8B, { tensorParallelSize: 1, pipelineParallelSize: 4 }).kvBytesPerToken).toBe(LLAMA_TOKEN / 4);
    expect(on(LLAMA_8B, { kvCacheDtype: 'fp8' }).kvBytesPerToken).toBe(LLAMA_TOKEN / 2);
  });

  test('is not known for a dtype that nobody knows', () => {
    expect(on(LLAMA_8B, { kvCacheDtype: 'turbo3' })).toMatchObject({ kvBytesPerToken: null, ...NO_FIGURES });
  });

  test('is none where the weights leave nothing', () => {
    expect(on(LLAMA_8B, {}, 16)).toMatchObject({
      memory: { kvCache: 0 },
      kvCacheTokens: 0,
      maxConcurrency: 0,
      largestMaxModelLen: 0,
    });
  });
});

describe('SGLang', () => {
  test.each([
    ['ml.g5.12xlarge', 1, 0.3],
    ['ml.g5.12xlarge', 4, 0.3 + 0.13],
    ['ml.g5.48xlarge', 8, 0.3 + 0.13],
    ['ml.p4d.24xlarge', 1, 0.3],
    ['ml.p4d.24xlarge', 2, 0.3 + 1.16],
    ['ml.p4d.24xlarge', 8, 0.3 + 1.88],
    ['ml.p5.48xlarge', 1, 0.71],
    ['ml.p5.48xlarge', 8, 0.71 + 1.88],
  ])('on %s has its fraction of what %i ranks leave, which is all but %d GiB', (instanceType, ranks, gib) => {
    const { total, usable } = memoryOf({
      container: { family: 'sglang' },
      instanceType,
      options: { tensorParallelSize: ranks, gpuMemoryUtilization: 0.8 },
    }).memory;
    expect(((total as number) - (usable as number) / 0.8) / GIB).toBeCloseTo(gib, 6);
  });

  test('keeps recurrent states in a share of the cache, or as many as sequences where it keeps no prefixes', () => {
    const config = {
      architectures: ['Qwen3NextForCausalLM'],
      model_type: 'qwen3_next',
      ...{ hidden_size: 2048, intermediate_size: 5120, num_hidden_layers: 8, vocab_size: 151_936 },
      ...{ num_attention_heads: 16, num_key_value_heads: 2, head_dim: 256, full_attention_interval: 4 },
      ...{ linear_conv_kernel_dim: 4, linear_key_head_dim: 128, linear_num_key_heads: 16 },
      ...{ linear_num_value_heads: 32, linear_value_head_dim: 128, max_position_embeddings: 262_144 },
    };
    const tokens = (options: ServingOptions) =>
      memoryOf(
        { container: { family: 'sglang' }, instanceType: 'ml.p5.4xlarge', options: { maxNumSeqs: 4, ...options } },
        config,
      ).kvCacheTokens as number;
    expect(tokens({ enablePrefixCaching: true })).toBe(tokens({}));
    expect(tokens({ enablePrefixCaching: false })).toBeGreaterThan(1.8 * tokens({}));
  });

  test('keeps activations and graphs in the rest', () => {
    expect(memoryOf({ container: { family: 'sglang' }, instanceType: 'ml.p4d.24xlarge' }).memory).toMatchObject({
      activations: 0,
      graphs: 0,
      runtime: 0,
    });
  });
});

describe('TensorRT-LLM', () => {
  test('takes weights and a step of activations first', () => {
    const on = (tensorParallelSize: number) =>
      planMemory(
        onDevice(
          endpoint({
            container: { family: 'lmi-trtllm' },
            instanceType: 'ml.p4d.24xlarge',
            options: { tensorParallelSize, maxNumBatchedTokens: 1000, gpuMemoryUtilization: 0.5 },
          }),
          40 * GIB,
        ),
      ).memory;
    for (const ranks of [1, 4]) {
      const { weights, activations, runtime, usable, kvCache } = on(ranks);
      expect(activations).toBe(1000 * 2 * (3 * 4096 + (3 * 14_336) / ranks));
      expect(runtime).toBe(Math.round(0.8 * GIB));
      const left = 40 * GIB - (weights as number) - (activations as number) - 0.8 * GIB;
      expect(kvCache).toBeCloseTo(left * 0.5, -1);
      expect(usable).toBeCloseTo(40 * GIB - left * 0.5, -1);
    }
  });
});

describe.each(['vllm', 'sglang', 'lmi-trtllm'] as const)('%s', (family) => {
  test('without an instance has weights and the size of a token, and no figure of a device', () => {
    const { memory, ...figures } = memoryOf({ container: { family } });
    expect(memory).toMatchObject({
      total: null,
      usable: null,
      activations: null,
      graphs: null,
      runtime: null,
      kvCache: null,
    });
    expect(memory.weights).toBeGreaterThan(16e9);
    expect(figures).toEqual({ kvBytesPerToken: LLAMA_TOKEN, ...NO_FIGURES });
  });

  test('with weights that it does not load has no cache', () => {
    const { memory, ...figures } = memoryOf({
      container: { family },
      instanceType: 'ml.g5.2xlarge',
      quantization: 'gguf:Q4_K_M',
    });
    expect(memory).toMatchObject({ weights: null, kvCache: null });
    expect(memory.total).toBeGreaterThan(20 * GIB);
    expect(memory.activations).toEqual(expect.any(Number));
    expect(figures).toEqual({ kvBytesPerToken: LLAMA_TOKEN, ...NO_FIGURES });
  });

  test('with a cache whose elements nobody knows has its bytes, and no tokens', () => {
    const { memory, ...figures } = memoryOf({
      container: { family },
      instanceType: 'ml.g6e.12xlarge',
      options: { kvCacheDtype: 'turbo3' },
    });
    expect(memory.kvCache).toBeGreaterThan(GIB);
    expect(figures).toEqual({ kvBytesPerToken: null, ...NO_FIGURES });
  });
});

describe('a model that keeps nothing between tokens', () => {
  test('has no cache, whatever is left', () => {
    const encoder = {
      ...{ architectures: ['BertModel'], model_type: 'bert', hidden_size: 768, intermediate_size: 3072 },
      ...{ num_attention_heads: 12, num_hidden_layers: 12, vocab_size: 30_522, max_position_embeddings: 512 },
    };
    const { memory, ...figures } = memoryOf({ container: { family: 'vllm' }, instanceType: 'ml.g5.2xlarge' }, encoder);
    expect(memory.kvCache).toBe(0);
    expect(figures).toEqual({ kvBytesPerToken: 0, ...NO_FIGURES });
  });

  test('but a state has one', () => {
    const states = {
      ...{ architectures: ['MambaForCausalLM'], model_type: 'mamba', hidden_size: 768, state_size: 16, conv_kernel: 4 },
      ...{ expand: 2, intermediate_size: 1536, time_step_rank: 48, num_hidden_layers: 24, vocab_size: 50_280 },
    };
    const { memory, kvCacheTokens } = memoryOf(
      { container: { family: 'vllm' }, instanceType: 'ml.g5.2xlarge', options: { maxModelLen: 2048 } },
      states,
    );
    expect(memory.kvCache).toBeGreaterThan(GIB);
    expect(kvCacheTokens).toBeGreaterThan(0);
  });
});

test('a context that is left to the server leaves its tokens open', () => {
  const container = { family: 'vllm' } as const;
  const environment = { SM_VLLM_MAX_MODEL_LEN: '-1' };
  expect(memoryOf({ container, instanceType: 'ml.g5.2xlarge', environment })).toMatchObject(NO_FIGURES);
});

describe('llama.cpp', () => {
  const MIB = 2 ** 20;
  const NORM = 4096 * 4;
  const LAYER = 2 * 4096 * (4096 + 1024 + 1024 + 4096 + 3 * 14_336) + 2 * NORM;
  const EMBEDDING = 128_256 * 4096 * 2;
  const forward = 512 * 4 * (3 * 14_336 + 4 * 4096);
  /** F16: two bytes of a matrix's element, four of a norm's. */
  const spec = (options: ServingOptions = {}, parts: Partial<EndpointSpec> = {}, config?: Json) =>
    endpoint(
      {
        container: { family: 'llama-cpp' },
        quantization: 'gguf:F16',
        instanceType: 'ml.g5.2xlarge',
        options: { maxModelLen: 8192, slots: 1, ...options },
        ...parts,
      },
      config,
    );
  const GEMMA3_27B = {
    ...{ architectures: ['Gemma3ForCausalLM'], model_type: 'gemma3_text', vocab_size: 262_208 },
    ...{ hidden_size: 5376, intermediate_size: 21_504, num_hidden_layers: 62, num_attention_heads: 32 },
    ...{ num_key_value_heads: 16, head_dim: 128, sliding_window: 1024, sliding_window_pattern: 6 },
    max_position_embeddings: 131_072,
  };
  const on = (...of: Parameters<typeof spec>) => planMemory(resolveEndpoint(spec(...of)));
  const ngl = (text: string) => ({ environment: { SM_LLAMA_CPP_N_GPU_LAYERS: text } });

  test('with no layer offloaded has nothing on the GPU', () => {
    expect(on({}, ngl('0'))).toMatchObject({ memory: { weights: 0, kvCache: 0 }, kvBytesPerToken: 0 });
  });

  test.each([
    ['1', EMBEDDING + NORM, 0],
    ['32', 31 * LAYER + EMBEDDING + NORM, 31],
    ['33', 32 * LAYER + EMBEDDING + NORM, 32],
    ['99', 32 * LAYER + EMBEDDING + NORM, 32],
    ['-1', 32 * LAYER + EMBEDDING + NORM, 32],
    ['all', 32 * LAYER + EMBEDDING + NORM, 32],
  ])('with --n-gpu-layers %s has %i bytes of weights, the cache of %i layers', (text, weights, layers) => {
    const plan = on({}, ngl(text));
    expect(plan.memory.weights).toBe(weights);
    expect(plan.kvBytesPerToken).toBe((LLAMA_TOKEN * layers) / 32);
    expect(plan.memory.kvCache).toBe((8192 * LLAMA_TOKEN * layers) / 32);
  });

  test('offloads the head last in builds up to b7347', () => {
    const before = (text: string) => on({}, { container: { family: 'llama-cpp', version: 'b7347' }, ...ngl(text) });
    expect(before('1').memory.weights).toBe(LAYER);
    expect(before('32').memory.weights).toBe(32 * LAYER);
    expect(before('33').memory.weights).toBe(32 * LAYER + EMBEDDING + NORM);
  });

  test('is told by llama-server’s own variables as well', () => {
    const own = { LLAMA_ARG_CTX_SIZE: '4096', LLAMA_ARG_N_PARALLEL: '2', LLAMA_ARG_N_GPU_LAYERS: '17' };
    const image = { SM_LLAMA_CPP_CTX_SIZE: '4096', SM_LLAMA_CPP_PARALLEL: '2', SM_LLAMA_CPP_N_GPU_LAYERS: '17' };
    const unset = { maxModelLen: undefined, slots: undefined };
    expect(on(unset, { environment: own })).toEqual(on(unset, { environment: image }));
    expect(on(unset, { environment: own }).memory.kvCache).toBe((4096 * LLAMA_TOKEN * 16) / 32);
  });

  test('leaves the experts of the first layers in host memory', () => {
    const gpu = (environment: Record<string, string>) => on({}, { environment }, MIXTRAL).memory.weights as number;
    const experts = 2 * 8 * 3 * 4096 * 14_336;
    const whole = gpu({});
    expect(gpu({ SM_LLAMA_CPP_N_CPU_MOE: '10' })).toBe(whole - 10 * experts);
    expect(gpu({ SM_LLAMA_CPP_CPU_MOE: 'true' })).toBe(whole - 32 * experts);
    expect(gpu({ SM_LLAMA_CPP_OVERRIDE_TENSOR: '.ffn_.*_exps.=CPU' })).toBe(whole - 32 * experts);
  });

  test('shares layers out as --tensor-split says, and to one GPU without a split', () => {
    const four = (environment: Record<string, string>) =>
      on({}, { instanceType: 'ml.g5.12xlarge', environment }).memory;
    const alone = on().memory.weights;
    expect(four({ SM_LLAMA_CPP_TENSOR_SPLIT: '1,0,0,0' }).weights).toBe(alone);
    expect(four({ SM_LLAMA_CPP_SPLIT_MODE: 'none' }).weights).toBe(alone);
    expect(four({ SM_LLAMA_CPP_TENSOR_SPLIT: '1/1/1/1' })).toEqual(four({}));
    expect(four({ SM_LLAMA_CPP_TENSOR_SPLIT: '2,1' }).weights).toBe(22 * LAYER);
  });

  test('shortens a context that nobody set until it fits', () => {
    const options = { maxModelLen: undefined, slots: undefined };
    const small = on(options, { instanceType: 'ml.g4dn.xlarge', quantization: 'gguf:Q8_0' });
    expect(small.maxConcurrency).toBe(4);
    expect(small.kvCacheTokens).toBeGreaterThan(4096);
    expect(small.kvCacheTokens).toBeLessThan(131_072);
    const before = { container: { family: 'llama-cpp' as const, version: 'b6301' } };
    expect(on(options, { ...before, quantization: 'gguf:Q8_0' }).kvCacheTokens).toBe(4096);
  });

  test('fills devices with whole layers, the head with the last', () => {
    const four = on({}, { instanceType: 'ml.g5.12xlarge' });
    expect(four.memory.weights).toBe(7 * LAYER + EMBEDDING + NORM);
    expect(four.kvBytesPerToken).toBe((LLAMA_TOKEN * 9) / 32);
    // Without the head the first device, which has the odd layer, has most.
    const before = { container: { family: 'llama-cpp' as const, version: 'b7347' }, instanceType: 'ml.g5.12xlarge' };
    expect(on({}, { ...before, ...ngl('30') }).memory.weights).toBe(8 * LAYER);
    expect(on({}, { ...before, ...ngl('2') }).memory.weights).toBe(LAYER);
  });

  // Figures of llama.cpp v0.5.0 itself, "compute buffer size", for Q8_0 files of these shapes.
  test.each([
    [LLAMA_8B, 4096, 1, 'on', 512, 120],
    [LLAMA_8B, 131_072, 1, 'on', 512, 244],
    [LLAMA_8B, 32_768, 4, 'on', 512, 124],
    [LLAMA_8B, 16_384, 1, 'on', 2048, 528],
    [LLAMA_8B, 8192, 1, 'off', 512, 572],
    [LLAMA_8B, 32_768, 1, 'off', 512, 2156],
    [MIXTRAL, 32_768, 1, 'on', 512, 232],
    [MIXTRAL, 16_384, 1, 'on', 2048, 864],
  ])(
    'reserves the graph that llama.cpp reports, %#',
    (config, maxModelLen, slots, flashAttention, batch, mebibytes) => {
      const environment = { SM_LLAMA_CPP_UBATCH_SIZE: String(batch) };
      const { activations } = on({ maxModelLen, slots, flashAttention }, { environment }, config).memory;
      expect((activations as number) / MIB / mebibytes).toBeCloseTo(1, 2);
    },
  );

  test.each<[string, Json, ServingOptions, Record<string, string>, number]>([
    ['of four slots with a cache each', LLAMA_8B, { slots: 4 }, {}, 124],
    ['of four slots that share theirs', LLAMA_8B, { slots: 4 }, { SM_LLAMA_CPP_KV_UNIFIED: 'true' }, 148],
    ['of experts whose sums are widest', QWEN3_MOE, {}, {}, 120],
    ['of heads wider than the hidden states', QWEN3_MOE, { slots: 4, flashAttention: 'off' }, {}, 558],
    ['of windows', GEMMA3_27B, {}, {}, 199],
    ['of windows that keep everything', GEMMA3_27B, {}, { SM_LLAMA_CPP_SWA_FULL: 'true' }, 229.5],
    ['of a model without windows, all the same', LLAMA_8B, {}, { SM_LLAMA_CPP_SWA_FULL: 'true' }, 148],
  ])('reserves the graph that llama.cpp reports %s', (_what, config, options, environment, mebibytes) => {
    const asked = { maxModelLen: 32_768, flashAttention: 'on', ...options };
    const { activations } = on(asked, { environment, instanceType: 'ml.p5.4xlarge' }, config).memory;
    expect(Math.abs((activations as number) / MIB / mebibytes - 1)).toBeLessThan(0.025);
  });

  test('reserves logits of the whole micro-batch in builds up to b8390', () => {
    const before = { container: { family: 'llama-cpp' as const, version: 'b8390' } };
    expect(on({}, before).memory.activations).toBe(512 * (128_256 + 4096) * 4);
    expect(on({}).memory.activations).toBe(forward + 512 * 8192 * 2);
  });

  test('has flash attention off in builds that have no auto', () => {
    const before = { container: { family: 'llama-cpp' as const, version: 'b4980' } };
    const off = 512 * 4 * (33 * 32_768 + 5 * 4096 + 2 * 1024);
    expect(on({ maxModelLen: 32_768 }, before).memory.activations).toBe(off);
    expect(on({ maxModelLen: 32_768, flashAttention: 'on' }, before).memory.activations).toBeLessThan(off);
  });

  test('keeps a window and a micro-batch of layers that have one, for each slot', () => {
    const cache = (options: ServingOptions) =>
      on({ ...options }, { instanceType: 'ml.g6e.2xlarge' }, { ...GEMMA2_2B, max_position_embeddings: 65_536 }).memory
        .kvCache;
    const of = (full: number, window: number) => 13 * (full + window) * GEMMA_LAYER_TOKEN;
    expect(cache({ maxModelLen: 4096 })).toBe(of(4096, 4096));
    expect(cache({ maxModelLen: 16_384 })).toBe(of(16_384, 4096 + 512));
    expect(cache({ maxModelLen: 16_384, slots: 3 })).toBe(of(16_896, 3 * (4096 + 512)));
    expect(cache({ maxModelLen: 16_384, slots: undefined })).toBe(of(16_384, 16_384));
  });

  // MiB that llama.cpp v0.5.0 prints for a file of this shape, "KV buffer size" of both caches together.
  test.each([
    [{ maxModelLen: 4096, slots: 1 }, {}, 944],
    [{ maxModelLen: 131_072, slots: 1 }, {}, 10_864],
    [{ maxModelLen: 32_768, slots: 4 }, {}, 5056],
    [{ maxModelLen: 32_768, slots: 4 }, { SM_LLAMA_CPP_KV_UNIFIED: 'true' }, 4432],
    [{ maxModelLen: 5000, slots: 3 }, {}, 2292],
    [{ maxModelLen: 16_384, slots: 1 }, { SM_LLAMA_CPP_UBATCH_SIZE: '2048' }, 2528],
    [{ maxModelLen: 32_768, slots: 1 }, { SM_LLAMA_CPP_SWA_FULL: 'true' }, 15_872],
  ])('keeps the cache of a Gemma 3 that llama.cpp reports, %#', (options, environment, mebibytes) => {
    const instance = { instanceType: 'ml.r7i.48xlarge', environment };
    expect(on(options, instance, GEMMA3_27B).memory.kvCache).toBe(mebibytes * MIB);
  });

  test('keeps a state for each slot', () => {
    const states = {
      ...{ architectures: ['MambaForCausalLM'], model_type: 'mamba', hidden_size: 768, state_size: 16, conv_kernel: 4 },
      ...{ expand: 2, intermediate_size: 1536, time_step_rank: 48, num_hidden_layers: 24, vocab_size: 50_280 },
    };
    const one = on({ slots: 1 }, {}, states).memory.kvCache as number;
    expect(one).toBeGreaterThan(24 * 1536 * 16);
    expect(on({ slots: 3 }, {}, states).memory.kvCache).toBe(3 * one);
  });

  describe('on a device that is just large enough', () => {
    const needed = 32 * LAYER + EMBEDDING + NORM + forward + 512 * 8192 * 2 + 300 * MIB + 8192 * LLAMA_TOKEN;
    const at = (bytes: number, options: ServingOptions = {}) => planMemory(onDevice(spec(options), bytes));

    test('serves, and one byte less does not', () => {
      expect(at(needed)).toMatchObject({ kvCacheTokens: 8192, maxConcurrency: 1, largestMaxModelLen: 8192 });
      expect(at(needed).memory).toMatchObject({ runtime: 300 * MIB, graphs: 0, usable: needed, total: needed });
      expect(at(needed - 1)).toMatchObject({
        memory: { kvCache: 8192 * LLAMA_TOKEN - 1 },
        kvCacheTokens: 8191,
        maxConcurrency: 0,
        largestMaxModelLen: 8191,
      });
      expect(at(needed - 100 * LLAMA_TOKEN)).toMatchObject({ kvCacheTokens: 8092, largestMaxModelLen: 8092 });
      expect(at(GIB)).toMatchObject({ kvCacheTokens: 0, maxConcurrency: 0, largestMaxModelLen: 0 });
    });

    test('may have longer contexts than asked, up to the model’s own for each slot', () => {
      const roomy = (slots: number) => planMemory(onDevice(spec({ maxModelLen: 1024, slots }), 80 * GIB));
      expect(roomy(1).largestMaxModelLen).toBe(131_072);
      expect(roomy(2).largestMaxModelLen).toBe(262_144);
      expect(roomy(1)).toMatchObject({ kvCacheTokens: 1024, maxConcurrency: 1 });
      const beyond = planMemory(onDevice(spec({ maxModelLen: 200_000 }), 80 * GIB));
      expect(beyond.largestMaxModelLen).toBe(200_000);
    });
  });

  test('on a CPU leaves the system its part of the memory', () => {
    const { memory, maxConcurrency } = on({}, { instanceType: 'ml.c7i.8xlarge' });
    expect(memory).toMatchObject({
      total: 64 * GIB,
      usable: Math.floor(64 * GIB * 0.925),
      weights: 32 * LAYER + 2 * EMBEDDING + NORM,
      runtime: 0,
      kvCache: 8192 * LLAMA_TOKEN,
    });
    expect(maxConcurrency).toBe(1);
    // 15.0 GiB of weights, 4.25 of cache and graph: into 16 GiB they go neither with nor without the system.
    expect(on({}, { instanceType: 'ml.c7i.2xlarge' }).maxConcurrency).toBe(0);
  });

  test('without an instance is planned for a GPU whose size nobody knows', () => {
    const { memory, ...figures } = on({}, { instanceType: undefined });
    expect(memory).toMatchObject({ total: null, usable: null, kvCache: null, runtime: 300 * MIB });
    expect(memory.weights).toBe(32 * LAYER + EMBEDDING + NORM);
    expect(figures).toEqual({ kvBytesPerToken: LLAMA_TOKEN, ...NO_FIGURES });
  });

  test.each([[{ kvTypeK: 'q99' }], [{ kvTypeV: 'q99' }]])('with a cache of %j knows its weights alone', (options) => {
    const { memory, ...figures } = on(options);
    expect(memory).toMatchObject({ weights: 32 * LAYER + EMBEDDING + NORM, kvCache: null, usable: null });
    expect(memory.total).toBeGreaterThan(20 * GIB);
    expect(figures).toEqual({ kvBytesPerToken: null, ...NO_FIGURES });
    expect(on(options, { instanceType: undefined }).memory.total).toBeNull();
  });

  test('knows nothing of weights that are no GGUF', () => {
    const { memory, ...figures } = on({}, { quantization: 'awq' });
    expect(new Set(Object.values(memory))).toEqual(new Set([null]));
    expect(figures).toEqual({ kvBytesPerToken: null, ...NO_FIGURES });
  });

  test('knows no tokens of a model without a context', () => {
    const parts = { options: { maxModelLen: undefined } } as const;
    const { memory, ...figures } = on({}, parts, { ...LLAMA_8B, max_position_embeddings: undefined });
    expect(memory).toMatchObject({ weights: 32 * LAYER + EMBEDDING + NORM, kvCache: null });
    expect(memory.total).toBeGreaterThan(20 * GIB);
    expect(figures).toEqual({ kvBytesPerToken: LLAMA_TOKEN, ...NO_FIGURES });
  });
});

describe('Neuron', () => {
  const on = (options: ServingOptions, parts: Partial<EndpointSpec> = {}, config?: Json) =>
    memoryOf(
      {
        container: { family: 'hf-vllm-neuron' },
        instanceType: 'ml.inf2.24xlarge',
        options: { sequenceLength: 4096, batchSize: 2, tensorParallelSize: 8, ...options },
        ...parts,
      },
      config,
    );
  const core = 16 * GIB;

  test.each<[string, Json, number, number]>([
    ['one each', LLAMA_8B, 8, 1],
    ['two each', LLAMA_8B, 4, 2],
    ['copies of one', { ...LLAMA_8B, num_key_value_heads: 4 }, 8, 1],
    ['all query heads, where neither divides', { ...LLAMA_8B, num_key_value_heads: 6 }, 4, 8],
    ['all query heads, padded', { ...LLAMA_8B, num_key_value_heads: 8 }, 12, 3],
  ])('holds of the KV heads %s', (_, config, tensorParallelSize, heads) => {
    expect(on({ tensorParallelSize }, {}, config).kvBytesPerToken).toBe(heads * 2 * 128 * 2 * 32);
  });

  test('allocates the cache for batch and length', () => {
    const perToken = 2 * 128 * 2 * 32;
    const { memory, ...figures } = on({});
    expect(memory).toMatchObject({ total: core, usable: core, kvCache: 2 * 4096 * perToken });
    const longest = Math.floor((core - (memory.weights as number)) / (perToken * 2));
    expect(figures).toEqual({
      kvBytesPerToken: perToken,
      kvCacheTokens: 8192,
      maxConcurrency: 2,
      largestMaxModelLen: Math.min(longest, 131_072),
    });
    const large = on({ batchSize: 64 });
    expect(large.largestMaxModelLen).toBe(Math.floor((core - (memory.weights as number)) / (perToken * 64)));
  });

  test('that does not fit serves nobody, and says how much would', () => {
    const { memory, ...figures } = on({ batchSize: 64, sequenceLength: 131_072 });
    const perToken = 2 * 128 * 2 * 32;
    const room = core - (memory.weights as number);
    const longest = Math.floor(room / (perToken * 64));
    expect(memory.kvCache).toBe(room);
    expect(figures).toEqual({
      kvBytesPerToken: perToken,
      kvCacheTokens: longest * 64,
      maxConcurrency: 0,
      largestMaxModelLen: longest,
    });
  });

  test('without an instance, or on another kind, knows weights and cache', () => {
    for (const instanceType of [undefined, 'ml.g5.12xlarge']) {
      const { memory, ...figures } = on({}, { instanceType });
      expect(memory).toMatchObject({ total: null, usable: null, kvCache: 2 * 4096 * 2 * 128 * 2 * 32 });
      expect(memory.weights).toBeGreaterThan(1e9);
      expect(figures).toEqual({ kvBytesPerToken: 2 * 128 * 2 * 32, ...NO_FIGURES });
    }
  });

  test('with weights that it does not load knows the cache', () => {
    const { memory, ...figures } = on({}, { quantization: 'gguf:Q4_K_M' });
    expect(memory).toMatchObject({ total: core, weights: null, kvCache: 2 * 4096 * 2 * 128 * 2 * 32 });
    expect(figures).toEqual({ kvBytesPerToken: 2 * 128 * 2 * 32, ...NO_FIGURES });
  });

  test('with a cache whose elements nobody knows has no tokens', () => {
    const { memory, ...figures } = on({ kvCacheDtype: 'turbo3' });
    expect(memory).toMatchObject({ total: core, kvCache: null });
    expect(figures).toEqual({ kvBytesPerToken: null, ...NO_FIGURES });
  });

  test('of a latent keeps all of it on each core, and of recurrent layers nothing by the token', () => {
    const latent = {
      ...{
        architectures: ['DeepseekV2ForCausalLM'],
        model_type: 'deepseek_v2',
        hidden_size: 2048,
        intermediate_size: 10_944,
      },
      ...{ num_attention_heads: 16, num_key_value_heads: 16, num_hidden_layers: 27, vocab_size: 102_400 },
      ...{ kv_lora_rank: 512, qk_rope_head_dim: 64, qk_nope_head_dim: 128, v_head_dim: 128, q_lora_rank: null },
      ...{ n_routed_experts: 64, n_shared_experts: 2, num_experts_per_tok: 6, moe_intermediate_size: 1408 },
      ...{ first_k_dense_replace: 1, max_position_embeddings: 163_840 },
    };
    expect(on({}, {}, latent).kvBytesPerToken).toBe((512 + 64) * 2 * 27);
    const states = {
      ...{ architectures: ['MambaForCausalLM'], model_type: 'mamba', hidden_size: 768, state_size: 16, conv_kernel: 4 },
      ...{ expand: 2, intermediate_size: 1536, time_step_rank: 48, num_hidden_layers: 24, vocab_size: 50_280 },
    };
    expect(on({}, {}, states)).toMatchObject({ kvBytesPerToken: 0, largestMaxModelLen: null, maxConcurrency: 2 });
  });
});
