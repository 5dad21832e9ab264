import { gguf, type GgufValue } from '../../format/gguf/value';
import type { GgufConstant } from '../gguf/model';
import type { HubConfig, RopeParameters } from './config';
import { ParameterList, commonParameters, llama3RopeFactors } from './parameters';

/** How a vocabulary is found: the first of these that the checkpoint has the files for. */
export type VocabularyKind = 'sentence-piece' | 'byte-fallback' | 'byte-pair';

/** How checkpoints of an architecture become GGUF. Source: llama.cpp conversion/{llama,qwen,gemma,phi}.py. */
export interface HubArchitecture {
  /** `general.architecture`. */
  readonly gguf: string;
  /** Rows of query and key heads go from halves to neighbours. */
  readonly interleaves: boolean;
  /** Norms are stored as their difference from 1. */
  readonly normsFromOne: boolean;
  readonly vocabularies: readonly VocabularyKind[];
  /** SentencePiece: added tokens of tokenizer.json are taken too. */
  readonly readsTokenizerJson?: boolean;
  /** The head is that of the embedding, whatever the checkpoint holds. */
  readonly dropsHead?: boolean;
  /** What configs leave out: the values of transformers' own config class, which the converter reads them through. */
  defaults(config: HubConfig): Readonly<Record<string, number>>;
  parameters(config: HubConfig, rope: RopeParameters): Map<string, GgufValue>;
  /** Keys right after `general.architecture`: parameters that the converter knows before all others. */
  first?(config: HubConfig, rope: RopeParameters): Map<string, GgufValue>;
  /** Keys of the tokenizer that this architecture adds, before and after the vocabulary's. */
  readonly tokenizerStart?: (tokenizerConfig: Readonly<Record<string, unknown>>) => Map<string, GgufValue>;
  readonly tokenizerEnd?: (config: HubConfig) => Map<string, GgufValue>;
  readonly constants?: (config: HubConfig, rope: RopeParameters) => readonly GgufConstant[];
}

const ADD_SPACE_PREFIX = 'tokenizer.ggml.add_space_prefix';
const noSpacePrefix = (): Map<string, GgufValue> => new Map([[ADD_SPACE_PREFIX, gguf.bool(false)]]);

/** Vocabulary of the small Granite and StarCoder-like models, whose texts begin without a BOS. */
const VOCABULARY_WITHOUT_BOS = 49152;

/** Width of a head where a config does not give it. */
function headWidth(config: HubConfig): number {
  return Math.floor(config.required('hidden_size') / config.required('num_attention_heads'));
}

const llama: HubArchitecture = {
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

const mistral: HubArchitecture = {
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
const mixtral: HubArchitecture = {
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

function qwen(name: string, defaults: Readonly<Record<string, number>>): HubArchitecture {
  return {
    gguf: name,
    defaults: () => ({
      num_key_value_heads: 32,
      max_position_embeddings: 32768,
      rms_norm_eps: 1e-6,
      rope_theta: 10000,
      ...defaults,
    }),
    interleaves: false,
    normsFromOne: false,
    vocabularies: ['sentence-piece', 'byte-pair'],
    parameters(config, rope) {
      const list = new ParameterList(name);
      commonParameters(list, config, rope);
      return list.metadata;
    },
  };
}

/** Qwen2 and Qwen3 with experts, whose width is not that of a dense layer. */
function qwenMoe(name: string, defaults: Readonly<Record<string, number>>): HubArchitecture {
  return {
    ...qwen(name, defaults),
    parameters(config, rope) {
      const list = new ParameterList(name);
      commonParameters(list, config, rope);
      list.count('expert_feed_forward_length', config.number('moe_intermediate_size'));
      list.count('expert_shared_feed_forward_length', config.number('shared_expert_intermediate_size'));
      return list.metadata;
    },
  };
}

const olmoe: HubArchitecture = {
  ...qwen('olmoe', {
    num_key_value_heads: 16,
    max_position_embeddings: 4096,
    num_experts: 64,
    num_experts_per_tok: 8,
  }),
  vocabularies: ['byte-pair'],
  parameters(config, rope) {
    const list = new ParameterList('olmoe');
    commonParameters(list, config, rope);
    // Whatever the config says.
    list.real('attention.layer_norm_rms_epsilon', 1e-5);
    return list.metadata;
  },
};

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

const gemma: HubArchitecture = {
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

const gemma2: HubArchitecture = {
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

const gemma3: HubArchitecture = {
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

const phi2: HubArchitecture = {
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

const phi3: HubArchitecture = {
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

const phiMoe: HubArchitecture = {
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

/** By the name in `architectures` of config.json. */
export const HUB_ARCHITECTURES: Readonly<Record<string, HubArchitecture>> = {
  LlamaForCausalLM: llama,
  MistralForCausalLM: mistral,
  MixtralForCausalLM: mixtral,
  Qwen2ForCausalLM: qwen('qwen2', {}),
  Qwen2MoeForCausalLM: qwenMoe('qwen2moe', {
    num_key_value_heads: 16,
    num_experts: 60,
    num_experts_per_tok: 4,
    moe_intermediate_size: 1408,
    shared_expert_intermediate_size: 5632,
  }),
  Qwen3ForCausalLM: qwen('qwen3', { head_dim: 128 }),
  Qwen3MoeForCausalLM: qwenMoe('qwen3moe', {
    num_key_value_heads: 4,
    num_experts: 128,
    num_experts_per_tok: 8,
    moe_intermediate_size: 768,
  }),
  OlmoeForCausalLM: olmoe,
  GemmaForCausalLM: gemma,
  Gemma2ForCausalLM: gemma2,
  Gemma3ForCausalLM: gemma3,
  Gemma3ForConditionalGeneration: gemma3,
  PhiForCausalLM: phi2,
  Phi3ForCausalLM: phi3,
  PhiMoEForCausalLM: phiMoe,
};
