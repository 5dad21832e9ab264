import { describeModel } from '../../lib/model';

const LAYERS = 60;
const afterThree = Array.from({ length: LAYERS }, (_, layer) => (layer < 3 ? 0 : 1));

/** MiniMaxAI/MiniMax-M3: what sizes hang on. */
const text = {
  architectures: ['MiniMaxM3SparseForCausalLM'],
  model_type: 'minimax_m3',
  hidden_size: 6144,
  intermediate_size: 3072,
  dense_intermediate_size: 12_288,
  num_hidden_layers: LAYERS,
  num_attention_heads: 64,
  num_key_value_heads: 4,
  head_dim: 128,
  vocab_size: 200_064,
  max_position_embeddings: 1_048_576,
  num_local_experts: 128,
  num_experts_per_tok: 4,
  n_shared_experts: 1,
  moe_layer_freq: afterThree,
  use_qk_norm: true,
  tie_word_embeddings: false,
  torch_dtype: 'bfloat16',
  sparse_attention_config: {
    use_sparse_attention: true,
    sparse_attention_freq: afterThree,
    sparse_index_dim: 128,
    sparse_num_index_heads: 4,
  },
};

const whole = {
  architectures: ['MiniMaxM3SparseForConditionalGeneration'],
  model_type: 'minimax_m3_vl',
  text_config: text,
  vision_config: {
    model_type: 'clip_vision_model',
    hidden_size: 1280,
    intermediate_size: 5120,
    num_hidden_layers: 32,
    num_attention_heads: 16,
    patch_size: 14,
    image_size: 2016,
    num_channels: 3,
    img_token_compression_config: { spatial_merge_size: 2, temporal_patch_size: 2 },
  },
  img_token_compression_config: { spatial_merge_size: 2, temporal_patch_size: 2 },
  projector_hidden_size: 6144,
};

describe('MiniMax M3', () => {
  test('has the published number of parameters, 427.04 billion, and four of 128 experts active', () => {
    const { parameterCount, moe } = describeModel(whole);
    expect(parameterCount).toBe(427_040_142_720);
    expect(moe).toMatchObject({ experts: 128, expertsPerToken: 4 });
  });

  test('keeps a key to choose tokens by, in bfloat16 whatever the cache is in, in layers that choose', () => {
    expect(describeModel(whole).kv).toEqual([
      { kind: 'full', layers: 60, kvHeads: 4, keyDim: 128, valueDim: 128, elementsPerToken: 1024 },
      { kind: 'full', layers: 57, kvHeads: 1, keyDim: 128, valueDim: 0, elementsPerToken: 128, elementBytes: 2 },
    ]);
  });

  test.each([
    ['no list of layers', { sparse_attention_freq: undefined }, [60, 60]],
    ['sparse attention switched off', { use_sparse_attention: false }, [60]],
  ])('with %s', (_, changed, layers) => {
    const sparse = { ...text.sparse_attention_config, ...changed };
    const { kv } = describeModel({ ...text, sparse_attention_config: sparse });
    expect(kv.map((group) => group.layers)).toEqual(layers);
  });

  test('without sparse attention keeps keys and values alone, and needs no weights to choose by', () => {
    const { sparse_attention_config: _, ...plain } = text;
    const { kv, weights } = describeModel(plain);
    expect(kv).toHaveLength(1);
    expect(weights.some(({ name }) => name.includes('index_'))).toBe(false);
  });
});
