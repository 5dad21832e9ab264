import type { Architecture, Draft, Surroundings } from '../architecture';
import { figuresOf } from '../blocks/decoder';
import { readGeometry } from '../blocks/geometry';
import { gatedMlp } from '../blocks/mlp';
import { gatedMixture, EXPERT_LIST, mixtureFigures } from '../blocks/moe';
import { deltaNet, deltaNetState, readDeltaNet } from '../blocks/recurrent';
import { layerTypes } from '../blocks/windows';
import type { ConfigReader } from '../config';
import { fullKv } from '../kv';
import { firstLayers } from '../layers';
import { WeightList } from '../weights';
import { orExpertWidth, qwenMixture } from './mixtures';

interface Variant {
  /** One projection for query, key, value and gate of the delta net. */
  readonly fusedDeltaNet: boolean;
  /** Experts in fused tensors. */
  readonly fusedExperts: boolean;
}

/** Three layers of gated delta net to one of attention, whose output passes a gate that the query projection also makes. */
function describe(config: ConfigReader, { names, tied }: Surroundings, variant: Variant): Draft {
  const g = readGeometry(config, orExpertWidth(config));
  const every = config.sizeOr(4, 'full_attention_interval');
  const kinds =
    layerTypes(config, g.layers) ??
    firstLayers(g.layers).map((layer) => ((layer + 1) % every === 0 ? 'full_attention' : 'linear_attention'));
  const all = firstLayers(g.layers);
  const attentionLayers = all.filter((layer) => kinds[layer] === 'full_attention');
  const linearLayers = all.filter((layer) => kinds[layer] !== 'full_attention');

  const weights = new WeightList();
  const body = weights.root(names.body);
  const prefix = `${names.body}layers.{layer}.`;
  const layer = weights.layers(prefix, all);
  body.embedding('embed_tokens', g.vocab, g.hidden);
  layer.norm('input_layernorm', g.hidden).norm('post_attention_layernorm', g.hidden);

  const query = g.heads * g.headDim;
  const gate = config.flag('attn_output_gate', true) ? 2 : 1;
  const bias = config.flag('attention_bias', false);
  weights
    .layers(`${prefix}self_attn.`, attentionLayers)
    .linear('q_proj', gate * query, g.hidden, 'column', bias)
    .linear('k_proj', g.kvHeads * g.headDim, g.hidden, 'column', bias)
    .linear('v_proj', g.kvHeads * g.headDim, g.hidden, 'column', bias)
    .linear('o_proj', g.hidden, query, 'row', bias)
    .norm('q_norm', g.headDim)
    .norm('k_norm', g.headDim);
  const kv = [fullKv(attentionLayers.length, g.kvHeads, g.headDim)];
  if (linearLayers.length > 0) {
    const net = readDeltaNet(config, g.hidden);
    deltaNet(weights.layers(`${prefix}linear_attn.`, linearLayers), net, variant.fusedDeltaNet);
    kv.push(deltaNetState(linearLayers.length, net, config));
  }

  const mixture = qwenMixture(config, g);
  const dense = mixture === undefined ? all : all.filter((index) => !mixture.sparseLayers.includes(index));
  gatedMlp(weights.layers(`${prefix}mlp.`, dense), g.hidden, g.intermediate);
  if (mixture !== undefined) {
    const scope = weights.layers(`${prefix}mlp.`, mixture.sparseLayers);
    if (variant.fusedExperts) {
      scope
        .router('gate', mixture.experts, g.hidden)
        .expert('experts.gate_up_proj', mixture.experts, 2 * mixture.intermediate, g.hidden)
        .expert('experts.down_proj', mixture.experts, g.hidden, mixture.intermediate);
      gatedMlp(scope.under('shared_expert.'), g.hidden, mixture.sharedIntermediate);
    } else gatedMixture(scope, g.hidden, mixture, EXPERT_LIST);
    scope.linear('shared_expert_gate', 1, g.hidden, 'replicated');
  }

  body.norm('norm', g.hidden);
  const tie = tied ?? config.flag('tie_word_embeddings', false);
  if (!tie) weights.root('').head(names.head, g.vocab, g.hidden);
  return {
    ...figuresOf(g),
    tieWordEmbeddings: tie,
    moe: mixtureFigures(mixture),
    kv: kv.filter((group) => group.layers > 0),
    weights,
  };
}

export const qwen3Next: Architecture = {
  names: ['Qwen3NextForCausalLM'],
  modelTypes: ['qwen3_next'],
  describe: (config, surroundings) => describe(config, surroundings, { fusedDeltaNet: true, fusedExperts: false }),
};

export const qwen35Text: Architecture = {
  names: ['Qwen3_5ForCausalLM', 'Qwen3_5MoeForCausalLM'],
  modelTypes: ['qwen3_5_text', 'qwen3_5_moe_text'],
  describe: (config, surroundings) => describe(config, surroundings, { fusedDeltaNet: false, fusedExperts: true }),
};
