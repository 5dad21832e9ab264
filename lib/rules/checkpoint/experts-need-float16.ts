import { smOf } from '../helpers/accelerator';
import { servedDtype } from '../helpers/dtype';
import { isSglang, isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { quantizesExperts } from '../helpers/layers';
import { AWQ, GPTQ, INT4_GROUPS, QWEN3_MOE, compressedTensors, quantized } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

const example = (dtype: string, version: string) => ({
  model: { config: quantized(QWEN3_MOE, compressedTensors(INT4_GROUPS)) },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096, dtype },
});

const onSglang = (dtype: string, version: string, quantization = GPTQ, instanceType = 'ml.g6e.xlarge') => ({
  model: { config: quantized(QWEN3_MOE, quantization) },
  container: { family: 'sglang', version },
  instanceType,
  options: { maxModelLen: 4096, dtype },
});

/** Compute capability × 10 from which on SGLang takes Marlin for GPTQ. */
const MARLIN_SM = 80;

/** Has the server scales in float16 for these experts, whatever the activations are? */
function keepsFloat16(context: RuleContext): boolean {
  const { model, scheme } = context;
  if (scheme.weightType !== 'int' || scheme.activationBits !== 16) return false;
  if (isVllm(context, { since: '0.7.0', before: '0.9.0' })) return scheme.layout === 'compressed-tensors';
  if (!isSglang(context, { since: '0.5.6' }) || model?.quantization?.method !== 'gptq') return false;
  return scheme.layout === 'gptq' && (smOf(context) ?? 0) >= MARLIN_SM && quantizesExperts(context);
}

export const expertsNeedFloat16: Rule = {
  id: 'EXPERTS_NEED_FLOAT16',
  severity: 'error',
  summary: 'packed experts are served in float16 where their scales are',
  explanation:
    'From 0.7 to 0.8 vLLM’s fused kernel for packed INT4/INT8 experts of compressed-tensors takes float16 only: "float16 is required for MoE compressed models. Set dtype=torch.float16". SGLang makes the scales of GPTQ experts in float16, and from 0.5.6 on stops in its first run with other activations: "moe_wna16_marlin_gemm assumes hidden_states.dtype (torch.bfloat16) == w1_scale.dtype (torch.float16)". A dtype of auto is that of the config.',
  source:
    'vllm/model_executor/layers/quantization/compressed_tensors/compressed_tensors_moe.py of 0.7.0 to 0.8.5; sglang/srt/layers/quantization/gptq/schemes/gptq_moe.py, `w13_scales`, and moe/fused_moe_triton/fused_marlin_moe.py of 0.5.6 to 0.5.21; sgl-project/sglang#20599, #36822',
  holdsFor: 'vLLM 0.7 and 0.8; GPTQ on SGLang 0.5.6 and later',
  needs: ['experts'],
  examples: {
    passes: [
      example('float16', '0.8.5'),
      example('bfloat16', '0.9.0'),
      onSglang('float16', '0.5.20'),
      onSglang('bfloat16', '0.5.20', AWQ),
    ],
    fails: [
      example('bfloat16', '0.8.5'),
      example('auto', '0.8.5'),
      onSglang('auto', '0.5.20'),
      onSglang('bfloat16', '0.5.13'),
    ],
  },
  evaluate(context) {
    if (context.model?.moe === undefined || !keepsFloat16(context)) return [];
    const served = servedDtype(context);
    if (served === undefined || served === 'float16') return [];
    const isOfVllm = isVllm(context);
    return [
      found({
        what: isOfVllm
          ? `${serverName(context)} serves packed MoE experts of compressed-tensors in float16 only`
          : `${serverName(context)} keeps the scales of GPTQ experts in float16, and its kernel takes no other activations`,
        got: `dtype ${context.options.dtype} (${served})`,
        allowed: 'float16',
        fix: isOfVllm ? 'set dtype to float16, or use an image with vLLM 0.9 or newer' : 'set dtype to float16',
        path: '/options/dtype',
      }),
    ];
  },
};
