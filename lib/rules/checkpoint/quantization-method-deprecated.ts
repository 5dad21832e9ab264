import { isVllm, serverName, type VersionRange } from '../helpers/engine';
import { found } from '../helpers/finding';
import { LLAMA_8B, quantized } from '../helpers/samples';
import type { Rule } from '../types';

const FBGEMM = { quant_method: 'fbgemm_fp8', activation_scale_ub: 1200, modules_to_not_convert: ['lm_head'] };

const example = (version: string, environment?: object) => ({
  model: { config: quantized(LLAMA_8B, FBGEMM) },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096 },
  ...(environment === undefined ? {} : { environment }),
});

/** Source: vllm/model_executor/layers/quantization/__init__.py, `DEPRECATED_QUANTIZATION_METHODS` of 0.14 to 0.33. */
const DEPRECATED: Readonly<Record<string, VersionRange>> = {
  fbgemm_fp8: { since: '0.14.0' },
  fp_quant: { since: '0.14.0' },
  ptpc_fp8: { since: '0.14.0', before: '0.19.0' },
  experts_int8: { since: '0.14.0', before: '0.20.0' },
  petit_nvfp4: { since: '0.14.0', before: '0.20.0' },
  bitblas: { since: '0.14.0', before: '0.16.0' },
  hqq: { since: '0.14.0', before: '0.15.0' },
  gptq_marlin_24: { since: '0.14.0', before: '0.16.0' },
  rtn: { since: '0.14.0', before: '0.15.0' },
};

export const quantizationMethodDeprecated: Rule = {
  id: 'QUANTIZATION_METHOD_DEPRECATED',
  severity: 'error',
  summary: 'the method is not one that vLLM has switched off',
  explanation:
    'From 0.14 on vLLM refuses methods that it is going to remove: "The quantization method fbgemm_fp8 is deprecated and will be removed in future versions of vLLM. To bypass, set `--allow-deprecated-quantization`." Meta’s Llama 3.1 405B FP8 is stored in fbgemm_fp8.',
  source: 'vllm/config/model.py, `_verify_quantization`; `DEPRECATED_QUANTIZATION_METHODS`',
  holdsFor: 'vLLM >= 0.14',
  server: { engine: 'vllm' },
  examples: {
    passes: [example('0.11.0'), example('0.28.0', { SM_VLLM_ALLOW_DEPRECATED_QUANTIZATION: 'true' })],
    fails: [example('0.28.0')],
  },
  evaluate(context) {
    const { model, options, spec } = context;
    const method = options.quantizationFlag ?? model?.quantization?.method;
    if (method === undefined || !Object.hasOwn(DEPRECATED, method) || !isVllm(context, DEPRECATED[method])) return [];
    const allowed = Object.keys(spec.environment ?? {}).some((name) => name.endsWith('ALLOW_DEPRECATED_QUANTIZATION'));
    if (allowed) return [];
    return [
      found({
        what: `${serverName(context)} refuses the deprecated quantization method ${method}`,
        got: method,
        allowed: 'a method that is not deprecated, such as fp8 or compressed-tensors',
        fix: 'set allow_deprecated_quantization to true in the container’s variables, or use a checkpoint in fp8',
        path: '/model/config/quantization_config',
      }),
    ];
  },
};
