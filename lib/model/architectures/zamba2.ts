import type { Architecture } from '../architecture';
import { figuresOf } from '../blocks/decoder';
import { readGeometry } from '../blocks/geometry';
import type { Mamba2Geometry } from '../blocks/recurrent';
import { mamba2Mixer, mamba2State } from '../blocks/recurrent';
import { fullKv } from '../kv';
import { firstLayers } from '../layers';
import { WeightList } from '../weights';

/** Zamba 2: Mamba-2 throughout, and a few attention blocks shared by many layers, each with adapters of its own. */
export const zamba2: Architecture = {
  names: ['Zamba2ForCausalLM'],
  modelTypes: ['zamba2'],
  describe: (config, { names, tied }) => {
    const hidden = config.size('hidden_size');
    const heads = config.size('num_attention_heads');
    const attentionWidth = config.sizeOr(2 * hidden, 'attention_hidden_size');
    const headDim = config.sizeOr(Math.max(1, Math.floor((2 * hidden) / heads)), 'attention_head_dim');
    const g = readGeometry(config, { heads, headDim, intermediate: config.sizeOr(4 * hidden, 'intermediate_size') });
    const all = firstLayers(g.layers);
    const kinds = config.strings('layers_block_type');
    const listed = config.sizes('hybrid_layer_ids', 0);
    const hybrid = all.filter((layer) => (kinds === undefined ? listed?.includes(layer) : kinds[layer] === 'hybrid'));
    const plain = all.filter((layer) => !hybrid.includes(layer));
    const blocks = config.sizeOr(1, 'num_mem_blocks');
    const inner = config.sizeOr(2, 'mamba_expand') * hidden;
    const mambaHeads = config.sizeOr(8, 'n_mamba_heads');
    const m: Mamba2Geometry = {
      hidden,
      heads: mambaHeads,
      headDim: Math.max(1, Math.floor(inner / mambaHeads)),
      groups: config.sizeOr(1, 'mamba_ngroups'),
      state: config.sizeOr(64, 'mamba_d_state'),
      kernel: config.sizeOr(4, 'mamba_d_conv'),
      projectionBias: config.flag('add_bias_linear', false),
      convolutionBias: config.flag('use_conv_bias', true),
      gatedNorm: true,
    };
    const weights = new WeightList();
    const prefix = `${names.body}layers.{layer}.`;
    const body = weights.root(names.body).embedding('embed_tokens', g.vocab, hidden);
    const plainLayer = weights.layers(prefix, plain).norm('input_layernorm', hidden);
    mamba2Mixer(plainLayer.under('mamba.'), m);
    const hybridLayer = weights.layers(prefix, hybrid).linear('linear', hidden, hidden, 'replicated');
    hybridLayer.norm('mamba_decoder.input_layernorm', hidden);
    mamba2Mixer(hybridLayer.under('mamba_decoder.mamba.'), m);
    const shared = weights.layers(`${prefix}shared_transformer.`, hybrid.slice(0, blocks));
    const bias = config.flag('add_bias_linear', false);
    shared
      .norm('input_layernorm', attentionWidth)
      .norm('pre_ff_layernorm', hidden)
      .linear('self_attn.q_proj', heads * headDim, attentionWidth, 'column')
      .linear('self_attn.k_proj', g.kvHeads * headDim, attentionWidth, 'column')
      .linear('self_attn.v_proj', g.kvHeads * headDim, attentionWidth, 'column')
      .linear('self_attn.o_proj', hidden, heads * headDim, 'row')
      .linear('feed_forward.gate_up_proj', 2 * g.intermediate, hidden, 'column', bias)
      .linear('feed_forward.down_proj', hidden, g.intermediate, 'row', bias);
    const rank = config.sizeOr(128, 'adapter_rank');
    const adapters = weights.layers(`${prefix}shared_transformer.`, hybrid);
    adapters
      .linear('feed_forward.gate_up_proj_adapter_list.0', rank, hidden, 'replicated')
      .linear('feed_forward.gate_up_proj_adapter_list.1', 2 * g.intermediate, rank, 'column');
    if (config.flag('use_shared_attention_adapter', false)) {
      for (const name of ['q', 'k', 'v']) {
        adapters
          .linear(`self_attn.linear_${name}_adapter_list.0`, rank, attentionWidth, 'replicated')
          .linear(`self_attn.linear_${name}_adapter_list.1`, attentionWidth, rank, 'column');
      }
    }
    body.norm('final_layernorm', hidden);
    const tie = tied ?? config.flag('tie_word_embeddings', true);
    if (!tie) weights.root('').head(names.head, g.vocab, hidden);
    const kv = [fullKv(hybrid.length, g.kvHeads, headDim), mamba2State(g.layers, m, config)];
    return { ...figuresOf(g), tieWordEmbeddings: tie, kv: kv.filter((group) => group.layers > 0), weights };
  },
};
