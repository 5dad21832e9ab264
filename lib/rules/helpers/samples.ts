/** Real configs, cut to what decides, for the examples of rules. */

export type Json = Readonly<Record<string, unknown>>;

/** meta-llama/Llama-3.1-8B */
export const LLAMA_8B: Json = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: 4096,
  intermediate_size: 14336,
  num_attention_heads: 32,
  num_hidden_layers: 32,
  num_key_value_heads: 8,
  vocab_size: 128256,
  max_position_embeddings: 131072,
  rope_scaling: {
    factor: 8,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 8192,
    rope_type: 'llama3',
  },
  tie_word_embeddings: false,
  torch_dtype: 'bfloat16',
};

/** meta-llama/Llama-2-7b */
export const LLAMA2_7B: Json = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: 4096,
  intermediate_size: 11008,
  num_attention_heads: 32,
  num_hidden_layers: 32,
  num_key_value_heads: 32,
  vocab_size: 32000,
  max_position_embeddings: 4096,
  tie_word_embeddings: false,
  torch_dtype: 'float16',
};

/** meta-llama/Llama-3.1-70B */
export const LLAMA_70B: Json = {
  ...LLAMA_8B,
  hidden_size: 8192,
  intermediate_size: 28672,
  num_attention_heads: 64,
  num_hidden_layers: 80,
};

/** Qwen/Qwen2-72B: its intermediate size divides by few things */
export const QWEN2_72B: Json = {
  architectures: ['Qwen2ForCausalLM'],
  model_type: 'qwen2',
  hidden_size: 8192,
  intermediate_size: 29568,
  num_attention_heads: 64,
  num_hidden_layers: 80,
  num_key_value_heads: 8,
  vocab_size: 152064,
  max_position_embeddings: 32768,
  tie_word_embeddings: false,
  torch_dtype: 'float16',
};

/** Qwen/Qwen2.5-7B */
export const QWEN25_7B: Json = {
  ...QWEN2_72B,
  hidden_size: 3584,
  intermediate_size: 18944,
  num_attention_heads: 28,
  num_hidden_layers: 28,
  num_key_value_heads: 4,
  torch_dtype: 'bfloat16',
};

/** Qwen/Qwen3-30B-A3B */
export const QWEN3_MOE: Json = {
  architectures: ['Qwen3MoeForCausalLM'],
  model_type: 'qwen3_moe',
  hidden_size: 2048,
  intermediate_size: 6144,
  moe_intermediate_size: 768,
  num_attention_heads: 32,
  num_hidden_layers: 48,
  num_key_value_heads: 4,
  head_dim: 128,
  num_experts: 128,
  num_experts_per_tok: 8,
  vocab_size: 151936,
  max_position_embeddings: 40960,
  tie_word_embeddings: false,
  torch_dtype: 'bfloat16',
};

/** mistralai/Mixtral-8x7B-v0.1 */
export const MIXTRAL: Json = {
  architectures: ['MixtralForCausalLM'],
  model_type: 'mixtral',
  hidden_size: 4096,
  intermediate_size: 14336,
  num_attention_heads: 32,
  num_hidden_layers: 32,
  num_key_value_heads: 8,
  num_local_experts: 8,
  num_experts_per_tok: 2,
  vocab_size: 32000,
  max_position_embeddings: 32768,
  torch_dtype: 'bfloat16',
};

/** mistralai/Mistral-7B-v0.1 */
export const MISTRAL_7B: Json = {
  architectures: ['MistralForCausalLM'],
  model_type: 'mistral',
  hidden_size: 4096,
  intermediate_size: 14336,
  num_attention_heads: 32,
  num_hidden_layers: 32,
  num_key_value_heads: 8,
  sliding_window: 4096,
  vocab_size: 32000,
  max_position_embeddings: 32768,
  torch_dtype: 'bfloat16',
};

/** google/gemma-2-2b-it */
export const GEMMA2_2B: Json = {
  architectures: ['Gemma2ForCausalLM'],
  model_type: 'gemma2',
  hidden_size: 2304,
  intermediate_size: 9216,
  num_attention_heads: 8,
  num_hidden_layers: 26,
  num_key_value_heads: 4,
  head_dim: 256,
  sliding_window: 4096,
  vocab_size: 256000,
  max_position_embeddings: 8192,
  torch_dtype: 'bfloat16',
};

/** Qwen/Qwen3-0.6B, small enough for any instance */
export const QWEN3_SMALL: Json = {
  architectures: ['Qwen3ForCausalLM'],
  model_type: 'qwen3',
  hidden_size: 1024,
  intermediate_size: 3072,
  num_attention_heads: 16,
  num_hidden_layers: 28,
  num_key_value_heads: 8,
  head_dim: 128,
  vocab_size: 151936,
  max_position_embeddings: 40960,
  tie_word_embeddings: true,
  torch_dtype: 'bfloat16',
};

/** all-MiniLM-L6-v2: an encoder. */
export const BERT: Json = {
  architectures: ['BertModel'],
  model_type: 'bert',
  hidden_size: 384,
  intermediate_size: 1536,
  num_attention_heads: 12,
  num_hidden_layers: 6,
  vocab_size: 30522,
  max_position_embeddings: 512,
};

/** A config with a `quantization_config`. */
export function quantized(config: Json, quantization: Json): Json {
  return { ...config, quantization_config: quantization };
}

export const AWQ: Json = { quant_method: 'awq', bits: 4, group_size: 128, zero_point: true, version: 'gemm' };
export const GPTQ: Json = { quant_method: 'gptq', bits: 4, group_size: 128, desc_act: false, sym: true };
export const FP8_BLOCK: Json = {
  quant_method: 'fp8',
  fmt: 'e4m3',
  activation_scheme: 'dynamic',
  weight_block_size: [128, 128],
};
export const BITSANDBYTES: Json = {
  quant_method: 'bitsandbytes',
  load_in_4bit: true,
  bnb_4bit_quant_type: 'nf4',
  bnb_4bit_compute_dtype: 'bfloat16',
};

/** compressed-tensors with one group of weights, and of activations where given. */
export function compressedTensors(weights: Json, activations: Json | null = null, format = 'pack-quantized'): Json {
  return {
    quant_method: 'compressed-tensors',
    format,
    quantization_status: 'compressed',
    ignore: ['lm_head'],
    config_groups: { group_0: { targets: ['Linear'], weights, input_activations: activations } },
  };
}

/** INT4, symmetric, groups of 128. */
export const INT4_GROUPS: Json = { num_bits: 4, type: 'int', symmetric: true, strategy: 'group', group_size: 128 };

/** OpenGVLab/InternVL2_5-26B: 25 heads in the vision encoder */
export const INTERNVL_26B: Json = {
  architectures: ['InternVLChatModel'],
  model_type: 'internvl_chat',
  downsample_ratio: 0.5,
  llm_config: {
    architectures: ['InternLM2ForCausalLM'],
    model_type: 'internlm2',
    hidden_size: 6144,
    intermediate_size: 16384,
    num_attention_heads: 48,
    num_hidden_layers: 48,
    num_key_value_heads: 8,
    vocab_size: 92553,
    max_position_embeddings: 32768,
    tie_word_embeddings: false,
    torch_dtype: 'bfloat16',
  },
  vision_config: {
    hidden_size: 3200,
    intermediate_size: 12800,
    num_attention_heads: 25,
    num_hidden_layers: 45,
    patch_size: 14,
    image_size: 448,
  },
  torch_dtype: 'bfloat16',
};

/** Qwen/Qwen2-VL-2B-Instruct */
export const QWEN2_VL: Json = {
  ...{ architectures: ['Qwen2VLForConditionalGeneration'], model_type: 'qwen2_vl', hidden_size: 1536 },
  ...{ intermediate_size: 8960, num_hidden_layers: 28, num_attention_heads: 12, num_key_value_heads: 2 },
  ...{ vocab_size: 151_936, max_position_embeddings: 32_768, torch_dtype: 'float16' },
  vision_config: { depth: 32, embed_dim: 1280, hidden_size: 1536, num_heads: 16, mlp_ratio: 4, patch_size: 14 },
};

/** zai-org/GLM-4.5V: 96 heads in the language model, 12 in the vision encoder */
export const GLM_45V: Json = {
  architectures: ['Glm4vMoeForConditionalGeneration'],
  model_type: 'glm4v_moe',
  text_config: {
    model_type: 'glm4v_moe_text',
    hidden_size: 4096,
    intermediate_size: 10944,
    num_attention_heads: 96,
    num_hidden_layers: 46,
    num_key_value_heads: 8,
    head_dim: 128,
    vocab_size: 151552,
    max_position_embeddings: 65536,
    moe_intermediate_size: 1408,
    n_routed_experts: 128,
    n_shared_experts: 1,
    num_experts_per_tok: 8,
    first_k_dense_replace: 1,
    attention_bias: true,
  },
  vision_config: {
    depth: 24,
    hidden_size: 1536,
    intermediate_size: 10944,
    num_heads: 12,
    out_hidden_size: 4096,
    patch_size: 14,
    spatial_merge_size: 2,
    temporal_patch_size: 2,
    in_channels: 3,
  },
  torch_dtype: 'bfloat16',
};

/** openai/gpt-oss-20b */
export const GPT_OSS_20B: Json = {
  architectures: ['GptOssForCausalLM'],
  model_type: 'gpt_oss',
  hidden_size: 2880,
  intermediate_size: 2880,
  num_attention_heads: 64,
  num_hidden_layers: 24,
  num_key_value_heads: 8,
  head_dim: 64,
  vocab_size: 201088,
  max_position_embeddings: 131072,
  num_local_experts: 32,
  num_experts_per_tok: 4,
  sliding_window: 128,
  attention_bias: true,
  quantization_config: { quant_method: 'mxfp4' },
};

/** deepseek-ai/DeepSeek-V3.2 */
export const DEEPSEEK_V32: Json = {
  architectures: ['DeepseekV32ForCausalLM'],
  model_type: 'deepseek_v32',
  hidden_size: 7168,
  intermediate_size: 18432,
  num_attention_heads: 128,
  num_hidden_layers: 61,
  num_key_value_heads: 128,
  vocab_size: 129280,
  max_position_embeddings: 163840,
  first_k_dense_replace: 3,
  moe_intermediate_size: 2048,
  n_routed_experts: 256,
  n_shared_experts: 1,
  num_experts_per_tok: 8,
  kv_lora_rank: 512,
  q_lora_rank: 1536,
  qk_nope_head_dim: 128,
  qk_rope_head_dim: 64,
  v_head_dim: 128,
  index_head_dim: 128,
  index_n_heads: 64,
  index_topk: 2048,
  quantization_config: { quant_method: 'fp8', activation_scheme: 'dynamic', weight_block_size: [128, 128] },
};

/** deepseek-ai/DeepSeek-V3, as if it were not quantized */
export const DEEPSEEK_V3: Json = {
  architectures: ['DeepseekV3ForCausalLM'],
  model_type: 'deepseek_v3',
  hidden_size: 7168,
  intermediate_size: 18432,
  num_attention_heads: 128,
  num_hidden_layers: 61,
  num_key_value_heads: 128,
  vocab_size: 129280,
  max_position_embeddings: 163840,
  first_k_dense_replace: 3,
  moe_intermediate_size: 2048,
  n_routed_experts: 256,
  n_shared_experts: 1,
  num_experts_per_tok: 8,
  kv_lora_rank: 512,
  q_lora_rank: 1536,
  qk_nope_head_dim: 128,
  qk_rope_head_dim: 64,
  v_head_dim: 128,
};

/** google/gemma-4-31B-it, the language model: heads of 256 in sliding layers, of 512 in global ones */
export const GEMMA_4: Json = {
  architectures: ['Gemma4ForConditionalGeneration'],
  model_type: 'gemma4',
  text_config: {
    model_type: 'gemma4_text',
    hidden_size: 5376,
    intermediate_size: 21504,
    num_attention_heads: 32,
    num_hidden_layers: 60,
    num_key_value_heads: 16,
    num_global_key_value_heads: 4,
    head_dim: 256,
    global_head_dim: 512,
    attention_k_eq_v: true,
    vocab_size: 262144,
    max_position_embeddings: 262144,
    sliding_window: 1024,
    layer_types: Array.from({ length: 60 }, (_, layer) => (layer % 6 === 5 ? 'full_attention' : 'sliding_attention')),
    tie_word_embeddings: true,
  },
  dtype: 'bfloat16',
};

/** Qwen/Qwen3.5-27B, the language model: attention in every fourth layer, recurrent states in the others */
export const QWEN35_27B: Json = {
  architectures: ['Qwen3_5ForConditionalGeneration'],
  model_type: 'qwen3_5',
  text_config: {
    attn_output_gate: true,
    full_attention_interval: 4,
    head_dim: 256,
    hidden_size: 5120,
    intermediate_size: 17408,
    linear_conv_kernel_dim: 4,
    linear_key_head_dim: 128,
    linear_num_key_heads: 16,
    linear_num_value_heads: 48,
    linear_value_head_dim: 128,
    max_position_embeddings: 262144,
    model_type: 'qwen3_5_text',
    num_attention_heads: 24,
    num_hidden_layers: 64,
    num_key_value_heads: 4,
    vocab_size: 248320,
    mamba_ssm_dtype: 'float32',
    layer_types: Array.from({ length: 64 }, (_, layer) => (layer % 4 === 3 ? 'full_attention' : 'linear_attention')),
  },
  dtype: 'bfloat16',
};

/** nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B, its experts and attention */
export const NEMOTRON_H: Json = {
  architectures: ['NemotronHForCausalLM'],
  model_type: 'nemotron_h',
  hidden_size: 2688,
  intermediate_size: 1856,
  moe_intermediate_size: 1856,
  moe_shared_expert_intermediate_size: 3712,
  n_routed_experts: 128,
  n_shared_experts: 1,
  num_experts_per_tok: 6,
  num_attention_heads: 32,
  num_key_value_heads: 2,
  head_dim: 128,
  num_hidden_layers: 6,
  hybrid_override_pattern: 'MEM*ME',
  mamba_num_heads: 64,
  mamba_head_dim: 64,
  ssm_state_size: 128,
  n_groups: 8,
  conv_kernel: 4,
  vocab_size: 131072,
  max_position_embeddings: 262144,
  torch_dtype: 'bfloat16',
};

/** google-t5/t5-small: an encoder with a decoder */
export const T5_SMALL: Json = {
  architectures: ['T5ForConditionalGeneration'],
  model_type: 't5',
  is_encoder_decoder: true,
  d_model: 512,
  d_ff: 2048,
  d_kv: 64,
  num_heads: 8,
  num_layers: 6,
  num_decoder_layers: 6,
  vocab_size: 32128,
};

/** Llama 3.1 8B as a GGUF, with the variables of llama-server that an example is about. */
export const onLlamaServer = (environment: Readonly<Record<string, string>>) => ({
  model: { config: LLAMA_8B },
  quantization: 'gguf:Q4_K_M',
  container: { family: 'llama-cpp' },
  options: { maxModelLen: 4096, slots: 1 },
  environment,
});
