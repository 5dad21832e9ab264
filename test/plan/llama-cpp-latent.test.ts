import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { makePlan } from '../../lib/plan';
import { DEEPSEEK_V3, LLAMA_8B, type Json } from '../../lib/rules/helpers/samples';

const cached = (config: Json, version?: string, environment: Record<string, string> = {}) =>
  makePlan(
    resolveEndpoint({
      model: { config },
      quantization: 'gguf:Q4_K_M',
      container: { family: 'llama-cpp', ...(version === undefined ? {} : { version }) },
      instanceType: 'ml.p5.4xlarge',
      options: { maxModelLen: 4096, slots: 1 },
      environment,
    }),
  ).kvBytesPerToken;

const LAYERS = Number(DEEPSEEK_V3.num_hidden_layers);
const RANK = Number(DEEPSEEK_V3.kv_lora_rank);
const ROPE = Number(DEEPSEEK_V3.qk_rope_head_dim);
const HEADS = Number(DEEPSEEK_V3.num_attention_heads);
const NOPE = Number(DEEPSEEK_V3.qk_nope_head_dim);
const VALUE = Number(DEEPSEEK_V3.v_head_dim);

describe('a latent in the cache of llama.cpp', () => {
  test('is kept alone by the newest builds, as the key', () => {
    expect(cached(DEEPSEEK_V3)).toBe(LAYERS * (RANK + ROPE) * 2);
    expect(cached(DEEPSEEK_V3, 'b7836')).toBe(LAYERS * (RANK + ROPE) * 2);
  });

  test('had its part without positions beside it as the value up to b7698, each in a type of its own', () => {
    expect(cached(DEEPSEEK_V3, 'b7698')).toBe(LAYERS * (RANK + ROPE + RANK) * 2);
    expect(cached(DEEPSEEK_V3, 'b5415')).toBe(LAYERS * (RANK + ROPE + RANK) * 2);
    const bytesOfQ8 = 34 / 32;
    expect(cached(DEEPSEEK_V3, 'b7698', { SM_LLAMA_CPP_CACHE_TYPE_K: 'q8_0' })).toBeCloseTo(
      LAYERS * ((RANK + ROPE) * bytesOfQ8 + RANK * 2),
      3,
    );
  });

  test('was keys and values of every head up to b4980', () => {
    expect(cached(DEEPSEEK_V3, 'b4980')).toBe(LAYERS * HEADS * (NOPE + ROPE + VALUE) * 2);
    const bytesOfQ8 = 34 / 32;
    expect(cached(DEEPSEEK_V3, 'b4980', { SM_LLAMA_CPP_CACHE_TYPE_K: 'q8_0' })).toBeCloseTo(
      LAYERS * HEADS * ((NOPE + ROPE) * bytesOfQ8 + VALUE * 2),
      3,
    );
  });

  test('is that of the language model where pictures are read as well', () => {
    const composed = {
      architectures: ['KimiVLForConditionalGeneration'],
      model_type: 'kimi_vl',
      text_config: DEEPSEEK_V3,
      vision_config: { hidden_size: 1152, intermediate_size: 4304, num_attention_heads: 16, num_hidden_layers: 27 },
    };
    expect(cached(composed, 'b4980')).toBe(cached(DEEPSEEK_V3, 'b4980'));
  });

  test('is not there without one: builds change nothing', () => {
    expect(cached(LLAMA_8B, 'b4980')).toBe(cached(LLAMA_8B));
  });
});
