import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { ModelConfigError } from '../../lib/errors';
import { architectureNames, describeModel, findModelConfig, knownModelIds } from '../../lib/model';
import type { KvLayerGroup } from '../../lib/model';

type Config = Record<string, unknown>;

const { models } = JSON.parse(readFileSync(join(__dirname, '../../data/sources/models.json'), 'utf8')) as {
  models: readonly { id: string; config: Config }[];
};

function configOf(id: string): Config {
  const found = models.find((model) => model.id === id);
  if (found === undefined) throw new Error(`no ${id}`);
  return found.config;
}

function kvOf(id: string): readonly KvLayerGroup[] {
  return describeModel(configOf(id)).kv;
}

function errorOf(config: unknown, path?: string): ModelConfigError {
  try {
    describeModel(config, path);
  } catch (error) {
    if (error instanceof ModelConfigError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

const llama = configOf('meta-llama/Meta-Llama-3.1-8B');

describe('the KV cache', () => {
  it('holds all layers of a plain decoder', () => {
    expect(kvOf('meta-llama/Meta-Llama-3.1-8B')).toEqual([
      { kind: 'full', layers: 32, kvHeads: 8, keyDim: 128, valueDim: 128, elementsPerToken: 2048 },
    ]);
  });

  it('has one head with multi-query attention', () => {
    expect(kvOf('tiiuae/falcon-7b-instruct')).toMatchObject([{ kvHeads: 1, layers: 32 }]);
  });

  it('slides in every layer of Mistral 7B v0.1 and in none of Qwen 2.5', () => {
    expect(kvOf('mistralai/Mistral-7B-v0.1')).toMatchObject([{ kind: 'sliding', layers: 32, window: 4096 }]);
    expect(kvOf('Qwen/Qwen2.5-7B')).toMatchObject([{ kind: 'full', layers: 28 }]);
  });

  it('slides from max_window_layers on when Qwen switches its window on', () => {
    const config = {
      ...configOf('Qwen/Qwen2.5-7B'),
      use_sliding_window: true,
      sliding_window: 1024,
      max_window_layers: 20,
    };
    expect(describeModel(config).kv).toMatchObject([
      { kind: 'full', layers: 20 },
      { kind: 'sliding', layers: 8, window: 1024 },
    ]);
  });

  it('alternates in Gemma 2 and slides in five layers of six in Gemma 3', () => {
    expect(kvOf('google/gemma-2-2b-it')).toMatchObject([
      { kind: 'full', layers: 13 },
      { kind: 'sliding', layers: 13, window: 4096 },
    ]);
    expect(kvOf('google/gemma-3-1b-it')).toMatchObject([
      { kind: 'full', layers: 4 },
      { kind: 'sliding', layers: 22, window: 512 },
    ]);
  });

  it('differs by kind of layer in Gemma 4', () => {
    expect(kvOf('google/gemma-4-31B-it')).toMatchObject([
      { kind: 'sliding', layers: 50, kvHeads: 16, keyDim: 256, window: 1024 },
      { kind: 'full', layers: 10, kvHeads: 4, keyDim: 512 },
    ]);
  });

  it('is chunked in three layers of four in Llama 4', () => {
    expect(kvOf('meta-llama/Llama-4-Scout-17B-16E-Instruct')).toMatchObject([
      { kind: 'full', layers: 12 },
      { kind: 'chunked', layers: 36, window: 8192 },
    ]);
  });

  it('is one latent for all heads with latent attention', () => {
    const description = describeModel(configOf('deepseek-ai/DeepSeek-V3'));
    expect(description.mla).toEqual({ kvLoraRank: 512, ropeHeadDim: 64 });
    expect(description.kv).toMatchObject([{ kind: 'mla', layers: 61, elementsPerToken: 576 }]);
  });

  it('is a fixed state in recurrent layers', () => {
    // Qwen3.5-27B: 16 key and 48 value heads of 128, kernel 4; convolution in 2 bytes, state in 4.
    const state = 2 * (2 * 16 * 128 + 48 * 128) * 3 + 4 * 48 * 128 * 128;
    expect(kvOf('Qwen/Qwen3.5-27B')).toMatchObject([
      { kind: 'full', layers: 16, kvHeads: 4, keyDim: 256 },
      { kind: 'recurrent', layers: 48, elementsPerToken: 0, stateBytesPerSequence: state },
    ]);
    expect(kvOf('nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16')).toMatchObject([
      { kind: 'full', layers: 6, kvHeads: 2 },
      { kind: 'recurrent', layers: 23 },
    ]);
  });

  it('has a cross part in encoder-decoders and in Llama 3.2 Vision, and none in encoders', () => {
    expect(kvOf('google/flan-t5-xl').map((group) => group.kind)).toEqual(['full', 'cross']);
    expect(kvOf('meta-llama/Llama-3.2-90B-Vision-Instruct')).toMatchObject([
      { kind: 'full', layers: 80 },
      { kind: 'cross', layers: 20 },
    ]);
    expect(describeModel(configOf('google-bert/bert-base-uncased'))).toMatchObject({ kind: 'encoder', kv: [] });
  });
});

describe('a mixture of experts', () => {
  it('counts only the chosen experts as active', () => {
    const description = describeModel(configOf('mistralai/Mixtral-8x7B-v0.1'));
    expect(description.moe).toEqual({
      experts: 8,
      expertsPerToken: 2,
      expertIntermediateSize: 14336,
      sharedExperts: 0,
    });
    // 3 matrices of 4096 × 14336 for each of 6 idle experts in 32 layers.
    expect(description.parameterCount - description.activeParameterCount).toBe(3 * 4096 * 14336 * 6 * 32);
  });

  it('tells dense layers, routed and shared experts apart', () => {
    const description = describeModel(configOf('deepseek-ai/DeepSeek-V3'));
    const layersOf = (name: string) => description.weights.find((group) => group.name.endsWith(name))?.layers.length;
    expect(description.moe).toMatchObject({ experts: 256, expertsPerToken: 8, sharedExperts: 1 });
    expect(layersOf('mlp.gate_proj.weight')).toBe(3);
    expect(layersOf('experts.{expert}.gate_proj.weight')).toBe(58);
    expect(layersOf('shared_experts.gate_proj.weight')).toBe(58);
    // Published as 37 B, without the embedding.
    expect(Math.round((description.activeParameterCount - 129280 * 7168) / 1e9)).toBe(37);
  });

  it('of a dense model is undefined, and all its parameters are active', () => {
    const description = describeModel(llama);
    expect(description.moe).toBeUndefined();
    expect(description.activeParameterCount).toBe(description.parameterCount);
  });
});

describe('weights', () => {
  it('have the checkpoint’s names and the splits of tensor parallelism', () => {
    const groups = describeModel(llama).weights.map((group) => [group.name, group.role, group.split, group.shape]);
    expect(groups).toEqual([
      ['model.embed_tokens.weight', 'embedding', 'vocabulary', [128256, 4096]],
      ['model.layers.{layer}.input_layernorm.weight', 'norm', 'replicated', [4096]],
      ['model.layers.{layer}.post_attention_layernorm.weight', 'norm', 'replicated', [4096]],
      ['model.layers.{layer}.self_attn.q_proj.weight', 'linear', 'column', [4096, 4096]],
      ['model.layers.{layer}.self_attn.k_proj.weight', 'linear', 'column', [1024, 4096]],
      ['model.layers.{layer}.self_attn.v_proj.weight', 'linear', 'column', [1024, 4096]],
      ['model.layers.{layer}.self_attn.o_proj.weight', 'linear', 'row', [4096, 4096]],
      ['model.layers.{layer}.mlp.gate_proj.weight', 'linear', 'column', [14336, 4096]],
      ['model.layers.{layer}.mlp.up_proj.weight', 'linear', 'column', [14336, 4096]],
      ['model.layers.{layer}.mlp.down_proj.weight', 'linear', 'row', [4096, 14336]],
      ['model.norm.weight', 'norm', 'replicated', [4096]],
      ['lm_head.weight', 'head', 'vocabulary', [128256, 4096]],
    ]);
  });

  it('of a tower stand in their own place', () => {
    const places = new Set(describeModel(configOf('llava-hf/llava-1.5-7b-hf')).weights.map((group) => group.place));
    expect([...places].sort()).toEqual(['projector', 'text', 'vision']);
  });

  it('of a tied head are not listed twice', () => {
    const roles = describeModel({ ...llama, tie_word_embeddings: true }).weights.map((group) => group.role);
    expect(roles).not.toContain('head');
  });
});

describe('an architecture', () => {
  it('is found by model_type when the config names no class', () => {
    const config = { ...llama, architectures: undefined };
    expect(describeModel(config)).toMatchObject({ architecture: 'LlamaForCausalLM', known: true });
  });

  it('that is not known gets the generic estimate and a note', () => {
    const description = describeModel({ ...llama, architectures: ['FooForCausalLM'], model_type: 'foo' });
    expect(description).toMatchObject({
      architecture: 'FooForCausalLM',
      modelType: 'foo',
      known: false,
      kind: 'decoder',
    });
    expect(description.parameterCount).toBe(describeModel(llama).parameterCount);
    expect(description.notes.join(' ')).toContain('FooForCausalLM');
  });

  it('that is not known keeps its experts and its text config', () => {
    const description = describeModel({
      architectures: ['FooForConditionalGeneration'],
      text_config: { ...llama, num_experts: 4, num_experts_per_tok: 2, moe_intermediate_size: 512 },
      vision_config: {},
    });
    expect(description).toMatchObject({ known: false, multimodal: true, moe: { experts: 4, expertsPerToken: 2 } });
  });

  it('has one reader', () => {
    const names = architectureNames();
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThan(150);
  });
});

describe('a wrapper around a decoder', () => {
  it('of Phi-3.5 Vision has the published number of parameters', () => {
    const config = {
      architectures: ['Phi3VForCausalLM'],
      model_type: 'phi3_v',
      hidden_size: 3072,
      intermediate_size: 8192,
      num_hidden_layers: 32,
      num_attention_heads: 32,
      num_key_value_heads: 32,
      vocab_size: 32064,
      max_position_embeddings: 131072,
      tie_word_embeddings: false,
      img_processor: {
        image_dim_out: 1024,
        model_name: 'openai/clip-vit-large-patch14-336',
        name: 'clip_vision_model',
      },
    };
    expect(describeModel(config)).toMatchObject({ known: true, multimodal: true, parameterCount: 4_146_621_440 });
  });

  it('of the thinker of Qwen2.5-Omni has the published number of parameters, none of them estimated', () => {
    const text = { hidden_size: 3584, intermediate_size: 18944, num_hidden_layers: 28, vocab_size: 152064 };
    const heads = { num_attention_heads: 28, num_key_value_heads: 4, tie_word_embeddings: false };
    const vision = { depth: 32, hidden_size: 1280, intermediate_size: 3420, out_hidden_size: 3584 };
    const audio = { d_model: 1280, encoder_layers: 32, encoder_ffn_dim: 5120, output_dim: 3584 };
    const description = describeModel({
      architectures: ['Qwen2_5OmniModel'],
      model_type: 'qwen2_5_omni',
      thinker_config: {
        text_config: { architectures: ['Qwen2ForCausalLM'], model_type: 'qwen2_5_omni_text', ...text, ...heads },
        vision_config: { model_type: 'qwen2_5_omni_vision_encoder', ...vision },
        audio_config: { model_type: 'qwen2_5_omni_audio_encoder', ...audio },
      },
    });
    expect(description).toMatchObject({ known: true, multimodal: true, parameterCount: 8_931_813_888 });
    expect(description.notes.join(' ')).not.toContain('estimated');
  });

  it('that is only estimated says so', () => {
    const config = {
      architectures: ['KimiVLForConditionalGeneration'],
      text_config: { ...configOf('deepseek-ai/DeepSeek-V3'), quantization_config: undefined },
      vision_config: { hidden_size: 1152, num_hidden_layers: 27, intermediate_size: 4304 },
    };
    const description = describeModel(config);
    expect(description).toMatchObject({ known: true, multimodal: true, mla: { kvLoraRank: 512, ropeHeadDim: 64 } });
    expect(description.notes.join(' ')).toContain('estimated');
  });

  it('takes the sizes that a section leaves out from its type', () => {
    // As Gemma 3 4B is published: neither heads nor vocabulary.
    const config = {
      architectures: ['Gemma3ForConditionalGeneration'],
      model_type: 'gemma3',
      text_config: {
        hidden_size: 2560,
        intermediate_size: 10240,
        model_type: 'gemma3_text',
        num_hidden_layers: 34,
        sliding_window: 1024,
      },
      vision_config: {
        hidden_size: 1152,
        image_size: 896,
        intermediate_size: 4304,
        model_type: 'siglip_vision_model',
        num_attention_heads: 16,
        num_hidden_layers: 27,
        patch_size: 14,
        vision_use_head: false,
      },
    };
    expect(describeModel(config).parameterCount).toBe(4_300_079_472);
  });
});

describe('the catalogue', () => {
  it('has configs by exact hub id', () => {
    expect(findModelConfig('Qwen/Qwen3-8B')).toMatchObject({ model_type: 'qwen3' });
    expect(findModelConfig('qwen/qwen3-8b')).toBeUndefined();
    expect(findModelConfig('__proto__')).toBeUndefined();
  });

  it('has only configs that are understood', () => {
    for (const id of knownModelIds()) expect(describeModel(findModelConfig(id)).known).toBe(true);
  });
});

describe('a config that cannot be read', () => {
  it.each<[unknown, string, string]>([
    [null, 'MODEL_CONFIG_WRONG_TYPE', ''],
    ['{}', 'MODEL_CONFIG_WRONG_TYPE', ''],
    [[], 'MODEL_CONFIG_WRONG_TYPE', ''],
    [{}, 'MODEL_CONFIG_MISSING_SIZE', '/hidden_size'],
    [{ ...llama, hidden_size: '4096' }, 'MODEL_CONFIG_WRONG_TYPE', '/hidden_size'],
    [{ ...llama, hidden_size: null }, 'MODEL_CONFIG_MISSING_SIZE', '/hidden_size'],
    [{ ...llama, num_hidden_layers: -1 }, 'MODEL_CONFIG_OUT_OF_RANGE', '/num_hidden_layers'],
    [{ ...llama, num_hidden_layers: 1e9 }, 'MODEL_CONFIG_OUT_OF_RANGE', '/num_hidden_layers'],
    [{ ...llama, num_hidden_layers: 1.5 }, 'MODEL_CONFIG_OUT_OF_RANGE', '/num_hidden_layers'],
    [{ ...llama, vocab_size: Number.NaN }, 'MODEL_CONFIG_OUT_OF_RANGE', '/vocab_size'],
    [{ ...llama, vocab_size: 1e300 }, 'MODEL_CONFIG_OUT_OF_RANGE', '/vocab_size'],
    [{ ...llama, num_attention_heads: 0 }, 'MODEL_CONFIG_OUT_OF_RANGE', '/num_attention_heads'],
    [{ ...llama, tie_word_embeddings: 'false' }, 'MODEL_CONFIG_WRONG_TYPE', '/tie_word_embeddings'],
    [{ ...llama, architectures: 'LlamaForCausalLM' }, 'MODEL_CONFIG_WRONG_TYPE', '/architectures'],
    [{ ...llama, architectures: [7] }, 'MODEL_CONFIG_WRONG_TYPE', '/architectures/0'],
    [{ ...llama, model_type: {} }, 'MODEL_CONFIG_WRONG_TYPE', '/model_type'],
  ])('says what is wrong and where (%#)', (config, id, path) => {
    const error = errorOf(config);
    expect(error).toMatchObject({ id, path });
    expect(error.got).toBeTruthy();
    expect(error.allowed).toBeTruthy();
    expect(error.fix).toBeTruthy();
  });

  it('points into what surrounds it when told where it stands', () => {
    expect(errorOf({ ...llama, hidden_size: 'x' }, '/model/config').path).toBe('/model/config/hidden_size');
  });

  it('proposes to take the quotes off a number', () => {
    expect(errorOf({ ...llama, hidden_size: '4096' }).fix).toBe('write 4096 without quotes');
  });

  it('with code behind its properties is unreadable, not a crash', () => {
    const config = Object.defineProperty({ ...llama }, 'hidden_size', {
      get() {
        throw new Error('boom');
      },
    });
    expect(errorOf(config).id).toBe('MODEL_CONFIG_UNREADABLE');
  });
});

/** Everything in a config that can be replaced, as paths. */
function paths(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [[...path]];
  const own = path.length === 0 ? [] : [[...path]];
  return [...own, ...Object.entries(value).flatMap(([key, item]) => paths(item, [...path, key]))];
}

function replaced(config: Config, changes: readonly (readonly [number, unknown])[]): Config {
  const copy = structuredClone(config);
  const places = paths(config);
  for (const [index, value] of changes) {
    const path = places[index % places.length];
    let target: unknown = copy;
    for (const key of path.slice(0, -1)) {
      target = typeof target === 'object' && target !== null ? (target as Config)[key] : undefined;
    }
    if (typeof target === 'object' && target !== null) (target as Config)[path.at(-1) as string] = value;
  }
  return copy;
}

const hostile = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    undefined,
    -1,
    0,
    1,
    3,
    7,
    0.5,
    1e9,
    1e308,
    Number.NaN,
    Infinity,
    '',
    '128',
    'x',
    [],
    {},
    true,
  ),
  fc.anything({ maxDepth: 2 }),
);

describe('any config', () => {
  it('made of a real one with parts replaced is described, in finite figures, or refused with a typed error', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...models),
        fc.array(fc.tuple(fc.nat(5000), hostile), { minLength: 1, maxLength: 4 }),
        ({ config }, changes) => {
          const value = replaced(config, changes);
          try {
            const description = describeModel(value);
            expect(Number.isFinite(description.parameterCount)).toBe(true);
            expect(description.parameterCount).toBeGreaterThan(0);
            expect(description.activeParameterCount).toBeLessThanOrEqual(description.parameterCount);
            expect(description.kvBytesPerTokenBf16).toBeGreaterThanOrEqual(0);
            for (const group of description.weights) expect(group.elements).toBeGreaterThan(0);
          } catch (error) {
            if (!(error instanceof ModelConfigError)) throw error;
            expect(error.id).toMatch(/^MODEL_CONFIG_/);
            expect(error.path).toBeDefined();
          }
        },
      ),
      { seed: 20253, numRuns: 6000 },
    );
  });

  it('of arbitrary values under the names of an architecture throws nothing but typed errors', () => {
    const keys = [...new Set(models.flatMap(({ config }) => Object.keys(config)))];
    fc.assert(
      fc.property(
        fc.constantFrom(...architectureNames()),
        fc.dictionary(fc.constantFrom(...keys), hostile, { maxKeys: 30 }),
        (name, values) => {
          try {
            describeModel({ ...values, architectures: [name] });
          } catch (error) {
            if (!(error instanceof ModelConfigError)) throw error;
          }
        },
      ),
      { seed: 20254, numRuns: 4000 },
    );
  });
});

test('a decoder saved without its image tower is read as text, under whatever name', () => {
  const { text_config: text } = configOf('Qwen/Qwen3.5-35B-A3B') as { text_config: Config };
  const alone = describeModel({ ...text, architectures: ['Qwen3_5MoeForConditionalGeneration'] });
  expect(alone.multimodal).toBe(false);
  expect(alone.weights.filter(({ place }) => place !== 'text')).toEqual([]);
  expect(alone.parameterCount).toBe(
    describeModel({ ...text, architectures: ['Qwen3_5MoeForCausalLM'] }).parameterCount,
  );
});

test('the first LLaVA has the sizes of its decoder where others have those of the whole', () => {
  const sizes = configOf('meta-llama/Llama-2-7b-hf');
  const first = describeModel({
    ...sizes,
    architectures: ['LlavaLlamaForCausalLM'],
    model_type: 'llava',
    mm_vision_tower: 'openai/clip-vit-large-patch14-336',
  });
  expect(first.architecture).toBe('LlavaLlamaForCausalLM');
  expect(first.parameterCount).toBe(describeModel(sizes).parameterCount);
});
