import { serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { flagPath, isVllmOrSglang } from '../helpers/flag';
import { AWQ, LLAMA_8B, quantized } from '../helpers/samples';
import type { Rule } from '../types';

const example = (config: object, flag: string, rest: object = {}) => ({
  model: { config },
  container: { family: 'lmi' },
  options: { maxModelLen: 4096 },
  environment: { OPTION_QUANTIZE: flag },
  ...rest,
});

/** Methods that only load what was quantized before; the others quantize at load time. */
const NEEDS_STORED =
  /^(awq|auto_awq|awq_marlin|gptq|auto_gptq|gptq_marlin|gptq_marlin_24|marlin|compressed-tensors|modelopt|modelopt_fp4|aqlm|squeezellm|hqq|quark|auto-round|fbgemm_fp8|qqq|bitblas|gptq_bitblas)$/;

export const quantizationFlagWithoutCheckpoint: Rule = {
  id: 'QUANTIZATION_FLAG_WITHOUT_CHECKPOINT',
  severity: 'error',
  summary: 'a method that loads quantized weights meets a quantized checkpoint',
  explanation:
    'AWQ, GPTQ and other calibrated methods cannot be applied while loading: --quantization awq on a full-precision checkpoint stops with "Cannot find the config file for awq". Quantize the model first, take a checkpoint that is stored so, or use a method that quantizes while loading (fp8, on newer versions fp8_per_tensor; bitsandbytes up to vLLM 0.27).',
  source:
    'vllm/model_executor/model_loader/weight_utils.py, `get_quant_config`; LMI docs, "Quantization: ahead-of-time"',
  examples: {
    passes: [
      example(quantized(LLAMA_8B, AWQ), 'awq'),
      example(LLAMA_8B, 'awq', { quantization: 'awq' }),
      example(LLAMA_8B, 'fp8'),
    ],
    fails: [example(LLAMA_8B, 'awq'), example(LLAMA_8B, 'gptq')],
  },
  evaluate(context) {
    const { model, options, spec } = context;
    const flag = options.quantizationFlag?.toLowerCase();
    if (flag === undefined || model === undefined || model.quantization !== undefined || !isVllmOrSglang(context))
      return [];
    // A scheme in the spec means that the weights will be stored so.
    if (!NEEDS_STORED.test(flag) || (spec.quantization !== undefined && spec.quantization !== 'none')) return [];
    return [
      found({
        what: `quantization ${flag} needs a checkpoint that is stored so, and this config has no quantization_config: ${serverName(context)} cannot quantize to it while loading`,
        got: `--quantization ${flag} on an unquantized checkpoint`,
        allowed: `a checkpoint quantized with ${flag}, or a method that quantizes while loading`,
        fix: `use a checkpoint in ${flag}, or leave the quantization argument out`,
        path: flagPath(context),
      }),
    ];
  },
};
