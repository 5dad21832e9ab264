/** google-t5/t5-large: an encoder with a decoder */
export const T5_LARGE = {
  architectures: ['T5ForConditionalGeneration'],
  model_type: 't5',
  d_model: 1024,
  d_ff: 4096,
  d_kv: 64,
  num_layers: 24,
  num_heads: 16,
  vocab_size: 32_128,
  is_encoder_decoder: true,
};
