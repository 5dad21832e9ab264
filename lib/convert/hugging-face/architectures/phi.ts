import { gguf, type GgufValue } from '../../../format/gguf/value';
import type { HubConfig, RopeParameters } from '../config';
import { ParameterList } from '../parameters';
import type { HubArchitecture } from './architecture';

export const phi2: HubArchitecture = {
  gguf: 'phi2',
  defaults: () => ({ max_position_embeddings: 2048, layer_norm_eps: 1e-5, partial_rotary_factor: 0.5 }),
  interleaves: false,
  normsFromOne: false,
  vocabularies: ['byte-pair'],
  parameters(config, rope) {
    const list = new ParameterList('phi2');
    const width = config.required('hidden_size', 'n_embd');
    const heads = config.required('num_attention_heads', 'n_head');
    list.count('context_length', config.required('n_positions', 'max_position_embeddings'));
    list.count('embedding_length', width);
    list.count('feed_forward_length', 4 * width);
    list.count('block_count', config.required('num_hidden_layers', 'n_layer'));
    list.count('attention.head_count', heads);
    list.count('attention.head_count_kv', heads);
    list.real('attention.layer_norm_epsilon', config.required('layer_norm_epsilon', 'layer_norm_eps'));
    list.count('rope.dimension_count', rotaryDimensions(rope, width, heads));
    list.fileType();
    list.metadata.set('tokenizer.ggml.add_bos_token', gguf.bool(false));
    return list.metadata;
  },
};

function rotaryDimensions({ values }: RopeParameters, width: number, heads: number): number {
  const share = typeof values.partial_rotary_factor === 'number' ? values.partial_rotary_factor : 1;
  return Math.floor(Math.trunc(share * width) / heads);
}

function originalContext(config: HubConfig, { values }: RopeParameters): number {
  const stored = values.original_max_position_embeddings;
  return typeof stored === 'number' ? stored : config.required('original_max_position_embeddings');
}

/** The factor of the longer context, which the converter knows before all other parameters. */
function ropeFactor(name: string, config: HubConfig, rope: RopeParameters): Map<string, GgufValue> {
  const list = new ParameterList(name);
  const scale = config.required('n_positions', 'max_position_embeddings') / originalContext(config, rope);
  const type = rope.values.rope_type;
  if (Array.isArray(rope.values.long_factor)) {
    const long = Math.sqrt(1 + Math.log(scale) / Math.log(originalContext(config, rope)));
    const factor = scale <= 1 ? 1 : type === 'yarn' ? 0.1 * Math.log(scale) + 1 : long;
    list.real('rope.scaling.attn_factor', factor);
  }
  return list.metadata;
}

function phi3Parameters(list: ParameterList, config: HubConfig, rope: RopeParameters): void {
  const width = config.required('hidden_size', 'n_embd');
  const heads = config.required('num_attention_heads', 'n_head');
  list.count('context_length', config.required('n_positions', 'max_position_embeddings'));
  list.count('rope.scaling.original_context_length', originalContext(config, rope));
  list.count('embedding_length', width);
  list.count('feed_forward_length', config.required('intermediate_size'));
  list.count('block_count', config.required('num_hidden_layers'));
  list.count('attention.head_count', heads);
  list.count('attention.head_count_kv', config.required('num_key_value_heads', 'n_head_kv'));
  list.real('attention.layer_norm_rms_epsilon', config.required('rms_norm_eps'));
  list.count('rope.dimension_count', rotaryDimensions(rope, width, heads));
  list.real('rope.freq_base', rope.values.rope_theta);
  list.fileType();
  // Zero tells Phi-4 from the others.
  list.count('attention.sliding_window', config.number('sliding_window') ?? 0);
}

export const phi3: HubArchitecture = {
  gguf: 'phi3',
  defaults: (config) => ({
    num_key_value_heads: config.required('num_attention_heads', 'n_head'),
    max_position_embeddings: 4096,
    original_max_position_embeddings: 4096,
    rms_norm_eps: 1e-5,
    rope_theta: 10000,
  }),
  interleaves: false,
  normsFromOne: false,
  vocabularies: ['sentence-piece', 'byte-pair'],
  readsTokenizerJson: true,
  first: (config, rope) => ropeFactor('phi3', config, rope),
  parameters(config, rope) {
    const list = new ParameterList('phi3');
    phi3Parameters(list, config, rope);
    return list.metadata;
  },
  constants(_config, { values }) {
    return (['long', 'short'] as const).flatMap((kind) => {
      const factors = values[`${kind}_factor`];
      if (!Array.isArray(factors)) return [];
      return [
        {
          name: `rope_factors_${kind}.weight`,
          shape: [factors.length],
          values: Float32Array.from(factors as number[]),
        },
      ];
    });
  },
};

export const phiMoe: HubArchitecture = {
  ...phi3,
  gguf: 'phimoe',
  defaults: () => ({
    num_key_value_heads: 8,
    max_position_embeddings: 131072,
    rms_norm_eps: 1e-5,
    rope_theta: 1000000,
    num_experts: 16,
    num_experts_per_tok: 2,
  }),
  first: (config, rope) => ropeFactor('phimoe', config, rope),
  parameters(config, rope) {
    const list = new ParameterList('phimoe');
    phi3Parameters(list, config, rope);
    list.count('expert_used_count', config.required('num_experts_per_tok', 'num_experts_per_token'));
    list.count('expert_count', config.required('num_local_experts', 'num_experts'));
    return list.metadata;
  },
};
