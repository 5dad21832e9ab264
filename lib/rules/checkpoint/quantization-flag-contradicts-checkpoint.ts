import { serverName } from '../helpers/engine';
import { anyOf, found } from '../helpers/finding';
import { flagPath, isVllmOrSglang } from '../helpers/flag';
import { AWQ, GPTQ, LLAMA_8B, quantized } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

const example = (config: object, SM_VLLM_QUANTIZATION: string) => ({
  model: { config },
  container: { family: 'vllm' },
  options: { maxModelLen: 4096 },
  environment: { SM_VLLM_QUANTIZATION },
});

/** Names that load the same checkpoint with another kernel. Source: `override_quantization_method` of each vLLM method. */
const KERNELS_OF: Readonly<Record<string, readonly string[]>> = {
  awq: ['awq', 'awq_marlin', 'auto_awq', 'moe_wna16', 'ipex', 'cpu_awq', 'humming', 'marlin'],
  gptq: [
    'gptq',
    'gptq_marlin',
    'auto_gptq',
    'marlin',
    'gptq_marlin_24',
    'gptq_bitblas',
    'bitblas',
    'moe_wna16',
    'ipex',
    'humming',
  ],
  'auto-round': ['auto-round', 'inc', 'auto_round'],
  inc: ['auto-round', 'inc', 'auto_round'],
  modelopt: ['modelopt', 'modelopt_fp4', 'modelopt_mxfp8', 'modelopt_mixed', 'nvfp4', 'petit_nvfp4'],
  modelopt_fp4: ['modelopt', 'modelopt_fp4', 'nvfp4', 'petit_nvfp4'],
  mxfp4: ['mxfp4', 'gpt_oss_mxfp4', 'quark'],
  fp8: ['fp8', 'deepseek_v4_fp8', 'humming', 'ptpc_fp8'],
  'compressed-tensors': ['compressed-tensors', 'compressed_tensors', 'humming'],
  bitsandbytes: ['bitsandbytes'],
};

/** `gptq_marlin` takes over a GPTQ checkpoint only where its kernel can load it. Source: vllm gptq_marlin.py, `is_gptq_marlin_compatible`. */
function fitsMarlin({ scheme }: RuleContext): boolean {
  const hasBits = scheme.weightBits === 4 || scheme.weightBits === 8;
  return hasBits && scheme.symmetric && [-1, 32, 64, 128].includes(scheme.groupSize ?? -1);
}

export const quantizationFlagContradictsCheckpoint: Rule = {
  id: 'QUANTIZATION_FLAG_CONTRADICTS_CHECKPOINT',
  severity: 'error',
  summary: '--quantization names the method the checkpoint is stored in, or is left out',
  explanation:
    'The server reads the method from the checkpoint; a --quantization that names another is refused: "Quantization method specified in the model config (gptq) does not match the quantization method specified in the `quantization` argument (auto-round)." Only kernels of the same method may be named. A pre-quantized checkpoint needs no flag at all, and is served best without one.',
  source: 'vllm/config/model.py, `_verify_quantization`; issue intel/auto-round#2242',
  examples: {
    passes: [example(quantized(LLAMA_8B, GPTQ), 'gptq_marlin'), example(quantized(LLAMA_8B, AWQ), 'awq')],
    fails: [
      example(quantized(LLAMA_8B, GPTQ), 'auto-round'),
      example(quantized(LLAMA_8B, AWQ), 'fp8'),
      example(quantized(LLAMA_8B, { ...GPTQ, sym: false }), 'gptq_marlin'),
    ],
  },
  evaluate(context) {
    const { model, options } = context;
    const flag = options.quantizationFlag?.toLowerCase();
    const stored = model?.quantization?.method.replace('compressed_tensors', 'compressed-tensors');
    if (flag === undefined || stored === undefined || stored === 'unknown' || !isVllmOrSglang(context)) return [];
    const allowed = Object.hasOwn(KERNELS_OF, stored) ? KERNELS_OF[stored] : [stored];
    if (allowed.includes(flag) && !(flag === 'gptq_marlin' && !fitsMarlin(context))) return [];
    return [
      found({
        what: `the quantization argument does not match the checkpoint, whose quantization_config says ${stored}, in ${serverName(context)}`,
        got: `--quantization ${flag}`,
        allowed: anyOf(allowed.slice(0, 3)),
        fix: 'leave the quantization argument out: the server reads the method from the checkpoint',
        path: flagPath(context),
      }),
    ];
  },
};
