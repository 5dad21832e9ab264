import { describeModel } from '../../lib/model';
import type { WeightGroup } from '../../lib/model/types';
import { makePlan } from '../../lib/plan';
import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { allocatedBytes } from '../../lib/plan/weights/allocator';
import { checkpointBytes } from '../../lib/plan/weights/checkpoint';
import { ignoreMatcher } from '../../lib/scheme/module-names';
import { loadedBytes } from '../../lib/plan/weights/loaded';
import type { Loader } from '../../lib/plan/weights/loader';
import { selectionOf } from '../../lib/plan/weights/selection';
import { matrixOf, shardOf } from '../../lib/plan/weights/shard';
import { storedTensors } from '../../lib/plan/weights/stored';
import { LLAMA_8B, MIXTRAL, quantized, type Json } from '../../lib/rules/helpers/samples';
import { parseScheme, resolveScheme } from '../../lib/scheme';
import type { Scheme } from '../../lib/scheme/types';

const MIB = 2 ** 20;
const LLAMA = describeModel(LLAMA_8B);
const DEEPSEEK: Json = {
  ...{ architectures: ['DeepseekV2ForCausalLM'], model_type: 'deepseek_v2', hidden_size: 2048 },
  ...{ num_attention_heads: 16, num_key_value_heads: 16, num_hidden_layers: 27, vocab_size: 102_400 },
  ...{ kv_lora_rank: 512, qk_rope_head_dim: 64, qk_nope_head_dim: 128, v_head_dim: 128, q_lora_rank: null },
  ...{ n_routed_experts: 64, n_shared_experts: 2, num_experts_per_tok: 6, moe_intermediate_size: 1408 },
  ...{ first_k_dense_replace: 1, max_position_embeddings: 163_840, rope_theta: 10_000, intermediate_size: 10_944 },
};
const QWEN2_VL: Json = {
  ...{ architectures: ['Qwen2VLForConditionalGeneration'], model_type: 'qwen2_vl', hidden_size: 1536 },
  ...{ intermediate_size: 8960, num_attention_heads: 12, num_key_value_heads: 2, num_hidden_layers: 28 },
  ...{ vocab_size: 151_936, max_position_embeddings: 32_768, tie_word_embeddings: true, rope_theta: 1_000_000 },
  vision_config: { depth: 32, embed_dim: 1280, hidden_size: 1536, mlp_ratio: 4, num_heads: 16, patch_size: 14 },
};

/** A weight of a layer; what its shape is for comes from its name and how it is split. */
function group(parts: Partial<WeightGroup>): WeightGroup {
  const shape = parts.shape ?? [256, 128];
  return {
    name: 'model.layers.{layer}.mlp.up_proj.weight',
    role: 'linear',
    place: 'text',
    shape,
    layers: [0, 1],
    experts: 1,
    count: 2,
    elements: 2 * shape.reduce((product, size) => product * size, 1),
    split: 'column',
    ...parts,
  };
}

describe('one rank’s part', () => {
  const part = (parts: Partial<WeightGroup>, tensor: number, experts = false, model = LLAMA) =>
    shardOf(group(parts), model, { tensor, pipeline: 1, experts });

  test.each<[string, Partial<WeightGroup>, number, readonly number[]]>([
    ['whole, of what is replicated', { split: 'replicated', shape: [100, 7] }, 4, [100, 7]],
    ['of the padded vocabulary', { split: 'vocabulary', shape: [130, 7] }, 4, [48, 7]],
    ['of the rows', { split: 'column', shape: [10, 7] }, 4, [3, 7]],
    ['of a vector', { split: 'column', shape: [10] }, 4, [3]],
    ['of the columns', { split: 'row', shape: [10, 7] }, 4, [10, 2]],
    ['of the columns, before what follows', { split: 'row', shape: [10, 8, 3] }, 4, [10, 2, 3]],
    ['a bias of what is cut by columns, whole', { split: 'row', shape: [10] }, 4, [10]],
  ])('is %s', (_, parts, tensor, shape) => {
    expect(part(parts, tensor)).toEqual({ shape, experts: 1 });
  });

  test.each<[string, string, readonly number[], readonly number[]]>([
    ['up by rows', 'model.layers.{layer}.experts.{expert}.up_proj.weight', [14, 8], [4, 8]],
    ['down by columns', 'model.layers.{layer}.experts.{expert}.down_proj.weight', [8, 14], [8, 4]],
    ['w2 by columns', 'model.layers.{layer}.experts.{expert}.w2.weight', [8, 14], [8, 4]],
    ['its bias not at all', 'model.layers.{layer}.experts.{expert}.up_proj.bias', [14], [14]],
  ])('of an expert cuts %s', (_, name, shape, cut) => {
    const expert = { role: 'expert', split: 'expert', name, shape, experts: 8 } as const;
    expect(part(expert, 4)).toEqual({ shape: cut, experts: 8 });
    expect(part(expert, 3, true)).toEqual({ shape, experts: 3 });
  });

  test.each<[string, string, number, number, number]>([
    ['keys, cut', 'self_attn.k_proj.weight', 1024, 4, 256],
    ['keys, one head each', 'self_attn.k_proj.weight', 1024, 8, 128],
    ['keys, copied', 'self_attn.k_proj.weight', 1024, 16, 128],
    ['values, copied', 'self_attn.v_proj.bias', 1024, 16, 128],
    ['queries, cut', 'self_attn.q_proj.weight', 4096, 16, 256],
    ['all three in one, cut', 'self_attn.qkv_proj.weight', 6144, 4, 1536],
    ['all three in one, keys and values copied', 'self_attn.qkv_proj.weight', 6144, 16, 512],
    ['a name of all three with rows of its own', 'self_attn.qkv_proj.weight', 4096, 16, 256],
    ['another name with as many rows', 'mlp.wide_proj.weight', 6144, 16, 384],
  ])('of attention: %s', (_, name, rows, tensor, own) => {
    expect(part({ name: `model.layers.{layer}.${name}`, shape: [rows, 4096] }, tensor).shape).toEqual([own, 4096]);
  });

  test('of a vision tower or a latent has no heads to copy', () => {
    const name = 'model.layers.{layer}.self_attn.k_proj.weight';
    expect(part({ name, place: 'vision', shape: [1024, 64] }, 16).shape).toEqual([64, 64]);
    expect(part({ name, shape: [1024, 64] }, 32, false, describeModel(DEEPSEEK)).shape).toEqual([32, 64]);
  });

  test('is a matrix, whatever its shape', () => {
    expect(matrixOf([7])).toEqual({ rows: 1, columns: 7 });
    expect(matrixOf([7, 5])).toEqual({ rows: 7, columns: 5 });
    expect(matrixOf([7, 5, 3, 2])).toEqual({ rows: 7, columns: 30 });
  });
});

describe('what a scheme quantizes', () => {
  const quantizes = (name: string, parts: Partial<WeightGroup>, config: Json = LLAMA_8B, layer = 0) =>
    selectionOf(describeModel(config), parseScheme(name)).quantizes(group(parts), layer);

  test.each<[string, Partial<WeightGroup>, boolean]>([
    ['linear layers', {}, true],
    ['experts', { role: 'expert', shape: [8, 8] }, true],
    ['no head', { role: 'head', layers: [] }, false],
    ['no embedding', { role: 'embedding', layers: [] }, false],
    ['no norm', { role: 'norm', shape: [8] }, false],
    ['no convolution', { shape: [8, 8, 3] }, false],
    ['no bias', { role: 'bias', shape: [8] }, false],
    ['no vision tower', { place: 'vision' }, false],
    ['no audio tower', { place: 'audio' }, false],
    ['no projector', { place: 'projector' }, false],
    ['no expert of a tower', { place: 'vision', role: 'expert' }, false],
  ])('are %s', (_, parts, expected) => {
    expect(quantizes('awq', parts)).toBe(expected);
    expect(quantizes('none', parts)).toBe(false);
    expect(quantizes('fp16', parts)).toBe(false);
  });

  test('includes the head on Neuron', () => {
    expect(quantizes('neuron-int8', { role: 'head', layers: [] })).toBe(true);
    expect(quantizes('neuron-int8', { role: 'embedding', layers: [] })).toBe(false);
  });

  test('is experts alone in MXFP4, but of a dense model its linear layers', () => {
    expect(quantizes('mxfp4', {}, MIXTRAL)).toBe(false);
    expect(quantizes('mxfp4', { role: 'expert' }, MIXTRAL)).toBe(true);
    expect(quantizes('mxfp4', {})).toBe(true);
    expect(quantizes('awq', {}, MIXTRAL)).toBe(true);
  });

  describe('of a checkpoint', () => {
    const stored = (details: Json) => {
      const model = describeModel(quantized(LLAMA_8B, { quant_method: 'gptq', bits: 4, group_size: 128, ...details }));
      return { model, scheme: resolveScheme({ model: {} }, model) };
    };

    test('includes the head where it says so', () => {
      const head = group({ role: 'head', name: 'lm_head.weight', layers: [] });
      for (const [details, expected] of [
        [{ lm_head: true }, true],
        [{ lm_head: false }, false],
        [{}, false],
      ] as const) {
        const { model, scheme } = stored(details);
        expect(selectionOf(model, scheme).quantizes(head, undefined)).toBe(expected);
      }
    });

    test('leaves out what it lists, and only where its list has numbers does a layer matter', () => {
      const listed = (modules: readonly string[]) => {
        const { model, scheme } = stored({ modules_to_not_convert: modules });
        return selectionOf(model, scheme);
      };
      const up = group({});
      expect(listed([]).dependsOnLayer).toBe(false);
      expect(listed(['up_proj'])).toMatchObject({ dependsOnLayer: false });
      expect(listed(['up_proj']).quantizes(up, 1)).toBe(false);
      expect(listed(['down_proj']).quantizes(up, 1)).toBe(true);
      const one = listed(['lm_head', 'model.layers.1.mlp.up_proj']);
      expect(one.dependsOnLayer).toBe(true);
      expect([0, 1, 10].map((layer) => one.quantizes(up, layer))).toEqual([true, false, true]);
      expect(listed(['mlp.weight_scale']).quantizes(group({ name: 'mlp.weight_scale.weight' }), 0)).toBe(false);
    });

    test('is not what a spec asks for', () => {
      const model = describeModel(
        quantized(LLAMA_8B, { quant_method: 'gptq', bits: 4, group_size: 128, lm_head: true }),
      );
      const head = group({ role: 'head', name: 'lm_head.weight', layers: [] });
      expect(selectionOf(model, { ...parseScheme('gptq'), origin: 'spec' }).quantizes(head, undefined)).toBe(false);
    });
  });
});

describe('names that a checkpoint lists', () => {
  const matches = (patterns: readonly string[], module: string) => ignoreMatcher(patterns)(module);

  test.each<[string, readonly string[], string, boolean]>([
    ['by a run of components at the end', ['mlp.gate'], 'a.mlp.gate', true],
    ['not backwards', ['gate.mlp'], 'a.mlp.gate', false],
    ['by parts of a glob in their order', ['a*b*c'], 'xaybzc', true],
    ['not out of it', ['b*a'], 'ab', false],
    ['each part after the one before', ['aa*aa'], 'aaa', false],
    ['by one of several', ['x', 'y*', 're:z'], 'z.w', true],
    ['by an expression with up to four repetitions', ['re:a*b*c*d*e'], 'e', true],
    ['not by one with five', ['re:a*b*c*d*e*f'], 'f', false],
    ['by an expression with a group', ['re:.*(gate|up)_proj'], 'mlp.up_proj', true],
    ['by a repeated class', ['re:layers.[0-9]+.mlp'], 'layers.12.mlp', true],
    ['not by a repetition of a repetition', ['re:(a+)+'], 'a', false],
    ['not by one of a counted group', ['re:(a{2})+'], 'aa', false],
    ['not by two in a row', ['re:a+*'], 'a', false],
    ['by a long name', ['x'.repeat(256)], 'x'.repeat(256), true],
    ['not by a longer one', ['x'.repeat(257)], 'x'.repeat(257), false],
  ])('are found %s', (_, patterns, module, expected) => {
    expect(matches(patterns, module)).toBe(expected);
  });
});

describe('the allocator', () => {
  test.each([
    [10 * MIB, 10 * MIB],
    [10 * MIB - 512, 10 * MIB - 512],
    [9.5 * MIB, 9.5 * MIB],
    [0, 0],
    [-5, 0],
    [1, 512],
  ])('keeps for %d bytes %d', (bytes, expected) => {
    expect(allocatedBytes(bytes)).toBe(expected);
  });
});

describe('weights that a server holds', () => {
  const loader = (rest: Partial<Loader> = {}, parallelism: Partial<Loader['parallelism']> = {}): Loader => ({
    ...{ engine: 'vllm', sm: 86, plainBytes: 2 },
    parallelism: { tensor: 1, pipeline: 1, experts: false, ...parallelism },
    ...rest,
  });
  const loaded = (config: Json, scheme: Scheme, ...of: Parameters<typeof loader>) =>
    loadedBytes(describeModel(config), scheme, loader(...of)) as number;
  const none = parseScheme('none');

  describe('a table of positions', () => {
    const rotary = (parts: Json, rest: Partial<Loader> = {}) =>
      loaded({ ...LLAMA_8B, ...parts }, none, rest) -
      loaded({ ...LLAMA_8B, ...parts }, none, { ...rest, engine: 'tensorrt-llm' });

    test.each<[string, Json, number]>([
      ['of the whole head', {}, 128],
      ['of a part of it', { partial_rotary_factor: 0.5 }, 64],
      ['of all of it, said', { partial_rotary_factor: 1 }, 128],
      ['of a share of it', { rotary_pct: 0.25 }, 32],
      ['of the factor before the share', { partial_rotary_factor: 0.5, rotary_pct: 0.25 }, 64],
      ['of as many dimensions as are named', { rotary_dim: 48 }, 48],
      ['of no more than there are', { rotary_dim: 999 }, 128],
      ['of the whole where none is named', { rotary_dim: 0 }, 128],
      ['of the whole where the factor is none', { partial_rotary_factor: 0 }, 128],
      ['of the whole where the factor is too large', { partial_rotary_factor: 2 }, 128],
    ])('is %s', (_, parts, dimension) => {
      const positions = LLAMA_8B.max_position_embeddings as number;
      expect(rotary(parts)).toBe(allocatedBytes(positions * dimension * 2));
      expect(rotary(parts, { engine: 'sglang' })).toBe(allocatedBytes(positions * dimension * 4));
      expect(rotary(parts, { engine: 'sglang', version: [0, 4, 2] })).toBe(allocatedBytes(positions * dimension * 2));
      expect(rotary(parts, { plainBytes: 4 })).toBe(allocatedBytes(positions * dimension * 4));
    });

    test('is none of models without one, and none of other servers', () => {
      const plain: Json = { ...LLAMA_8B, rope_theta: undefined, rope_scaling: undefined };
      expect(rotary({ rope_theta: undefined, rope_scaling: undefined })).toBe(0);
      expect(loaded(plain, none)).toBe(loaded(plain, none, { engine: 'tensorrt-llm' }));
      expect(rotary({ max_position_embeddings: undefined })).toBe(0);
    });

    test.each(['rope_theta', 'rope_scaling', 'rope_parameters', 'rotary_dim', 'rotary_pct', 'rotary_emb_base'])(
      'is there where the config has %s',
      (key) => {
        const bare: Json = { ...LLAMA_8B, rope_theta: undefined, rope_scaling: undefined };
        const value = key.startsWith('rope_s') || key.startsWith('rope_p') ? { rope_type: 'default' } : 1;
        expect(loaded({ ...bare, [key]: value }, none)).toBeGreaterThan(loaded(bare, none));
      },
    );

    test('is in float32, of the rotated part, for a latent', () => {
      const both = (engine: Loader['engine']) => loaded(DEEPSEEK, none, { engine });
      expect(both('vllm') - both('tensorrt-llm')).toBe(allocatedBytes(163_840 * 64 * 4));
    });

    test('is none of an encoder', () => {
      const bert: Json = {
        ...{ architectures: ['BertModel'], model_type: 'bert', hidden_size: 768, intermediate_size: 3072 },
        ...{ num_attention_heads: 12, num_hidden_layers: 12, vocab_size: 30_522, max_position_embeddings: 512 },
        rope_theta: 10_000,
      };
      expect(loaded(bert, none)).toBe(loaded(bert, none, { engine: 'tensorrt-llm' }));
    });
  });

  test('drop what Marlin does not read of GPTQ, where it runs', () => {
    const gptq = parseScheme('gptq');
    const without = loaded(LLAMA_8B, gptq, { engine: 'tensorrt-llm' });
    const rotary = (bytes: number) => allocatedBytes((LLAMA_8B.max_position_embeddings as number) * 128 * bytes);
    // SGLang has its table in 32 bits since 0.4.3.
    const marlin = (rest: Partial<Loader>) =>
      loaded(LLAMA_8B, gptq, rest) < without + rotary(rest.engine === 'sglang' && rest.version === undefined ? 4 : 2);
    for (const [rest, expected] of [
      [{}, true],
      [{ sm: 80 }, true],
      [{ sm: 79, version: [0, 14] }, false],
      [{ sm: 75 }, true],
      [{ sm: 75, version: [0, 14] }, false],
      [{ sm: 75, version: [0, 15] }, true],
      [{ sm: 70 }, false],
      [{ sm: undefined }, true],
      [{ version: [0, 4, 2] }, true],
      [{ version: [0, 4, 1] }, false],
      [{ engine: 'sglang' }, true],
      [{ engine: 'sglang', version: [0, 4, 1] }, true],
      [{ engine: 'sglang', sm: 70 }, false],
    ] as const)
      expect({ rest, marlin: marlin(rest) }).toEqual({ rest, marlin: expected });
  });

  test('hold the tied embedding twice where the head is on another stage', () => {
    const tied: Json = { ...LLAMA_8B, tie_word_embeddings: true };
    const embedding = 128_256 * 4096 * 2;
    const rotary = 131_072 * 128 * 2;
    const layer = (loaded(tied, none, { engine: 'tensorrt-llm' }) - embedding - 8192) / 32;
    expect(loaded(tied, none)).toBe(32 * layer + embedding + 8192 + rotary);
    expect(loaded(tied, none, {}, { pipeline: 2 })).toBe(16 * layer + embedding + 8192 + rotary);
    // Of three stages the one in the middle has neither.
    expect(loaded(tied, none, {}, { pipeline: 3 })).toBe(
      Math.max(11 * layer, 11 * layer + embedding, 10 * layer + embedding + 8192) + rotary,
    );
  });

  test('have room for adapters of text layers only', () => {
    const text = [1536 + 1536, 256 + 1536, 256 + 1536, 1536 + 1536, 8960 + 1536, 8960 + 1536, 1536 + 8960];
    const perSlot = text.reduce((sum, sides) => sum + sides, 0) * 8 * 2 * 28;
    const loras = { count: 3, rank: 8 };
    expect(loaded(QWEN2_VL, none, { loras }) - loaded(QWEN2_VL, none)).toBe(3 * perSlot);
  });

  test('hold every expert, or whole ones on each rank', () => {
    const expert = 3 * 4096 * 14_336;
    const awq = parseScheme('awq');
    const one = loaded(MIXTRAL, awq);
    const half = loaded(MIXTRAL, awq, {}, { tensor: 2 });
    const stored = expert * (0.5 + 2.5 / 128);
    expect(one / (32 * 8 * stored)).toBeCloseTo(1.03, 1);
    expect(half / one).toBeCloseTo(0.5, 1);
    const whole = loaded(MIXTRAL, awq, {}, { tensor: 2, experts: true });
    expect(whole / half).toBeCloseTo(1, 2);
    expect(loaded(MIXTRAL, awq, {}, { tensor: 8, experts: true }) / one).toBeLessThan(0.2);
  });

  test('spread experts over engines side by side, and hold the rest whole in each', () => {
    const awq = parseScheme('awq');
    const rest = loaded(MIXTRAL, awq) - 32 * 8 * 3 * 4096 * 14_336 * (0.5 + 2.5 / 128);
    for (const experts of [false, true]) {
      const eighth = loaded(MIXTRAL, awq, {}, { expertReplicas: 8, experts });
      expect(eighth / (rest + 32 * 3 * 4096 * 14_336 * (0.5 + 2.5 / 128))).toBeCloseTo(1, 1);
      expect(loaded(MIXTRAL, awq, {}, { tensor: 2, expertReplicas: 4, experts })).toBeLessThan(eighth);
    }
  });

  describe('of MXFP4', () => {
    const mxfp4 = parseScheme('mxfp4');
    const oss: Json = {
      ...{ architectures: ['GptOssForCausalLM'], model_type: 'gpt_oss', hidden_size: 2880, intermediate_size: 2880 },
      ...{ num_attention_heads: 64, num_key_value_heads: 8, num_hidden_layers: 24, vocab_size: 201_088, head_dim: 64 },
      ...{ num_local_experts: 32, num_experts_per_tok: 4, max_position_embeddings: 131_072, sliding_window: 128 },
      ...{
        rope_theta: 150_000,
        attention_bias: true,
        layer_types: Array.from({ length: 24 }, (_, i) => (i % 2 === 0 ? 'sliding_attention' : 'full_attention')),
      },
    };

    test('are padded as the kernel of vLLM wants them, and as stored for others', () => {
      const at = (rest: Partial<Loader>) => loaded(oss, mxfp4, { engine: 'vllm', ...rest });
      const stored = at({ engine: 'sglang' });
      // 2,880 is padded to 3,072 and 2,944 by Marlin, to 2,880 and 2,944 by Triton, which keeps scales twice.
      expect(at({ sm: 86 })).toBeGreaterThan(stored * 1.04);
      expect(at({ sm: 90 })).toBeGreaterThan(stored);
      expect(at({ sm: 90 })).not.toBe(at({ sm: 86 }));
    });
  });
});

describe('bytes of a checkpoint', () => {
  const linear = 32 * (4096 * 4096 * 2 + 2 * 1024 * 4096 + 3 * 14_336 * 4096);
  const rest = LLAMA.parameterCount - linear;
  const bytes = (name: string, config: Json = LLAMA_8B) => checkpointBytes(describeModel(config), parseScheme(name));

  test.each([
    ['none', LLAMA.parameterCount * 2],
    ['fp32', LLAMA.parameterCount * 4],
    ['fp16', LLAMA.parameterCount * 2],
    ['awq', linear * (0.5 + 2.5 / 128) + rest * 2],
  ])('in %s', (name, expected) => {
    expect(bytes(name)).toBe(expected);
  });

  test('are in the dtype of the checkpoint where nothing quantizes it, and in 16 bits where something does', () => {
    const wide: Json = { ...LLAMA_8B, torch_dtype: 'float32' };
    expect(bytes('none', wide)).toBe(LLAMA.parameterCount * 4);
    expect(bytes('fp16', wide)).toBe(LLAMA.parameterCount * 2);
    expect(bytes('awq', wide)).toBe(linear * (0.5 + 2.5 / 128) + rest * 2);
  });

  test('count every expert', () => {
    const experts = 32 * 8 * 3 * 4096 * 14_336;
    const model = describeModel(MIXTRAL);
    const attention = 32 * (4096 * 4096 * 2 + 2 * 1024 * 4096);
    const other = model.parameterCount - experts - attention;
    expect(bytes('awq', MIXTRAL)).toBe((experts + attention) * (0.5 + 2.5 / 128) + other * 2);
  });

  test('have listed layers in 16 bits', () => {
    const stored = (modules: readonly string[]) => {
      const model = describeModel(
        quantized(LLAMA_8B, {
          quant_method: 'awq',
          bits: 4,
          group_size: 128,
          zero_point: true,
          modules_to_not_convert: modules,
        }),
      );
      return checkpointBytes(model, resolveScheme({ model: {} }, model)) as number;
    };
    const up = 4096 * 14_336;
    const saved = up * (2 - 0.5 - 2.5 / 128);
    expect(stored(['model.layers.3.mlp.up_proj']) - stored([])).toBe(saved);
    expect(stored(['mlp.up_proj']) - stored([])).toBe(32 * saved);
  });

  test('are those that are said of a checkpoint that exists, not of one that is to be made', () => {
    const plan = (quantization?: string, weightBytes?: number) =>
      makePlan(resolveEndpoint({ model: { config: LLAMA_8B, weightBytes }, quantization })).checkpointBytes;
    expect(plan(undefined, 77)).toBe(77);
    expect(plan('awq', 77)).toBe(bytes('awq'));
    expect(plan()).toBe(LLAMA.parameterCount * 2);
  });

  test('of layouts that nobody knows are not known', () => {
    expect(
      checkpointBytes(LLAMA, { ...parseScheme('awq'), name: 'exl3', layout: 'exl3', weightType: 'int' } as Scheme),
    ).not.toBeNull();
    expect(
      checkpointBytes(LLAMA, { ...parseScheme('awq'), name: 'exl3', layout: 'exl3', weightType: 'float' } as Scheme),
    ).toBeNull();
  });
});

describe('tensors of a matrix', () => {
  const stored = (name: string, parts: Partial<Scheme>, rows = 64, columns = 256) =>
    storedTensors({ ...parseScheme(name), ...parts }, { rows, columns });

  test.each<[string, Partial<Scheme>, readonly number[]]>([
    ['nvfp4', {}, [64 * 128, 64 * 16, 8]],
    ['nvfp4', { groupSize: 32 }, [64 * 128, 64 * 8, 8]],
    ['nvfp4', { groupSize: undefined }, [64 * 128, 64 * 16, 8]],
    ['mxfp4', {}, [64 * 128, 64 * 8]],
    ['neuron-int8', { groupSize: undefined }, [64 * 256, 4]],
    ['neuron-int8', { groupSize: 1 }, [64 * 256, 64 * 4]],
    ['bitsandbytes-nf4', { groupSize: 32, doubleQuantized: false }, [64 * 128, 512 * 4]],
    ['bitsandbytes-nf4', { groupSize: undefined, doubleQuantized: true }, [64 * 128, 256, 4]],
    ['fp8', { groupSize: undefined, blockSize: undefined, activationScales: undefined }, [64 * 256, 4]],
    ['fp8', { groupSize: undefined, blockSize: undefined, activationScales: 'static-tensor' }, [64 * 256, 4, 4]],
    ['fp8', { groupSize: -1, blockSize: undefined, activationScales: undefined }, [64 * 256, 64 * 2]],
    ['fp8', { groupSize: 32, blockSize: undefined, activationScales: undefined }, [64 * 256, 64 * 8]],
    ['fp8', { blockSize: [128, 128] }, [64 * 256, 2 * 4]],
    ['awq', { groupSize: undefined }, [64 * 128, 64 * 2, 32]],
    ['awq', { groupSize: 0 }, [64 * 128, 64 * 2, 32]],
  ])('in %s with %j', (name, parts, expected) => {
    expect(stored(name, parts)).toEqual(expected);
  });
});
