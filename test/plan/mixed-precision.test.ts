import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { describeModel, findModelConfig } from '../../lib/model';
import type { ModelDescription } from '../../lib/model';
import { makePlan } from '../../lib/plan';
import { checkpointBytes } from '../../lib/plan/weights/checkpoint';
import { resolveScheme } from '../../lib/scheme';
import { byList, moduleKey } from '../../lib/scheme/modules';
import type { EndpointSpec } from '../../lib/spec/types';

const HIDDEN = 256;
const VOCABULARY = 1000;
const EXPERTS = 4;
const LAYERS = 2;
const ATTENTION = ['q_proj', 'k_proj', 'v_proj', 'o_proj'].map((name) => `self_attn.${name}`);
const EXPERT = ['gate_proj', 'up_proj', 'down_proj'];

/** A small Qwen3 mixture: attention of 256 × 256 four times a layer, experts of 128 × 256 three times each. */
const config = {
  architectures: ['Qwen3MoeForCausalLM'],
  model_type: 'qwen3_moe',
  hidden_size: HIDDEN,
  intermediate_size: 512,
  moe_intermediate_size: 128,
  num_hidden_layers: LAYERS,
  num_attention_heads: 4,
  num_key_value_heads: 4,
  head_dim: 64,
  vocab_size: VOCABULARY,
  max_position_embeddings: 4096,
  num_experts: EXPERTS,
  num_experts_per_tok: 2,
  decoder_sparse_step: 1,
  mlp_only_layers: [],
  tie_word_embeddings: false,
  torch_dtype: 'bfloat16',
};

const FP8 = { quant_algo: 'FP8' };
const NVFP4 = { quant_algo: 'NVFP4', group_size: 16 };

type Listed = Readonly<Record<string, object>>;

function inLayers(names: readonly string[], algorithm: object): Listed {
  const layers = Array.from({ length: LAYERS }, (_, layer) => layer);
  return Object.fromEntries(
    layers.flatMap((layer) => names.map((name) => [`model.layers.${layer}.${name}`, algorithm])),
  );
}

const attention = inLayers(ATTENTION, FP8);
const experts = inLayers(
  Array.from({ length: EXPERTS }, (_, expert) => EXPERT.map((name) => `mlp.experts.${expert}.${name}`)).flat(),
  NVFP4,
);

function mixed(quantized: Listed, exclude: readonly string[] = []): ModelDescription {
  return describeModel({
    ...config,
    quantization_config: {
      quant_method: 'modelopt',
      quant_algo: 'MIXED_PRECISION',
      exclude_modules: exclude,
      quantized_layers: quantized,
    },
  });
}

const spec = { model: {} } as EndpointSpec;
const schemeIn = (model: ModelDescription) => resolveScheme(spec, model);
const bytes = (model: ModelDescription): number => checkpointBytes(model, schemeIn(model)) ?? 0;

const plain = bytes(describeModel(config));
const attentionElements = LAYERS * 4 * HIDDEN * HIDDEN;
const expertElements = LAYERS * EXPERTS * 3 * HIDDEN * 128;
/** Half a byte an element, a byte for each sixteen of them, and two scales of a tensor in 32 bits. */
const inFour = (elements: number, tensors: number): number => elements / 2 + elements / 16 + tensors * 8;
const EXPERT_TENSORS = LAYERS * EXPERTS * 3;

describe('a checkpoint of ModelOpt that says of each module what it is stored in', () => {
  const whole = mixed({ ...attention, ...experts });

  test('goes by its eight bits, and by the four of its experts beside them', () => {
    expect(schemeIn(whole)).toMatchObject({
      name: 'fp8-static',
      layout: 'modelopt',
      origin: 'checkpoint',
      experts: { name: 'nvfp4', groupSize: 16, layout: 'modelopt', origin: 'checkpoint' },
    });
  });

  test('takes the bytes of each', () => {
    const saved = attentionElements * 2 + expertElements * 2;
    const stored = attentionElements + LAYERS * 4 * 8 + inFour(expertElements, EXPERT_TENSORS);
    expect(bytes(whole)).toBe(plain - saved + stored);
  });

  test('leaves what is not listed as it was', () => {
    expect(bytes(mixed(experts))).toBe(plain - expertElements * 2 + inFour(expertElements, EXPERT_TENSORS));
    expect(schemeIn(mixed(experts))).toMatchObject({ name: 'nvfp4', experts: undefined });
  });

  test('may say it of all experts of a layer together', () => {
    const together = inLayers(['mlp.experts'], NVFP4);
    expect(bytes(mixed({ ...attention, ...together }))).toBe(bytes(whole));
  });

  test('may list the head', () => {
    const rows = VOCABULARY * HIDDEN;
    expect(bytes(whole) - bytes(mixed({ ...attention, ...experts, lm_head: NVFP4 }))).toBe(rows * 2 - inFour(rows, 1));
  });

  test('may exclude one layer', () => {
    const exclude = ['model.layers.1.self_attn*'];
    const back = attentionElements / LAYERS;
    expect(bytes(mixed({ ...attention, ...experts }, exclude)) - bytes(whole)).toBe(back - 4 * 8);
  });

  test('may leave the layers that predict further tokens as they were, by a name of their own', () => {
    const mimo = { ...config, architectures: ['MiMoForCausalLM'], model_type: 'mimo', num_nextn_predict_layers: 1 };
    const quantized = (exclude_modules: readonly string[]) =>
      describeModel({ ...mimo, quantization_config: { quant_method: 'modelopt', quant_algo: 'FP8', exclude_modules } });
    const matrices = 4 * HIDDEN * HIDDEN + 3 * HIDDEN * 512;
    expect(bytes(quantized(['mtp*'])) - bytes(quantized(['lm_head']))).toBe(matrices - 7 * 8);
  });

  test('that lists nothing is in eight bits', () => {
    expect(schemeIn(mixed({}))).toMatchObject({ weightBits: 8, layout: 'modelopt' });
  });
});

describe('a checkpoint of compressed-tensors with several groups', () => {
  const eight = {
    format: 'float-quantized',
    weights: { num_bits: 8, type: 'float', symmetric: true, dynamic: false, strategy: 'channel' },
    input_activations: { num_bits: 8, type: 'float', symmetric: true, dynamic: true, strategy: 'token' },
  };
  const four = {
    format: 'nvfp4-pack-quantized',
    weights: { num_bits: 4, type: 'float', symmetric: true, dynamic: false, strategy: 'tensor_group', group_size: 16 },
    input_activations: { num_bits: 4, type: 'float', symmetric: true, dynamic: 'local', strategy: 'tensor_group' },
  };
  const grouped = (
    targets: readonly [readonly string[], readonly string[]],
    ignore: readonly string[] = [],
    base: object = config,
  ) =>
    describeModel({
      ...base,
      quantization_config: {
        quant_method: 'compressed-tensors',
        format: 'mixed-precision',
        ignore,
        config_groups: { group_0: { ...eight, targets: targets[0] }, group_1: { ...four, targets: targets[1] } },
      },
    });
  const inEight = (rows: number, columns: number): number => rows * columns + rows * 2;
  const inNvfp4 = (elements: number, tensors: number): number => elements / 2 + elements / 16 + tensors * 8;
  const attentionInEight = LAYERS * 4 * inEight(HIDDEN, HIDDEN);
  const expertsInFour = inNvfp4(expertElements, EXPERT_TENSORS);
  const byName = grouped([['re:.*self_attn\\.(q|k|v|o)_proj$'], ['re:.*mlp\\.experts\\.\\d+\\.(gate|up|down)_proj$']]);

  test('goes by the fewest bits and takes the bytes of each', () => {
    expect(schemeIn(byName)).toMatchObject({ name: 'nvfp4', layout: 'compressed-tensors', origin: 'checkpoint' });
    expect(bytes(byName)).toBe(plain - attentionElements * 2 - expertElements * 2 + attentionInEight + expertsInFour);
  });

  test('means what its targets name before what they mean by the class of it', () => {
    expect(bytes(grouped([['re:.*self_attn.*'], ['Linear']]))).toBe(bytes(byName));
    expect(bytes(grouped([['Linear'], ['re:.*mlp.experts.*']]))).toBe(bytes(byName));
  });

  test('leaves alone what no target means, and what it ignores', () => {
    const one = grouped([['model.layers.0.self_attn.q_proj'], ['re:.*mlp.experts.*']]);
    const rest = attentionElements * 2 - HIDDEN * HIDDEN * 2 + inEight(HIDDEN, HIDDEN);
    expect(bytes(one)).toBe(plain - attentionElements * 2 - expertElements * 2 + rest + expertsInFour);
    expect(bytes(grouped([['re:.*self_attn.*'], ['Linear']], ['re:.*self_attn.*']))).toBe(
      plain - expertElements * 2 + expertsInFour,
    );
  });

  test('has a head in it only by name', () => {
    const rows = VOCABULARY * HIDDEN;
    const named = grouped([['re:.*self_attn.*', 'lm_head'], ['Linear']]);
    expect(bytes(byName) - bytes(named)).toBe(rows * 2 - inEight(VOCABULARY, HIDDEN));
  });

  test('may say it of some layers, whose experts are then in eight bits', () => {
    const last = grouped([['re:.*self_attn.*', 're:.*layers\\.(1)\\.mlp.experts.*'], ['re:.*mlp.experts.*']]);
    const each = EXPERTS * (2 * inEight(128, HIDDEN) + inEight(HIDDEN, 128)) - expertsInFour / LAYERS;
    expect(bytes(last) - bytes(byName)).toBe(each);
    const loadedOf = (model: ModelDescription) =>
      makePlan(
        resolveEndpoint({
          model: { config: model.config },
          container: { family: 'vllm', version: '0.31.0' },
          instanceType: 'ml.p6-b200.48xlarge',
          options: { maxModelLen: 2048 },
        }),
      ).memory?.weights ?? 0;
    expect(loadedOf(last)).toBeGreaterThan(loadedOf(byName));
  });

  test('may be one of ModelOpt, whose targets are names, whatever comes before the layer', () => {
    const prefixed = (listed: Listed) =>
      Object.keys(listed).map((name) => name.replace('model.', 'model.language_model.'));
    const model = (targets: readonly [readonly string[], readonly string[]]) =>
      describeModel({
        ...config,
        quantization_config: {
          quant_method: 'modelopt',
          quant_algo: 'MIXED_PRECISION',
          config_groups: {
            group_0: { weights: { num_bits: 8, type: 'float', dynamic: false }, targets: targets[0] },
            group_1: { weights: { num_bits: 4, type: 'float', dynamic: false, group_size: 16 }, targets: targets[1] },
          },
        },
      });
    const whole = model([prefixed(attention), prefixed(experts)]);
    expect(schemeIn(whole)).toMatchObject({ weightBits: 8, layout: 'modelopt', experts: { name: 'nvfp4' } });
    const saved = plain - attentionElements * 2 - expertElements * 2;
    const scales = bytes(whole) - saved - attentionElements - inFour(expertElements, EXPERT_TENSORS);
    expect(Math.abs(scales)).toBeLessThanOrEqual(LAYERS * 4 * 8);
  });

  test('of one kind in every group is of that kind', () => {
    const same = describeModel({
      ...config,
      quantization_config: {
        quant_method: 'compressed-tensors',
        config_groups: {
          group_0: { ...four, targets: ['re:.*mlp.*'] },
          group_1: { ...four, targets: ['re:.*attn.*'] },
        },
      },
    });
    expect(schemeIn(same).modules).toBeUndefined();
  });
});

describe('the name of a module', () => {
  test.each([
    ['model.layers.3.mlp.experts.17.up_proj', 'mlp.experts.up_proj'],
    ['model.language_model.layers.3.self_attn.q_proj', 'self_attn.q_proj'],
    ['layers.{layer}.mlp.experts.{expert}.up_proj.weight', 'mlp.experts.up_proj'],
    ['lm_head.weight', 'lm_head'],
  ])('%s', (name, key) => {
    expect(moduleKey(name)).toBe(key);
  });

  test('is not looked up beyond the experts', () => {
    const modules = byList(new Map([['mlp.experts', schemeIn(mixed(experts))]]));
    expect(modules.of('model.layers.0.mlp.experts.3.up_proj')?.name).toBe('nvfp4');
    expect(modules.of('model.layers.0.mlp.shared_expert.up_proj')).toBeUndefined();
  });
});

describe('DeepSeek V4 whose experts ModelOpt quantized anew', () => {
  const published = findModelConfig('deepseek-ai/DeepSeek-V4-Flash') as Record<string, unknown>;
  const quantization = published.quantization_config as Record<string, unknown>;
  const anew = describeModel({
    ...published,
    quantization_config: { ...quantization, moe_quant_algo: 'NVFP4', ignore: ['layers.*.attn*', 'head'] },
  });

  test('has experts in NVFP4 and the rest in FP8 all the same', () => {
    expect(schemeIn(anew)).toMatchObject({ layout: 'fp8', experts: { name: 'nvfp4' } });
    expect(schemeIn(describeModel(published))).toMatchObject({ layout: 'fp8', experts: { name: 'mxfp4' } });
    // A scale for each sixteen elements instead of each 32, and no more: what ModelOpt did not touch stays in 8 bits.
    const more = bytes(anew) / bytes(describeModel(published));
    expect(more).toBeGreaterThan(1.04);
    expect(more).toBeLessThan(1.06);
  });
});

describe('the key that MiniMax M3 chooses tokens by', () => {
  const text = {
    architectures: ['MiniMaxM3SparseForCausalLM'],
    model_type: 'minimax_m3',
    hidden_size: 1024,
    intermediate_size: 512,
    dense_intermediate_size: 2048,
    num_hidden_layers: 4,
    num_attention_heads: 8,
    num_key_value_heads: 4,
    head_dim: 128,
    vocab_size: 1000,
    max_position_embeddings: 131_072,
    num_local_experts: 8,
    num_experts_per_tok: 2,
    n_shared_experts: 1,
    moe_layer_freq: [0, 1, 1, 1],
    torch_dtype: 'bfloat16',
    sparse_attention_config: { sparse_attention_freq: [0, 1, 1, 1], sparse_index_dim: 128, sparse_num_index_heads: 4 },
  };
  const perToken = (options: object) =>
    makePlan(
      resolveEndpoint({
        model: { config: text },
        container: { family: 'vllm', version: '0.31.0' },
        instanceType: 'ml.p5en.48xlarge',
        options: { tensorParallelSize: 4, maxModelLen: 8192, ...options },
      }),
    ).kvBytesPerToken;

  test('stays in two bytes and on every accelerator', () => {
    const keys = 3 * 128 * 2;
    expect(perToken({})).toBe(4 * 256 * 2 + keys);
    expect(perToken({ kvCacheDtype: 'fp8' })).toBe(4 * 256 + keys);
  });
});
