import { gguf, type GgufValue } from '../../format/gguf/value';
import type { HubConfig, RopeParameters } from './config';

/** The writer's side of `{architecture}.*` keys: a second value for a key takes the first one's place. */
export class ParameterList {
  readonly metadata = new Map<string, GgufValue>();

  constructor(private readonly architecture: string) {}

  count(key: string, value: number | undefined): void {
    if (value !== undefined) this.metadata.set(`${this.architecture}.${key}`, gguf.uint32(value));
  }

  real(key: string, value: unknown): void {
    if (typeof value === 'number') this.metadata.set(`${this.architecture}.${key}`, gguf.float32(value));
  }

  text(key: string, value: string): void {
    this.metadata.set(`${this.architecture}.${key}`, gguf.string(value));
  }

  /** `general.file_type` has its place among the parameters; its value is known when the file is written. */
  fileType(): void {
    this.metadata.set('general.file_type', gguf.uint32(0));
  }
}

/** Source: llama.cpp conversion/base.py, `TextModel.set_gguf_parameters`. */
export function commonParameters(list: ParameterList, config: HubConfig, rope: RopeParameters): void {
  list.count('block_count', config.required('num_hidden_layers', 'n_layers', 'n_layer', 'num_layers'));
  list.count('context_length', config.number('max_position_embeddings', 'n_ctx', 'n_positions', 'max_length'));
  list.count('embedding_length', config.number('hidden_size', 'n_embd', 'dim'));
  list.count('feed_forward_length', config.number('intermediate_size', 'n_inner', 'hidden_dim'));
  list.count('attention.head_count', config.number('num_attention_heads', 'n_head', 'n_heads'));
  list.count('attention.head_count_kv', config.number('num_key_value_heads', 'n_kv_heads'));
  ropeScaling(list, rope);
  list.real('rope.freq_base', rope.values.rope_theta);
  list.real('rope.freq_base_swa', rope.slidingTheta);
  list.real('attention.layer_norm_rms_epsilon', config.number('rms_norm_eps', 'norm_eps'));
  list.real('attention.layer_norm_epsilon', config.number('layer_norm_eps', 'layer_norm_epsilon', 'norm_epsilon'));
  list.count('expert_count', config.number('num_local_experts', 'num_experts'));
  list.count('expert_used_count', config.number('num_experts_per_tok', 'num_experts_per_token'));
  const headDim = config.number('head_dim');
  list.count('attention.key_length', headDim);
  list.count('attention.value_length', headDim);
  list.fileType();
}

function ropeScaling(list: ParameterList, { values }: RopeParameters): void {
  const { rope_type: type, factor } = values;
  if (type === 'linear' && typeof factor === 'number') {
    list.text('rope.scaling.type', 'linear');
    list.real('rope.scaling.factor', factor);
  } else if (type === 'yarn' && typeof factor === 'number') {
    list.text('rope.scaling.type', 'yarn');
    list.real('rope.scaling.factor', factor);
    const original = values.original_max_position_embeddings;
    if (typeof original === 'number') list.count('rope.scaling.original_context_length', original);
    list.real('rope.scaling.yarn_ext_factor', values.extrapolation_factor);
    list.real('rope.scaling.yarn_attn_factor', values.attention_factor ?? values.attn_factor);
    list.real('rope.scaling.yarn_beta_fast', values.beta_fast);
    list.real('rope.scaling.yarn_beta_slow', values.beta_slow);
  } else if (type === 'su' || type === 'longrope') list.text('rope.scaling.type', 'longrope');
}

/**
 * Divisors of the rotary frequencies of Llama 3.1 and later, which GGUF keeps as a tensor.
 * Source: llama.cpp conversion/llama.py, `generate_extra_tensors`, which computes them in float32.
 */
export function llama3RopeFactors(config: HubConfig, { values }: RopeParameters): Float32Array | undefined {
  if (String(values.rope_type ?? '').toLowerCase() !== 'llama3') return undefined;
  const number = (key: string, otherwise: number): number => {
    const value = values[key];
    return typeof value === 'number' ? value : otherwise;
  };
  const { fround } = Math;
  const base = number('rope_theta', 10000);
  const dim = config.number('head_dim') ?? config.required('hidden_size') / config.required('num_attention_heads');
  const factor = number('factor', 8);
  const low = number('low_freq_factor', 1);
  const high = number('high_freq_factor', 4);
  const original = number('original_max_position_embeddings', 8192);
  return Float32Array.from({ length: Math.floor((dim + 1) / 2) }, (_, index) => {
    const exponent = fround(fround(2 * index) / dim);
    const frequency = fround(1 / fround(base ** exponent));
    const wavelength = fround(fround(2 * Math.PI) / frequency);
    if (wavelength < original / high) return 1;
    if (wavelength > original / low) return factor;
    const smooth = fround(fround(fround(original / wavelength) - low) / (high - low));
    return fround(1 / fround(fround(fround(1 - smooth) / factor) + smooth));
  });
}
