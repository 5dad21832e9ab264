import type { ModelDescription } from '../model/types';

/**
 * The order in which schemes are worth trying, by the kind of model: the most careful first. Decoders take GPTQ and AWQ exceptionally
 * well; encoder-decoders SmoothQuant and INT8; multimodal models need care, so that nothing below eight bits comes before it has been
 * evaluated. Within each, eight bits before four.
 * Source: AWS "Model Quantization" guide (awslabs/ai-on-sagemaker-hyperpod and AWS AI/ML content, CC-BY-SA-4.0).
 */
const DECODER = ['none', 'fp8', 'int8-w8a8', 'smoothquant', 'awq', 'gptq', 'gguf:Q8_0', 'gguf:Q4_K_M', 'neuron-int8'];
const ENCODER_DECODER = ['none', 'smoothquant', 'int8-w8a8', 'int8-weight-only', 'fp8', 'gguf:Q8_0'];
const MULTIMODAL = ['none', 'fp8', 'int8-w8a8', 'awq'];
const ENCODER = ['none', 'fp8', 'int8-w8a8'];

/** Scheme names in the guide's order for this model. */
export function guidedSchemes(model: ModelDescription): readonly string[] {
  if (model.multimodal) return MULTIMODAL;
  if (model.kind === 'encoder-decoder') return ENCODER_DECODER;
  return model.kind === 'encoder' ? ENCODER : DECODER;
}

/** Why the order is as it is, in one sentence. */
export function guidance(model: ModelDescription): string {
  if (model.multimodal)
    return 'multimodal models often need a more careful approach: start with 16 or 8 bits and evaluate before 4';
  if (model.kind === 'encoder-decoder')
    return 'encoder-decoder models usually keep their quality best with SmoothQuant or INT8';
  if (model.kind === 'encoder') return 'encoders are small: quantize them only where throughput asks for it';
  return 'decoder-only models take AWQ and GPTQ exceptionally well; evaluate 8 bits before you go to 4';
}
