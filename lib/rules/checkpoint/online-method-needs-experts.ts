import { serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { flagPath } from '../helpers/flag';
import { LLAMA_8B, QWEN3_MOE } from '../helpers/samples';
import type { Rule } from '../types';

const example = (config: object, SM_VLLM_QUANTIZATION: string) => ({
  model: { config },
  container: { family: 'vllm', version: '0.28.0' },
  options: { maxModelLen: 4096 },
  environment: { SM_VLLM_QUANTIZATION },
});

/** These quantize experts and leave every other matrix as it is. */
const EXPERTS_ONLY = new Set(['int8_per_channel_weight_only', 'experts_int8', 'nvfp4_per_token', 'moe_wna16']);

export const onlineMethodNeedsExperts: Rule = {
  id: 'ONLINE_METHOD_NEEDS_EXPERTS',
  severity: 'warning',
  summary: 'a method that quantizes experts only is used on a mixture of experts',
  explanation:
    'int8_per_channel_weight_only, experts_int8 and nvfp4_per_token touch the experts of a mixture only. On a dense model they change nothing: the weights stay at 16 bit, and the memory that was to be saved is not.',
  source: 'vllm/model_executor/layers/quantization/online/*.py: linear layers get UnquantizedLinearMethod',
  server: { engine: 'vllm' },
  examples: {
    passes: [example(QWEN3_MOE, 'int8_per_channel_weight_only')],
    fails: [example(LLAMA_8B, 'int8_per_channel_weight_only')],
  },
  evaluate(context) {
    const { model, options } = context;
    const flag = options.quantizationFlag;
    if (flag === undefined || !EXPERTS_ONLY.has(flag) || model === undefined || model.moe !== undefined) return [];
    return [
      found({
        what: `${flag} quantizes experts only, and this model has none: ${serverName(context)} serves it unquantized`,
        got: `--quantization ${flag} on ${model.architecture}`,
        allowed: 'fp8_per_tensor or fp8_per_block for a dense model',
        fix: 'write fp8_per_tensor, or use a quantized checkpoint',
        path: flagPath(context),
      }),
    ];
  },
};
