import { tensorDegree } from '../helpers/degrees';
import { isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { AWQ, GPTQ, MISTRAL_7B, QWEN3_SMALL, quantized, type Json } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

/** AIDC-AI/Ovis2.5-9B */
const OVIS: Json = {
  ...{ architectures: ['Ovis2_5'], model_type: 'ovis2_5', torch_dtype: 'bfloat16' },
  llm_config: QWEN3_SMALL,
  vit_config: { hidden_size: 1152, intermediate_size: 4304, num_attention_heads: 16, num_hidden_layers: 27 },
};
/** HuggingFaceM4/Idefics3-8B-Llama3, its encoder */
const IDEFICS: Json = {
  ...{ architectures: ['Idefics3ForConditionalGeneration'], model_type: 'idefics3', torch_dtype: 'bfloat16' },
  text_config: MISTRAL_7B,
  vision_config: {
    ...{ model_type: 'idefics3_vision', hidden_size: 1152, intermediate_size: 4304, num_attention_heads: 16 },
    ...{ num_hidden_layers: 27, image_size: 384, patch_size: 14 },
  },
};
/** openbmb/MiniCPM-V-2_6 */
const MINICPM_V: Json = {
  ...{ architectures: ['MiniCPMV'], model_type: 'minicpmv', version: 2.6, torch_dtype: 'float16' },
  ...{ hidden_size: 3584, intermediate_size: 18944, num_attention_heads: 28, num_key_value_heads: 4 },
  ...{ num_hidden_layers: 28, vocab_size: 151666, max_position_embeddings: 32768 },
  vision_config: {
    ...{ model_type: 'siglip', hidden_size: 1152, intermediate_size: 4304, num_attention_heads: 16 },
    ...{ num_hidden_layers: 27, image_size: 980, patch_size: 14 },
  },
};
const ALIGNED: Json = { ...(IDEFICS.vision_config as Json), intermediate_size: 4096 };

const example = (config: Json, version: string, quantization: Json = GPTQ) => ({
  model: { config: quantized(config, quantization) },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096, trustRemoteCode: true },
});

/**
 * Models whose vision encoder vLLM builds with the quantization of the checkpoint, whatever its sizes; its other SigLIP stays in 16 bit where they do not fit.
 * Source: vllm/model_executor/models/{siglip2navit,idefics2_vision_model,siglip}.py of 0.8.0 to 0.10.2.
 */
const QUANTIZES_ENCODER: ReadonlySet<string> = new Set([
  'AriaForConditionalGeneration',
  'Idefics3ForConditionalGeneration',
  'Ovis2_5',
  'SmolVLMForConditionalGeneration',
]);

/** From these on vLLM looks into the checkpoint for what is quantized. Source: `maybe_update_config` of gptq.py and awq.py. */
const LOOKS_AT_ALL: Readonly<Record<string, { readonly since: string; readonly before: string }>> = {
  gptq: { since: '0.8.0', before: '0.11.0' },
  awq: { since: '0.8.0', before: '0.11.1' },
};

/**
 * Built so from 0.6.4 on, in AWQ; MiniCPM-V 4 and later leave the encoder out by themselves.
 * Source: vllm/model_executor/models/minicpmv.py of 0.6.3 to 0.11.0, `init_vision_module`; vllm-project/vllm#11128; casper-hansen/AutoAWQ#581.
 */
const MINICPM = { architecture: 'MiniCPMV', layout: 'awq', range: { since: '0.6.4', before: '0.11.1' }, version: 4 };

function buildsMiniCpmEncoder(context: RuleContext): boolean {
  const { model, scheme } = context;
  if (model?.architecture !== MINICPM.architecture || scheme.layout !== MINICPM.layout) return false;
  const { version } = model.config;
  return typeof version === 'number' && version < MINICPM.version && isVllm(context, MINICPM.range);
}

function quantizesEncoder(context: RuleContext): boolean {
  const { model, scheme } = context;
  if (buildsMiniCpmEncoder(context)) return true;
  if (!QUANTIZES_ENCODER.has(model?.architecture ?? '') || !Object.hasOwn(LOOKS_AT_ALL, scheme.layout)) return false;
  return isVllm(context, LOOKS_AT_ALL[scheme.layout]);
}

/** Keys by which a checkpoint says that its encoder is not quantized. */
const EXCLUSIONS = ['modules_to_not_convert', 'dynamic'];

/** Width of the hidden layer of the vision encoder, where the config gives it. */
function encoderWidth({ model }: RuleContext): number | undefined {
  const encoder = model?.config.vision_config ?? model?.config.vit_config;
  const width = typeof encoder === 'object' && encoder !== null ? (encoder as Json).intermediate_size : undefined;
  return typeof width === 'number' ? width : undefined;
}

function hasExclusions({ model }: RuleContext): boolean {
  const said = model?.config.quantization_config;
  if (typeof said !== 'object' || said === null) return true;
  return EXCLUSIONS.some((key) => {
    const value = (said as Json)[key];
    return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
  });
}

export const visionEncoderNotPackable: Rule = {
  id: 'VISION_ENCODER_NOT_PACKABLE',
  severity: 'error',
  summary: 'the vision encoder of a quantized model fits the groups of its weights',
  explanation:
    'Tools that quantize to GPTQ leave the vision encoder in 16 bit, and the config does not say so. vLLM built the encoder as quantized all the same, and one whose hidden layer is no whole number of groups (4,304 / 128 = 33.6) stopped with "The input size is not aligned with the quantized weight shape" or "Weight output_size_per_partition = 4304 is not divisible by min_thread_n = 64", on one GPU too. From 0.11 on vLLM looks into the checkpoint for what is quantized.',
  source:
    'vllm/model_executor/models/{siglip2navit,idefics2_vision_model}.py and layers/quantization/{gptq,awq}.py of 0.8.0 to 0.11.1; minicpmv.py of 0.6.3 to 0.11.0; issues vllm-project/vllm#26182, #11128',
  holdsFor: 'vLLM 0.8 to 0.10, AWQ to 0.11.0; MiniCPM-V in AWQ from 0.6.4 on',
  server: { engine: 'vllm' },
  examples: {
    passes: [
      example(OVIS, '0.11.0'),
      example(IDEFICS, '0.11.1', AWQ),
      example({ ...IDEFICS, vision_config: ALIGNED }, '0.10.2'),
      example(IDEFICS, '0.10.2', { ...AWQ, modules_to_not_convert: ['vision_tower'] }),
      example(IDEFICS, '0.10.2', { ...GPTQ, group_size: -1 }),
      example(MINICPM_V, '0.6.3', AWQ),
      example(MINICPM_V, '0.11.1', AWQ),
      example({ ...MINICPM_V, version: 4 }, '0.10.2', AWQ),
    ],
    fails: [
      example(OVIS, '0.10.2'),
      example(IDEFICS, '0.8.5'),
      example(IDEFICS, '0.11.0', AWQ),
      example(MINICPM_V, '0.6.4', AWQ),
      example(MINICPM_V, '0.7.3', AWQ),
    ],
  },
  evaluate(context) {
    const { scheme } = context;
    if (!quantizesEncoder(context)) return [];
    const { groupSize = -1 } = scheme;
    const width = encoderWidth(context);
    if (groupSize <= 0 || width === undefined || hasExclusions(context)) return [];
    const share = width / tensorDegree(context);
    if (share % groupSize === 0) return [];
    return [
      found({
        what: `${serverName(context)} builds the vision encoder with ${scheme.layout} weights, and its hidden layer is not divisible by the group size ${groupSize}`,
        got: `${share} features / group ${groupSize}`,
        allowed: 'vLLM 0.11.1 or newer, or a checkpoint that names what is not quantized',
        fix: 'use an image with vLLM 0.11.1 or newer',
        path: '/container/version',
      }),
    ];
  },
};
