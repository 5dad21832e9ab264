import { gguf } from '../../../format/gguf/value';
import type { HubConfig } from '../config';
import { ParameterList, commonParameters } from '../parameters';
import type { HubArchitecture } from './architecture';
import { noSpacePrefix } from './space-prefix';

/** What Gemma 1 and 2 say, in their converter's own order. */
function gemmaParameters(list: ParameterList, config: HubConfig): void {
  list.count('context_length', config.required('max_position_embeddings'));
  list.count('embedding_length', config.required('hidden_size'));
  list.count('block_count', config.required('num_hidden_layers'));
  list.count('feed_forward_length', config.required('intermediate_size'));
  list.count('attention.head_count', config.required('num_attention_heads'));
  list.count('attention.head_count_kv', config.required('num_key_value_heads', 'num_attention_heads'));
  list.real('attention.layer_norm_rms_epsilon', config.required('rms_norm_eps'));
  list.count('attention.key_length', config.required('head_dim'));
  list.count('attention.value_length', config.required('head_dim'));
  list.fileType();
}

export const gemma: HubArchitecture = {
  gguf: 'gemma',
  defaults: () => ({ num_key_value_heads: 16, head_dim: 256, max_position_embeddings: 8192, rms_norm_eps: 1e-6 }),
  interleaves: false,
  normsFromOne: true,
  vocabularies: ['sentence-piece'],
  dropsHead: true,
  parameters(config) {
    const list = new ParameterList('gemma');
    gemmaParameters(list, config);
    return list.metadata;
  },
  // `<end_of_turn>` ends a turn.
  tokenizerEnd: () => new Map([['tokenizer.ggml.eot_token_id', gguf.uint32(107)], ...noSpacePrefix()]),
};

export const gemma2: HubArchitecture = {
  gguf: 'gemma2',
  defaults: () => ({
    num_key_value_heads: 4,
    head_dim: 256,
    max_position_embeddings: 8192,
    rms_norm_eps: 1e-6,
    attn_logit_softcapping: 50,
    final_logit_softcapping: 30,
    sliding_window: 4096,
  }),
  interleaves: false,
  normsFromOne: true,
  vocabularies: ['sentence-piece'],
  dropsHead: true,
  parameters(config) {
    const list = new ParameterList('gemma2');
    gemmaParameters(list, config);
    list.real('attn_logit_softcapping', config.required('attn_logit_softcapping'));
    list.real('final_logit_softcapping', config.required('final_logit_softcapping'));
    list.count('attention.sliding_window', config.required('sliding_window'));
    return list.metadata;
  },
  tokenizerEnd: noSpacePrefix,
};

export const gemma3: HubArchitecture = {
  gguf: 'gemma3',
  defaults: () => ({
    num_key_value_heads: 4,
    head_dim: 256,
    max_position_embeddings: 131072,
    rms_norm_eps: 1e-6,
    num_attention_heads: 8,
    sliding_window: 4096,
    rope_theta: 1000000,
    rope_local_base_freq: 10000,
  }),
  interleaves: false,
  normsFromOne: true,
  vocabularies: ['sentence-piece'],
  parameters(config, rope) {
    const list = new ParameterList('gemma3');
    commonParameters(list, config, rope);
    list.real('final_logit_softcapping', config.number('final_logit_softcapping'));
    if (config.number('sliding_window_pattern') !== 1)
      list.count('attention.sliding_window', config.required('sliding_window'));
    return list.metadata;
  },
  tokenizerEnd: noSpacePrefix,
};
