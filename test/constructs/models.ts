/** Configs of published checkpoints, as far as a plan reads them. */
export const QWEN_7B = {
  architectures: ['Qwen2ForCausalLM'],
  hidden_size: 3584,
  intermediate_size: 18944,
  max_position_embeddings: 32768,
  model_type: 'qwen2',
  num_attention_heads: 28,
  num_hidden_layers: 28,
  num_key_value_heads: 4,
  rms_norm_eps: 1e-6,
  tie_word_embeddings: false,
  torch_dtype: 'bfloat16',
  use_sliding_window: false,
  vocab_size: 152064,
};

export const QWEN_7B_AWQ = {
  ...QWEN_7B,
  torch_dtype: 'float16',
  quantization_config: { bits: 4, group_size: 128, quant_method: 'awq', version: 'gemm', zero_point: true },
};

export const LLAMA_70B = {
  architectures: ['LlamaForCausalLM'],
  head_dim: 128,
  hidden_size: 8192,
  intermediate_size: 28672,
  max_position_embeddings: 131072,
  model_type: 'llama',
  num_attention_heads: 64,
  num_hidden_layers: 80,
  num_key_value_heads: 8,
  tie_word_embeddings: false,
  torch_dtype: 'bfloat16',
  vocab_size: 128256,
};

export const COMMIT = 'b25037543e9394b818fdfca67ab2a00ecc7dd641';
