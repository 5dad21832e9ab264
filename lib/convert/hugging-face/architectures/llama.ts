import { gguf } from '../../../format/gguf/value';
import type { HubConfig } from '../config';
import { ParameterList, commonParameters, llama3RopeFactors } from '../parameters';
import type { HubArchitecture } from './architecture';
import { ADD_SPACE_PREFIX } from './space-prefix';

/** Vocabulary of the small Granite and StarCoder-like models, whose texts begin without a BOS. */
const VOCABULARY_WITHOUT_BOS = 49152;

/** Width of a head where a config does not give it. */
function headWidth(config: HubConfig): number {
  return Math.floor(config.required('hidden_size') / config.required('num_attention_heads'));
}

export const llama: HubArchitecture = {
  gguf: 'llama',
  defaults: (config) => ({
    head_dim: headWidth(config),
    num_key_value_heads: config.required('num_attention_heads'),
    max_position_embeddings: 2048,
    rms_norm_eps: 1e-6,
    rope_theta: 10000,
  }),
  interleaves: true,
  normsFromOne: false,
  vocabularies: ['sentence-piece', 'byte-fallback', 'byte-pair'],
  parameters(config, rope) {
    const list = new ParameterList('llama');
    commonParameters(list, config, rope);
    list.count('vocab_size', config.required('vocab_size'));
    list.count('rope.dimension_count', config.number('head_dim') ?? headWidth(config));
    return list.metadata;
  },
  tokenizerStart: ({ add_prefix_space: adds }) =>
    new Map(typeof adds === 'boolean' ? [[ADD_SPACE_PREFIX, gguf.bool(adds)]] : []),
  tokenizerEnd: (config) =>
    new Map(
      config.number('vocab_size') === VOCABULARY_WITHOUT_BOS
        ? [['tokenizer.ggml.add_bos_token', gguf.bool(false)]]
        : [],
    ),
  constants(config, rope) {
    const values = llama3RopeFactors(config, rope);
    return values === undefined ? [] : [{ name: 'rope_freqs.weight', shape: [values.length], values }];
  },
};

export const mistral: HubArchitecture = {
  ...llama,
  defaults: (config) => ({
    head_dim: headWidth(config),
    num_key_value_heads: 8,
    max_position_embeddings: 131072,
    rms_norm_eps: 1e-6,
    rope_theta: 10000,
  }),
};

/** Here a width of heads that the config leaves out stays out. */
export const mixtral: HubArchitecture = {
  ...llama,
  defaults: () => ({
    num_key_value_heads: 8,
    max_position_embeddings: 131072,
    rms_norm_eps: 1e-5,
    rope_theta: 1000000,
    num_experts: 8,
    num_experts_per_tok: 2,
  }),
};
