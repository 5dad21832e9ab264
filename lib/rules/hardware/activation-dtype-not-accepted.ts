import { methodAt } from '../../scheme';
import { smOf, supportOf } from '../helpers/accelerator';
import { namedDtype, servedDtype } from '../helpers/dtype';
import { isVllm, serverName } from '../helpers/engine';
import { anyOf, found } from '../helpers/finding';
import { AWQ, GPTQ, LLAMA2_7B, quantized } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

const MXFP4 = { quant_method: 'mxfp4' };

const example = (dtype: string, version: string, config = LLAMA2_7B, quantization = AWQ) => ({
  model: { config: quantized(config, quantization) },
  container: { family: 'vllm', version },
  options: { dtype, maxModelLen: 4096 },
});

const gguf = (dtype: string) => ({
  ...{ model: { config: { ...LLAMA2_7B, torch_dtype: 'bfloat16' } }, quantization: 'gguf:Q4_K_M' },
  ...{ container: { family: 'vllm', version: '0.15.1' }, options: { dtype, maxModelLen: 4096 } },
});

/** The method vLLM will really load with: one that is forced by `--quantization` is not swapped for its Marlin variant. */
function methodOf(context: RuleContext): { readonly name: string; readonly dtypes: readonly string[] } | undefined {
  const forced = context.options.quantizationFlag;
  if (forced !== undefined) {
    const dtypes = methodAt(forced, context.container?.engineVersion)?.activationDtypes;
    return dtypes === undefined ? undefined : { name: forced, dtypes };
  }
  const { method, activationDtypes, level } = supportOf(context);
  if (method === undefined || activationDtypes === undefined || level === 'unsupported') return undefined;
  const dtypes = lacksBfloat16(context, method)
    ? activationDtypes.filter((dtype) => dtype !== 'bfloat16')
    : activationDtypes;
  return { name: method, dtypes };
}

/** GGUF’s kernels lose precision in bfloat16 on Blackwell, so vLLM takes it away there. Source: layers/quantization/gguf.py of 0.13 to 0.23. */
function lacksBfloat16(context: RuleContext, method: string): boolean {
  return method === 'gguf' && (smOf(context) ?? 0) >= 100 && isVllm(context, { since: '0.13.0', before: '0.24.0' });
}

/** The first vLLM that picks the Marlin variant of a method by itself. */
const MARLIN_SINCE: Readonly<Record<string, string>> = { awq: '0.5.3', gptq: '0.4.3', gptq_marlin: '0.4.3' };

/** Marlin kernels take both dtypes, on Ampere and later. */
function marlinWays(context: RuleContext, method: string): readonly string[] {
  const since = Object.hasOwn(MARLIN_SINCE, method) ? MARLIN_SINCE[method] : undefined;
  if (since === undefined || (smOf(context) ?? 80) < 80) return [];
  if (!isVllm(context, { since })) return [`use an image with vLLM ${since} or newer, whose Marlin kernels take both`];
  return context.options.quantizationFlag === method
    ? ['leave the quantization argument out, so that the Marlin kernels are used']
    : [];
}

export const activationDtypeNotAccepted: Rule = {
  id: 'ACTIVATION_DTYPE_NOT_ACCEPTED',
  severity: 'error',
  summary: 'the quantization method takes activations of the dtype that is served',
  explanation:
    'A quantized kernel multiplies with activations of certain dtypes only. The plain AWQ and GPTQ kernels of vLLM take float16 and nothing else ("torch.bfloat16 is not supported for quantization method awq. Supported dtypes: [torch.float16]"), which is why an AWQ checkpoint stored as bfloat16 does not start with dtype auto. The Marlin variants, which vLLM picks by itself from 0.5.3 (AWQ) and 0.4.3 (GPTQ) on, take both; naming --quantization awq keeps it from picking them. MXFP4 takes bfloat16 only, and GGUF no bfloat16 on Blackwell.',
  source:
    'vLLM wheels, get_supported_act_dtypes of vllm/model_executor/layers/quantization/**; issues vllm-project/vllm#1941, #1114, #47461',
  holdsFor:
    'awq: vLLM < 0.24 without Marlin; gptq: vLLM < 0.22 without Marlin; mxfp4: every version; gguf on Blackwell: vLLM 0.13 to 0.23',
  server: { engine: 'vllm' },
  examples: {
    passes: [
      example('float16', '0.2.3'),
      example('bfloat16', '0.5.3'),
      example('bfloat16', '0.4.3', LLAMA2_7B, GPTQ),
      example('bfloat16', '0.11.0', LLAMA2_7B, MXFP4),
      { ...gguf('auto'), instanceType: 'ml.g6e.2xlarge' },
      { ...gguf('float16'), instanceType: 'ml.g7e.2xlarge' },
    ],
    fails: [
      example('bfloat16', '0.2.3'),
      example('auto', '0.2.0', { ...LLAMA2_7B, torch_dtype: 'bfloat16' }),
      example('bfloat16', '0.4.2', LLAMA2_7B, GPTQ),
      example('float16', '0.11.0', LLAMA2_7B, MXFP4),
      { ...example('bfloat16', '0.8.5'), environment: { SM_VLLM_QUANTIZATION: 'awq' } },
      { ...gguf('auto'), instanceType: 'ml.g7e.2xlarge' },
    ],
  },
  evaluate(context) {
    if (context.scheme.layout === 'plain') return [];
    const served = servedDtype(context);
    const method = methodOf(context);
    if (served === undefined || method === undefined || method.dtypes.length === 0 || method.dtypes.includes(served))
      return [];
    const isAuto = namedDtype(context.options.dtype) === undefined;
    const usable = method.dtypes.filter((dtype) => dtype === 'float16' || dtype === 'bfloat16');
    return [
      found({
        what: `quantization method ${method.name} of ${serverName(context)} takes ${anyOf(usable)} activations only`,
        got: isAuto ? `dtype auto, which is ${served} for this checkpoint` : `dtype ${context.options.dtype}`,
        allowed: anyOf(usable),
        fix: anyOf([`set dtype to ${usable[0]}`, ...marlinWays(context, method.name)]),
        path: '/options/dtype',
      }),
    ];
  },
};
