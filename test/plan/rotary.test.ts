import { describeModel } from '../../lib/model';
import { loadedBytes } from '../../lib/plan/weights/loaded';
import type { Loader } from '../../lib/plan/weights/loader';
import { rotaryTableBytes } from '../../lib/plan/weights/rotary';
import { parseScheme } from '../../lib/scheme';

type Json = Readonly<Record<string, unknown>>;

const LLAMA: Json = {
  ...{ architectures: ['LlamaForCausalLM'], model_type: 'llama', hidden_size: 1024, intermediate_size: 2048 },
  ...{ num_attention_heads: 8, num_key_value_heads: 4, num_hidden_layers: 2, vocab_size: 32_000 },
  ...{ max_position_embeddings: 4096, rope_theta: 10_000 },
};
const HEAD = 128;
const tables = (config: Json, engine: 'vllm' | 'sglang' | 'llama.cpp' = 'vllm') =>
  rotaryTableBytes(describeModel(config), engine, 2);

describe('tables of rotary positions', () => {
  test.each<[string, Json, number]>([
    ['as many as the config’s', {}, 4096],
    ['times the factor of linear scaling', { rope_scaling: { rope_type: 'linear', factor: 8 } }, 8 * 4096],
    ['times the factor of dynamic scaling', { rope_scaling: { type: 'dynamic', factor: 2 } }, 2 * 4096],
    [
      'those before YaRN times its factor',
      { rope_scaling: { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 2048 } },
      4 * 2048,
    ],
    ['the config’s times YaRN’s factor', { rope_scaling: { rope_type: 'yarn', factor: 4 } }, 4 * 4096],
    [
      'the short and the long of LongRoPE',
      { rope_scaling: { type: 'longrope' }, original_max_position_embeddings: 1024 },
      4096 + 1024,
    ],
    ['as they are for Llama 3', { rope_scaling: { rope_type: 'llama3', factor: 8 } }, 4096],
    ['four times for videos', { rope_scaling: { type: 'mrope', mrope_section: [16, 24, 24] } }, 4 * 4096],
  ])('have %s', (_name, parts, positions) => {
    expect(tables({ ...LLAMA, ...parts })).toBe(positions * HEAD * 2);
  });

  test('have room for videos in vLLM only', () => {
    const config = { ...LLAMA, rope_scaling: { type: 'mrope', mrope_section: [16, 24, 24] } };
    expect(tables(config, 'sglang')).toBe(4096 * HEAD * 2);
  });

  test('are in 32 bits in SGLang since 0.4.3, but for LongRoPE', () => {
    const precise = (config: Json) => rotaryTableBytes(describeModel(config), 'sglang', 2, true);
    expect(precise(LLAMA)).toBe(4096 * HEAD * 4);
    expect(precise({ ...LLAMA, rope_scaling: { rope_type: 'yarn', factor: 4 } })).toBe(4 * 4096 * HEAD * 4);
    expect(precise({ ...LLAMA, rope_scaling: { type: 'longrope' } })).toBe(4096 * HEAD * 2);
    expect(precise({ ...LLAMA, rope_scaling: { rope_type: 'su' } })).toBe(4096 * HEAD * 2);
    const weights = (text: string) =>
      loadedBytes(describeModel(LLAMA), parseScheme('none', { origin: 'spec' }), {
        ...{ engine: 'sglang', version: text.split('.').map(Number), sm: 90, plainBytes: 2 },
        parallelism: { tensor: 1, pipeline: 1, experts: false },
      } as Loader) as number;
    expect(weights('0.4.3') - weights('0.4.2')).toBe(4096 * HEAD * 2);
  });

  test('hold the part of a head that rotates', () => {
    expect(tables({ ...LLAMA, partial_rotary_factor: 0.25 })).toBe(4096 * 32 * 2);
    expect(tables({ ...LLAMA, rope_parameters: { partial_rotary_factor: 0.5, rope_theta: 1 } })).toBe(4096 * 64 * 2);
    expect(tables({ ...LLAMA, rotary_dim: 64 })).toBe(4096 * 64 * 2);
  });

  test('are two in 32 bits where compressed entries rotate at another pace', () => {
    const paces: Json = { compress_rope_theta: 160_000, qk_rope_head_dim: 64 };
    expect(tables({ ...LLAMA, ...paces })).toBe(2 * 4096 * 64 * 4);
    expect(tables({ ...LLAMA, compress_rope_theta: 160_000 })).toBe(4096 * HEAD * 2);
  });

  test('are two where local layers rotate otherwise than global ones', () => {
    const gemma: Json = {
      ...{ architectures: ['Gemma3ForCausalLM'], model_type: 'gemma3_text', hidden_size: 1024, head_dim: 256 },
      ...{ intermediate_size: 2048, num_attention_heads: 4, num_key_value_heads: 1, num_hidden_layers: 6 },
      ...{ vocab_size: 32_000, max_position_embeddings: 4096, sliding_window: 512 },
      ...{ rope_theta: 1_000_000, rope_local_base_freq: 10_000 },
    };
    expect(tables(gemma)).toBe(2 * 4096 * 256 * 2);
    expect(tables({ ...gemma, rope_scaling: { rope_type: 'linear', factor: 8 } })).toBe((8 + 1) * 4096 * 256 * 2);
    expect(tables({ ...gemma, rope_scaling: { rope_type: 'linear', factor: 8 } }, 'sglang')).toBe(2 * 4096 * 256 * 2);
    const { rope_local_base_freq: _, ...newer } = gemma;
    const full = { rope_type: 'proportional', partial_rotary_factor: 0.25 };
    expect(
      tables({
        ...newer,
        global_head_dim: 512,
        rope_parameters: { full_attention: full, sliding_attention: { rope_type: 'default' } },
      }),
    ).toBe(4096 * (512 + 256) * 2);
  });

  test('are none where nothing rotates, and where an engine computes them anew', () => {
    const { rope_theta: _, ...absolute } = LLAMA;
    expect(tables(absolute)).toBe(0);
    expect(tables(LLAMA, 'llama.cpp')).toBe(0);
  });
});

describe('what vLLM keeps beside the checkpoint’s tensors', () => {
  const loader: Loader = { engine: 'vllm', plainBytes: 2, parallelism: { tensor: 1, pipeline: 1, experts: false } };
  const bytes = (config: Json, parts: Partial<Loader> = {}) =>
    loadedBytes(describeModel(config), parseScheme('none', { origin: 'spec' }), { ...loader, ...parts }) ?? 0;

  test('is a second copy of keys that serve as values', () => {
    const gemma4: Json = {
      ...{ architectures: ['Gemma4ForCausalLM'], model_type: 'gemma4_text', hidden_size: 1024, head_dim: 128 },
      ...{ intermediate_size: 2048, num_attention_heads: 8, num_key_value_heads: 4, num_hidden_layers: 6 },
      ...{ vocab_size: 32_000, max_position_embeddings: 4096, sliding_window: 512, attention_k_eq_v: true },
    };
    const separate = bytes({ ...gemma4, attention_k_eq_v: false });
    expect(bytes(gemma4)).toBe(separate);
    // Only where an engine loads it twice.
    expect(bytes(gemma4, { engine: 'sglang' })).toBe(separate - 512 * 1024 * 2);
  });

  test('are buffers of a step for each depth at which images are added', () => {
    const deep: Json = {
      architectures: ['Qwen3VLForConditionalGeneration'],
      model_type: 'qwen3_vl',
      text_config: { ...LLAMA, model_type: 'qwen3_vl_text', head_dim: 128 },
      vision_config: { depth: 4, hidden_size: 1152, intermediate_size: 4304, deepstack_visual_indexes: [0, 1, 2] },
    };
    expect(bytes(deep, { stepTokens: 2048 }) - bytes(deep)).toBe(3 * 2048 * 1024 * 2);
    expect(bytes(deep, { stepTokens: 2048, engine: 'sglang' })).toBe(bytes(deep, { engine: 'sglang' }));
  });
});
