import type { Architecture } from '../architecture';
import { fusedAttention, separateAttention } from '../blocks/attention';
import { decoder } from '../blocks/decoder';
import { plainMlp } from '../blocks/mlp';
import type { Geometry } from '../blocks/geometry';
import { windowEverywhere } from '../blocks/windows';
import type { ConfigReader } from '../config';
import { attentionBias } from './llama';

/** Four times the width, where the config does not say. */
function fourfold(config: ConfigReader, ...names: string[]): number {
  return config.sizeOr(4 * config.size('hidden_size', 'n_embd', 'n_embed', 'd_model'), ...names);
}

const GPT2_NAMES = { embedding: 'wte', layers: 'h', norm: 'ln_f' };

/** GPT-2: learned positions, everything with a bias. Its Conv1D weights are described as `[out, in]`, though stored transposed. */
export const gpt2: Architecture = {
  names: ['GPT2LMHeadModel'],
  modelTypes: ['gpt2'],
  describe: decoder({
    body: 'transformer.',
    tiedByDefault: true,
    names: GPT2_NAMES,
    geometry: (config) => ({ intermediate: fourfold(config, 'n_inner', 'intermediate_size') }),
    norms: ['ln_1', 'ln_2'],
    normBias: true,
    attention: (layer, g) => fusedAttention(layer, g, { qkv: 'attn.c_attn', o: 'attn.c_proj' }, { qkv: true, o: true }),
    mlp: (layer, g) => plainMlp(layer.under('mlp.'), g.hidden, g.intermediate, true, { up: 'c_fc', down: 'c_proj' }),
    moreOutside: (body, g, config) =>
      body.embedding('wpe', config.sizeOr(1024, 'n_positions', 'n_ctx'), g.hidden, 'replicated'),
  }),
};

/** StarCoder and SantaCoder: GPT-2 with one key-value head for all. */
export const gptBigCode: Architecture = {
  names: ['GPTBigCodeForCausalLM'],
  modelTypes: ['gpt_bigcode'],
  describe: decoder({
    body: 'transformer.',
    tiedByDefault: true,
    names: GPT2_NAMES,
    geometry: (config) => ({
      intermediate: fourfold(config, 'n_inner', 'intermediate_size'),
      kvHeads: config.flag('multi_query', true) ? 1 : config.size('n_head', 'num_attention_heads'),
    }),
    norms: ['ln_1', 'ln_2'],
    normBias: true,
    attention: (layer, g) => fusedAttention(layer, g, { qkv: 'attn.c_attn', o: 'attn.c_proj' }, { qkv: true, o: true }),
    mlp: (layer, g) => plainMlp(layer.under('mlp.'), g.hidden, g.intermediate, true, { up: 'c_fc', down: 'c_proj' }),
    moreOutside: (body, g, config) => body.embedding('wpe', config.sizeOr(1024, 'n_positions'), g.hidden, 'replicated'),
  }),
};

/** GPT-Neo: every other layer looks back only `window_size` tokens. */
export const gptNeo: Architecture = {
  names: ['GPTNeoForCausalLM'],
  modelTypes: ['gpt_neo'],
  describe: decoder({
    body: 'transformer.',
    tiedByDefault: true,
    names: GPT2_NAMES,
    geometry: (config) => ({ intermediate: fourfold(config, 'intermediate_size') }),
    norms: ['ln_1', 'ln_2'],
    normBias: true,
    attention: (layer, g) =>
      separateAttention(layer.under('attn.attention.'), g, { outBias: true, names: { o: 'out_proj' } }),
    mlp: (layer, g) => plainMlp(layer.under('mlp.'), g.hidden, g.intermediate, true, { up: 'c_fc', down: 'c_proj' }),
    moreOutside: (body, g) => body.embedding('wpe', g.maxPositions ?? 2048, g.hidden, 'replicated'),
    windows: (config, layers) => {
      const kinds = config.strings('attention_layers');
      const local = (layer: number): boolean => (kinds === undefined ? layer % 2 === 1 : kinds[layer] === 'local');
      return {
        kinds: Array.from({ length: layers }, (_, layer) => (local(layer) ? 'sliding_attention' : 'full_attention')),
        window: config.tokens('window_size'),
      };
    },
  }),
};

/** GPT-J and CodeGen: parallel attention and feed-forward behind one norm, a biased head. */
export const gptJ: Architecture = {
  names: ['GPTJForCausalLM'],
  modelTypes: ['gptj'],
  describe: decoder({
    body: 'transformer.',
    names: GPT2_NAMES,
    geometry: (config) => ({ intermediate: fourfold(config, 'n_inner', 'intermediate_size') }),
    norms: ['ln_1'],
    normBias: true,
    attention: (layer, g) => separateAttention(layer.under('attn.'), g, { names: { o: 'out_proj' } }),
    mlp: (layer, g) => plainMlp(layer.under('mlp.'), g.hidden, g.intermediate, true, { up: 'fc_in', down: 'fc_out' }),
    headBias: () => true,
  }),
};

export const codegen: Architecture = {
  names: ['CodeGenForCausalLM'],
  modelTypes: ['codegen'],
  describe: decoder({
    body: 'transformer.',
    names: GPT2_NAMES,
    geometry: (config) => ({ intermediate: fourfold(config, 'n_inner', 'intermediate_size') }),
    norms: ['ln_1'],
    normBias: true,
    attention: (layer, g) => fusedAttention(layer.under('attn.'), g, { qkv: 'qkv_proj', o: 'out_proj' }),
    mlp: (layer, g) => plainMlp(layer.under('mlp.'), g.hidden, g.intermediate, true, { up: 'fc_in', down: 'fc_out' }),
    headBias: () => true,
  }),
};

/** GPT-NeoX, Pythia, RedPajama, Dolly, OpenAssistant. */
export const gptNeoX: Architecture = {
  names: ['GPTNeoXForCausalLM'],
  modelTypes: ['gpt_neox'],
  describe: decoder({
    body: 'gpt_neox.',
    head: 'embed_out',
    names: { embedding: 'embed_in', norm: 'final_layer_norm' },
    geometry: ownKeyValueHeads,
    normBias: true,
    attention: (layer, g, config) => {
      const bias = config.flag('attention_bias', true);
      fusedAttention(layer.under('attention.'), g, { qkv: 'query_key_value', o: 'dense' }, { qkv: bias, o: bias });
    },
    mlp: (layer, g) => denseMlp(layer.under('mlp.'), g, true),
  }),
};

/** These classes have a key and a value head for every query head, whatever else the config says. */
function ownKeyValueHeads(config: ConfigReader): Partial<Geometry> {
  const heads = config.size('num_attention_heads');
  return { heads, kvHeads: heads };
}

/** The feed-forward of Megatron's heirs. */
function denseMlp(scope: Parameters<typeof plainMlp>[0], g: Geometry, bias: boolean): void {
  plainMlp(scope, g.hidden, g.intermediate, bias, { up: 'dense_h_to_4h', down: 'dense_4h_to_h' });
}

export const bloom: Architecture = {
  names: ['BloomForCausalLM', 'BloomModel'],
  modelTypes: ['bloom'],
  describe: decoder({
    body: 'transformer.',
    tiedByDefault: true,
    names: { embedding: 'word_embeddings', layers: 'h', norm: 'ln_f' },
    geometry: (config) => ({ intermediate: 4 * config.size('hidden_size', 'n_embed', 'n_embd') }),
    normBias: true,
    attention: (layer, g) =>
      fusedAttention(layer.under('self_attention.'), g, { qkv: 'query_key_value', o: 'dense' }, { qkv: true, o: true }),
    mlp: (layer, g) => denseMlp(layer.under('mlp.'), g, true),
    moreOutside: (body, g) => body.norm('word_embeddings_layernorm', g.hidden, true),
  }),
};

/** Falcon 7B to 180B. `multi_query` means one key-value head, unless the newer layout of the 40B is used. */
export const falcon: Architecture = {
  names: ['FalconForCausalLM', 'RWForCausalLM'],
  modelTypes: ['falcon', 'RefinedWeb', 'RefinedWebModel'],
  describe: decoder({
    body: 'transformer.',
    tiedByDefault: true,
    names: { embedding: 'word_embeddings', layers: 'h', norm: 'ln_f' },
    geometry: (config) => {
      const heads = config.size('num_attention_heads', 'n_head');
      const newLayout = newFalcon(config);
      const multiQuery = config.flag('multi_query', true);
      return {
        heads,
        kvHeads: newLayout ? config.sizeOr(heads, 'num_kv_heads', 'n_head_kv') : multiQuery ? 1 : heads,
        intermediate: config.sizeOr(4 * config.size('hidden_size'), 'ffn_hidden_size', 'intermediate_size'),
        // Rotary positions have no table; this is the length it was trained with, which the first configs do not name.
        maxPositions: config.tokens('max_position_embeddings') ?? 2048,
      };
    },
    norms: (config) => {
      if (newFalcon(config)) {
        return config.sizeOr(2, 'num_ln_in_parallel_attn') === 2 ? ['ln_attn', 'ln_mlp'] : ['input_layernorm'];
      }
      return config.flag('parallel_attn', true) ? ['input_layernorm'] : ['input_layernorm', 'post_attention_layernorm'];
    },
    normBias: true,
    attention: (layer, g, config) => {
      const bias = config.flag('bias', false);
      fusedAttention(layer.under('self_attention.'), g, { qkv: 'query_key_value', o: 'dense' }, { qkv: bias, o: bias });
    },
    mlp: (layer, g, config) => denseMlp(layer.under('mlp.'), g, config.flag('bias', false)),
  }),
};

/** The first release of the 40B has no flag for its layout, but names its key-value heads. */
function newFalcon(config: ConfigReader): boolean {
  return config.flag('new_decoder_architecture', config.text('model_type') === 'RefinedWeb' && config.has('n_head_kv'));
}

/** OPT: learned positions with an offset of two. OPT-350m projects a smaller embedding and norms after its blocks. */
export const opt: Architecture = {
  names: ['OPTForCausalLM'],
  modelTypes: ['opt'],
  describe: decoder({
    body: 'model.decoder.',
    tiedByDefault: true,
    names: { norm: 'final_layer_norm' },
    embeddingWidth: (config, g) => config.sizeOr(g.hidden, 'word_embed_proj_dim'),
    norms: ['self_attn_layer_norm', 'final_layer_norm'],
    normBias: true,
    finalNorm: (config) => config.flag('do_layer_norm_before', true) && !config.flag('_remove_final_layer_norm', false),
    attention: (layer, g, config) => {
      const bias = config.flag('enable_bias', true);
      separateAttention(layer.under('self_attn.'), g, { qkvBias: bias, outBias: bias, names: { o: 'out_proj' } });
    },
    mlp: (layer, g, config) =>
      plainMlp(layer, g.hidden, g.intermediate, config.flag('enable_bias', true), { up: 'fc1', down: 'fc2' }),
    moreOutside: (body, g, config) => {
      body.embedding('embed_positions', (g.maxPositions ?? 2048) + 2, g.hidden, 'replicated');
      const width = config.sizeOr(g.hidden, 'word_embed_proj_dim');
      if (width !== g.hidden) {
        body.linear('project_in', g.hidden, width, 'replicated').linear('project_out', width, g.hidden, 'replicated');
      }
    },
  }),
};

/** MPT: no biases, no positions; key-value heads in `attn_config`. */
export const mpt: Architecture = {
  names: ['MPTForCausalLM', 'MptForCausalLM'],
  modelTypes: ['mpt'],
  describe: decoder({
    body: 'transformer.',
    tiedByDefault: true,
    names: { embedding: 'wte', layers: 'blocks', norm: 'norm_f' },
    geometry: (config) => {
      const hidden = config.size('d_model', 'hidden_size');
      const heads = config.size('n_heads', 'num_attention_heads');
      const attention = config.objectOrEmpty('attn_config');
      const multiQuery = attention.text('attn_type') === 'multiquery_attention';
      return {
        heads,
        kvHeads: multiQuery ? 1 : attention.sizeOr(heads, 'kv_n_heads'),
        intermediate: hidden * config.sizeOr(4, 'expansion_ratio'),
      };
    },
    norms: ['norm_1', 'norm_2'],
    attention: (layer, g) => fusedAttention(layer.under('attn.'), g, { qkv: 'Wqkv', o: 'out_proj' }),
    mlp: (layer, g) =>
      plainMlp(layer.under('ffn.'), g.hidden, g.intermediate, false, { up: 'up_proj', down: 'down_proj' }),
  }),
};

/** StarCoder 2. */
export const starcoder2: Architecture = {
  names: ['Starcoder2ForCausalLM'],
  modelTypes: ['starcoder2'],
  describe: decoder({
    tiedByDefault: true,
    normBias: true,
    attentionTraits: (config) => {
      const bias = config.flag('use_bias', true);
      return { qkvBias: bias, outBias: bias };
    },
    mlp: (layer, g, config) =>
      plainMlp(layer.under('mlp.'), g.hidden, g.intermediate, config.flag('use_bias', true), {
        up: 'c_fc',
        down: 'c_proj',
      }),
    windows: windowEverywhere,
  }),
};

/** Nemotron 3 and 4, Minitron: squared ReLU without a gate. */
export const nemotron: Architecture = {
  names: ['NemotronForCausalLM'],
  modelTypes: ['nemotron'],
  describe: decoder({
    normBias: true,
    attentionTraits: attentionBias,
    mlp: (layer, g, config) =>
      plainMlp(layer.under('mlp.'), g.hidden, g.intermediate, config.flag('mlp_bias', false), {
        up: 'up_proj',
        down: 'down_proj',
      }),
  }),
};

/** Persimmon, and the decoder of Fuyu. */
export const persimmon: Architecture = {
  names: ['PersimmonForCausalLM'],
  modelTypes: ['persimmon'],
  describe: decoder({
    names: { norm: 'final_layernorm' },
    geometry: ownKeyValueHeads,
    normBias: true,
    attention: (layer, g, config) => {
      const scope = layer.under('self_attn.');
      fusedAttention(scope, g, { qkv: 'query_key_value', o: 'dense' }, { qkv: true, o: true });
      if (config.flag('qk_layernorm', true)) {
        scope.norm('q_layernorm', g.headDim, true).norm('k_layernorm', g.headDim, true);
      }
    },
    mlp: (layer, g) => denseMlp(layer.under('mlp.'), g, true),
  }),
};
