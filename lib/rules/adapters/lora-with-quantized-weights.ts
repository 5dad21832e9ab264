import { gpuOf } from '../helpers/accelerator';
import { isVllm, serverName, type VersionRange } from '../helpers/engine';
import { expertWeights } from '../helpers/experts';
import { found } from '../helpers/finding';
import { AWQ, GPTQ, LLAMA2_7B, MIXTRAL, QWEN3_MOE, quantized } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

const example = (config: object, version: string, enableLora = true) => ({
  model: { config },
  container: { family: 'vllm', version },
  options: { maxModelLen: 2048, enableLora, dtype: 'float16' },
});

/** Until quantized experts had fused kernels, Mixtral in AWQ or GPTQ was an implementation of its own, without LoRA. */
const WITH_QUANTIZED_EXPERTS = '0.6.1';

/** LoRA wraps experts from the first on; Marlin’s of AWQ and GPTQ tell it how they are quantized from the second on. */
const EXPERTS_WRAPPED = '0.11.1';
const MARLIN_TELLS = '0.13.0';
const MARLIN_SM = 80;

function hasMarlinExperts(context: RuleContext): boolean {
  const { layout } = context.scheme;
  if ((layout !== 'awq' && layout !== 'gptq') || expertWeights(context) !== 'int4') return false;
  return (gpuOf(context)?.sm ?? MARLIN_SM) >= MARLIN_SM;
}

/** Versions that cannot do both. */
function refusing(context: RuleContext): VersionRange & { readonly before: string } {
  if (hasMarlinExperts(context) && isVllm(context, { since: EXPERTS_WRAPPED }))
    return { since: EXPERTS_WRAPPED, before: MARLIN_TELLS };
  return { since: '0.3.0', before: isQuantizedMixtral(context) ? WITH_QUANTIZED_EXPERTS : '0.4.1' };
}

function isQuantizedMixtral({ model, scheme }: RuleContext): boolean {
  return model?.architecture === 'MixtralForCausalLM' && (scheme.layout === 'awq' || scheme.layout === 'gptq');
}

export const loraWithQuantizedWeights: Rule = {
  id: 'LORA_WITH_QUANTIZED_WEIGHTS',
  severity: 'error',
  summary: 'LoRA adapters on quantized weights meet a version that can do both',
  explanation:
    'Up to vLLM 0.4.0 LoRA and quantization exclude each other: "LoRA is not supported with quantized models yet." Mixtral in AWQ or GPTQ was served by an implementation without LoRA until 0.6.1. From 0.11.1 on LoRA wraps the experts of every mixture, and up to 0.12 it stops at those that Marlin serves from AWQ or GPTQ: "NoneType object has no attribute use_mxfp4_w4a16".',
  source:
    'vllm/config.py of 0.3.0 to 0.4.0, `verify_with_model_config`; vllm/lora/layers/fused_moe.py and `get_fused_moe_quant_config` of awq_marlin.py and gptq_marlin.py, of 0.11.1 to 0.13; vllm-project/vllm#5540, #30442',
  holdsFor: 'vLLM 0.3 to 0.4.0; Mixtral: to 0.6.0; experts in AWQ or GPTQ: vLLM 0.11.1 to 0.12',
  server: { engine: 'vllm' },
  examples: {
    passes: [
      example(quantized(LLAMA2_7B, AWQ), '0.4.1'),
      example(quantized(LLAMA2_7B, AWQ), '0.2.7'),
      example(quantized(LLAMA2_7B, AWQ), '0.3.3', false),
      example(LLAMA2_7B, '0.3.3'),
      example(quantized(QWEN3_MOE, AWQ), '0.11.0'),
      example(quantized(QWEN3_MOE, AWQ), '0.13.0'),
      example(quantized(LLAMA2_7B, AWQ), '0.12.0'),
      example(QWEN3_MOE, '0.12.0'),
    ],
    fails: [
      example(quantized(LLAMA2_7B, AWQ), '0.4.0'),
      example(quantized(LLAMA2_7B, AWQ), '0.3.0'),
      example(quantized(MIXTRAL, AWQ), '0.5.0'),
      example(quantized(QWEN3_MOE, AWQ), '0.12.0'),
      example(quantized(QWEN3_MOE, GPTQ), '0.11.1'),
    ],
  },
  evaluate(context) {
    const { options, scheme } = context;
    if (!options.enableLora || scheme.layout === 'plain') return [];
    const range = refusing(context);
    if (!isVllm(context, range)) return [];
    const first = range.before;
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
