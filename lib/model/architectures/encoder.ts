import type { Architecture, Draft } from '../architecture';
import type { Geometry } from '../blocks/geometry';
import { readGeometry } from '../blocks/geometry';
import { figuresOf, labelsOf } from '../blocks/decoder';
import type { ConfigReader } from '../config';
import { firstLayers } from '../layers';
import type { WeightScope } from '../weights';
import { WeightList } from '../weights';

/** What an encoder class puts on top of the layers. */
interface Top {
  /** Classes whose weights stand under this prefix (`bert.`), with a head beside them. */
  readonly prefix: string;
  readonly pooler: boolean;
}

function encoderDraft(g: Geometry, weights: WeightList, tied: boolean): Draft {
  return { ...figuresOf(g), kind: 'encoder', tieWordEmbeddings: tied, kv: [], weights };
}

/** One BERT layer; `self` and `output` are the names that BERT gave them. */
function bertLayer(layer: WeightScope, g: Geometry): void {
  layer
    .linear('attention.self.query', g.hidden, g.hidden, 'column', true)
    .linear('attention.self.key', g.hidden, g.hidden, 'column', true)
    .linear('attention.self.value', g.hidden, g.hidden, 'column', true)
    .linear('attention.output.dense', g.hidden, g.hidden, 'row', true)
    .norm('attention.output.LayerNorm', g.hidden, true)
    .linear('intermediate.dense', g.intermediate, g.hidden, 'column', true)
    .linear('output.dense', g.hidden, g.intermediate, 'row', true)
    .norm('output.LayerNorm', g.hidden, true);
}

function bertLike(base: string) {
  return (config: ConfigReader): Draft => {
    const name = config.strings('architectures')?.[0] ?? '';
    const g = readGeometry(config);
    const classifier = /ForSequenceClassification$/.test(name);
    const masked = /ForMaskedLM$/.test(name);
    const roberta = base !== 'bert';
    const top: Top = {
      prefix: classifier || masked ? `${base}.` : '',
      pooler: !masked && !(classifier && roberta),
    };
    const weights = new WeightList();
    const body = weights.root(top.prefix);
    body
      .embedding('embeddings.word_embeddings', g.vocab, g.hidden)
      .embedding('embeddings.position_embeddings', g.maxPositions ?? 512, g.hidden, 'replicated')
      .embedding('embeddings.token_type_embeddings', config.sizeOr(2, 'type_vocab_size'), g.hidden, 'replicated')
      .norm('embeddings.LayerNorm', g.hidden, true);
    bertLayer(weights.layers(`${top.prefix}encoder.layer.{layer}.`, firstLayers(g.layers)), g);
    if (top.pooler) body.linear('pooler.dense', g.hidden, g.hidden, 'replicated', true);
    const head = weights.root('');
    if (classifier && roberta) head.linear('classifier.dense', g.hidden, g.hidden, 'replicated', true);
    if (classifier)
      head.linear(roberta ? 'classifier.out_proj' : 'classifier', labelsOf(config), g.hidden, 'replicated', true);
    if (masked) {
      const prefix = roberta ? 'lm_head.' : 'cls.predictions.';
      head
        .linear(roberta ? 'lm_head.dense' : 'cls.predictions.transform.dense', g.hidden, g.hidden, 'replicated', true)
        .norm(roberta ? 'lm_head.layer_norm' : 'cls.predictions.transform.LayerNorm', g.hidden, true)
        .parameter(`${prefix}bias`, [g.vocab], 'vocabulary', 'bias');
    }
    return encoderDraft(g, weights, true);
  };
}

/** BERT, MiniLM, E5, BGE, GTE of the first generation. */
export const bert: Architecture = {
  names: ['BertModel', 'BertForMaskedLM', 'BertForSequenceClassification'],
  modelTypes: ['bert'],
  describe: bertLike('bert'),
};

/** RoBERTa, XLM-RoBERTa, CamemBERT, BGE-M3, multilingual E5. */
export const roberta: Architecture = {
  names: [
    'RobertaModel',
    'RobertaForMaskedLM',
    'RobertaForSequenceClassification',
    'XLMRobertaModel',
    'XLMRobertaForMaskedLM',
    'XLMRobertaForSequenceClassification',
    'CamembertModel',
  ],
  modelTypes: ['roberta', 'xlm-roberta', 'camembert'],
  describe: bertLike('roberta'),
};

export const distilbert: Architecture = {
  names: ['DistilBertModel', 'DistilBertForMaskedLM', 'DistilBertForSequenceClassification'],
  modelTypes: ['distilbert'],
  describe: (config) => {
    const name = config.strings('architectures')?.[0] ?? '';
    const hidden = config.size('dim', 'hidden_size');
    const g = readGeometry(config, { intermediate: config.sizeOr(4 * hidden, 'hidden_dim', 'intermediate_size') });
    const prefix = name === 'DistilBertModel' ? '' : 'distilbert.';
    const weights = new WeightList();
    weights
      .root(prefix)
      .embedding('embeddings.word_embeddings', g.vocab, hidden)
      .embedding('embeddings.position_embeddings', g.maxPositions ?? 512, hidden, 'replicated')
      .norm('embeddings.LayerNorm', hidden, true);
    weights
      .layers(`${prefix}transformer.layer.{layer}.`, firstLayers(g.layers))
      .linear('attention.q_lin', hidden, hidden, 'column', true)
      .linear('attention.k_lin', hidden, hidden, 'column', true)
      .linear('attention.v_lin', hidden, hidden, 'column', true)
      .linear('attention.out_lin', hidden, hidden, 'row', true)
      .norm('sa_layer_norm', hidden, true)
      .linear('ffn.lin1', g.intermediate, hidden, 'column', true)
      .linear('ffn.lin2', hidden, g.intermediate, 'row', true)
      .norm('output_layer_norm', hidden, true);
    const head = weights.root('');
    if (name.endsWith('ForSequenceClassification')) {
      head
        .linear('pre_classifier', hidden, hidden, 'replicated', true)
        .linear('classifier', labelsOf(config), hidden, 'replicated', true);
    }
    if (name.endsWith('ForMaskedLM')) {
      head
        .linear('vocab_transform', hidden, hidden, 'replicated', true)
        .norm('vocab_layer_norm', hidden, true)
        .parameter('vocab_projector.bias', [g.vocab], 'vocabulary', 'bias');
    }
    return encoderDraft(g, weights, true);
  },
};

/** ModernBERT: rotary positions, gated feed-forward, the first layer without its attention norm. */
export const modernBert: Architecture = {
  names: ['ModernBertModel', 'ModernBertForMaskedLM', 'ModernBertForSequenceClassification'],
  modelTypes: ['modernbert'],
  describe: (config) => {
    const name = config.strings('architectures')?.[0] ?? '';
    const g = readGeometry(config);
    const normBias = config.flag('norm_bias', false);
    const attentionBias = config.flag('attention_bias', false);
    const mlpBias = config.flag('mlp_bias', false);
    const prefix = name === 'ModernBertModel' ? '' : 'model.';
    const all = firstLayers(g.layers);
    const weights = new WeightList();
    const body = weights.root(prefix);
    body
      .embedding('embeddings.tok_embeddings', g.vocab, g.hidden)
      .norm('embeddings.norm', g.hidden, normBias)
      .norm('final_norm', g.hidden, normBias);
    const layer = weights.layers(`${prefix}layers.{layer}.`, all);
    weights.layers(`${prefix}layers.{layer}.`, all.slice(1)).norm('attn_norm', g.hidden, normBias);
    layer
      .linear('attn.Wqkv', 3 * g.hidden, g.hidden, 'column', attentionBias)
      .linear('attn.Wo', g.hidden, g.hidden, 'row', attentionBias)
      .norm('mlp_norm', g.hidden, normBias)
      .linear('mlp.Wi', 2 * g.intermediate, g.hidden, 'column', mlpBias)
      .linear('mlp.Wo', g.hidden, g.intermediate, 'row', mlpBias);
    const head = weights.root('');
    if (name !== 'ModernBertModel') {
      head
        .linear('head.dense', g.hidden, g.hidden, 'replicated', config.flag('classifier_bias', false))
        .norm('head.norm', g.hidden, normBias);
    }
    if (name.endsWith('ForMaskedLM') && config.flag('decoder_bias', true)) {
      head.parameter('decoder.bias', [g.vocab], 'vocabulary', 'bias');
    }
    if (name.endsWith('ForSequenceClassification')) {
      head.linear('classifier', labelsOf(config), g.hidden, 'replicated', true);
    }
    return encoderDraft(g, weights, true);
  },
};
