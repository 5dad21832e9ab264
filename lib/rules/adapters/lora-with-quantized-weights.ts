import { isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { AWQ, LLAMA2_7B, MIXTRAL, quantized } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

const example = (config: object, version: string, enableLora = true) => ({
  model: { config },
  container: { family: 'vllm', version },
  options: { maxModelLen: 2048, enableLora, dtype: 'float16' },
});

/** Until quantized experts had fused kernels, Mixtral in AWQ or GPTQ was an implementation of its own, without LoRA. */
const WITH_QUANTIZED_EXPERTS = '0.6.1';

function isQuantizedMixtral({ model, scheme }: RuleContext): boolean {
  return model?.architecture === 'MixtralForCausalLM' && (scheme.layout === 'awq' || scheme.layout === 'gptq');
}

export const loraWithQuantizedWeights: Rule = {
  id: 'LORA_WITH_QUANTIZED_WEIGHTS',
  severity: 'error',
  summary: 'LoRA adapters on quantized weights meet a version that can do both',
  explanation:
    'Up to vLLM 0.4.0 LoRA and quantization exclude each other: "LoRA is not supported with quantized models yet." Mixtral in AWQ or GPTQ was served by an implementation without LoRA until 0.6.1.',
  source: 'vllm/config.py of 0.3.0 to 0.4.0, `verify_with_model_config`; vllm-project/vllm#5540',
  holdsFor: 'vLLM 0.3 to 0.4.0; Mixtral: to 0.6.0',
  server: { engine: 'vllm' },
  examples: {
    passes: [
      example(quantized(LLAMA2_7B, AWQ), '0.4.1'),
      example(quantized(LLAMA2_7B, AWQ), '0.2.7'),
      example(quantized(LLAMA2_7B, AWQ), '0.3.3', false),
      example(LLAMA2_7B, '0.3.3'),
    ],
    fails: [
      example(quantized(LLAMA2_7B, AWQ), '0.4.0'),
      example(quantized(LLAMA2_7B, AWQ), '0.3.0'),
      example(quantized(MIXTRAL, AWQ), '0.5.0'),
    ],
  },
  evaluate(context) {
    const { options, scheme } = context;
    if (!options.enableLora || scheme.layout === 'plain') return [];
    const first = isQuantizedMixtral(context) ? WITH_QUANTIZED_EXPERTS : '0.4.1';
    if (!isVllm(context, { since: '0.3.0', before: first })) return [];
    return [
      found({
        what: `${serverName(context)} does not support LoRA on quantized weights`,
        got: `enableLora with ${scheme.name}`,
        allowed: `LoRA on unquantized weights, or vLLM ${first} and newer`,
        fix: `use an image with vLLM ${first} or newer`,
        path: '/options/enableLora',
      }),
    ];
  },
};
