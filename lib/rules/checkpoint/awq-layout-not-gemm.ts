import { found } from '../helpers/finding';
import { isVllmOrSglang } from '../helpers/flag';
import { serverName } from '../helpers/engine';
import { AWQ, LLAMA_8B, quantized } from '../helpers/samples';
import type { Rule } from '../types';

const example = (version: string) => ({
  model: { config: quantized(LLAMA_8B, { ...AWQ, version }) },
  container: { family: 'vllm' },
  options: { maxModelLen: 4096 },
});

export const awqLayoutNotGemm: Rule = {
  id: 'AWQ_LAYOUT_NOT_GEMM',
  severity: 'error',
  summary: 'an AWQ checkpoint is in the GEMM layout',
  explanation:
    'AutoAWQ can pack for its GEMM, its GEMV or its Marlin kernels, which order weights differently. vLLM and SGLang read the GEMM layout only and do not look at the version field: a GEMV or Marlin checkpoint has other tensor shapes, and loading it stops with an assertion on them.',
  source:
    'casper-hansen/AutoAWQ README, "GEMV" and "Marlin"; vllm auto_awq.py, shapes of qweight; deepjavalibrary/djl-serving#2486',
  examples: { passes: [example('gemm')], fails: [example('gemv'), example('gemv_fast'), example('marlin')] },
  evaluate(context) {
    const stored = context.model?.quantization;
    const layout = stored?.raw.version;
    if (stored?.method !== 'awq' || typeof layout !== 'string' || !isVllmOrSglang(context)) return [];
    if (!/^(gemv|marlin)/i.test(layout)) return [];
    return [
      found({
        what: `${serverName(context)} reads AWQ checkpoints in the GEMM layout only`,
        got: `version ${layout}`,
        allowed: 'version gemm',
        fix: 'quantize again with version "GEMM", or take a GEMM checkpoint',
        path: '/model/config/quantization_config/version',
      }),
    ];
  },
};
