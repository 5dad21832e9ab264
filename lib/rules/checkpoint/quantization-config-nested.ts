import { serverName } from '../helpers/engine';
import { flagPath } from '../helpers/flag';
import { found } from '../helpers/finding';
import { AWQ, LLAMA_8B, type Json } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

const VISION: Json = {
  hidden_size: 1024,
  intermediate_size: 4096,
  num_attention_heads: 16,
  num_hidden_layers: 24,
  patch_size: 14,
  image_size: 448,
};

const example = (version: string, rest: object = {}, top: object = {}) => ({
  model: {
    config: {
      ...{ architectures: ['InternVLChatModel'], model_type: 'internvl_chat', downsample_ratio: 0.5 },
      ...{ llm_config: { ...LLAMA_8B, quantization_config: AWQ }, vision_config: VISION },
      ...top,
    },
  },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096, trustRemoteCode: true },
  ...rest,
});

/** Is the section in the language model’s part of the config only? */
function isNested({ model }: RuleContext): boolean {
  if (model?.quantization === undefined) return false;
  const { quantization_config: top, compression_config: older } = model.config;
  return top === undefined && older === undefined;
}

export const quantizationConfigNested: Rule = {
  id: 'QUANTIZATION_CONFIG_NESTED',
  severity: 'error',
  summary: 'the server finds the checkpoint’s quantization_config',
  explanation:
    'Some vision-language checkpoints keep quantization_config in the config of their language model (text_config, llm_config). Up to 0.10 vLLM looks for the method at the top of config.json only, makes an unquantized model and stops at the first packed weight: "KeyError: layers.39.mlp.gate_up_proj.qweight". With the quantization argument it reads the nested section.',
  source: 'vllm/config.py, `_parse_quant_hf_config` up to 0.10; vllm-project/vllm#11122',
  holdsFor: 'vLLM 0.5.4 to 0.10',
  server: { engine: 'vllm', since: '0.5.4', before: '0.11.0' },
  examples: {
    passes: [
      example('0.11.0'),
      example('0.6.4', { environment: { SM_VLLM_QUANTIZATION: 'awq' } }),
      example('0.6.4', {}, { quantization_config: AWQ }),
    ],
    fails: [example('0.6.4'), example('0.10.0')],
  },
  evaluate(context) {
    const { model, options, spec } = context;
    if (!isNested(context) || model?.quantization === undefined) return [];
    if (options.quantizationFlag !== undefined || spec.quantization !== undefined) return [];
    const { method } = model.quantization;
    return [
      found({
        what: `${serverName(context)} looks for quantization_config at the top of config.json only, and would load these ${method} weights as if they were not quantized`,
        got: `quantization_config of ${method} in the config of the language model`,
        allowed: 'quantization_config at the top, or the quantization argument',
        fix: `ask for quantization ${method}, or use an image with vLLM 0.11 or newer`,
        path: flagPath(context),
      }),
    ];
  },
};
