import { gpuOf } from '../helpers/accelerator';
import { tensorDegree } from '../helpers/degrees';
import { isSglang, isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { expertShare, quantizesExperts } from '../helpers/layers';
import { AWQ, GPTQ, QWEN3_MOE, compressedTensors, quantized, type Json } from '../helpers/samples';
import { argumentOf } from '../helpers/switches';
import type { Rule, RuleContext } from '../types';

/** Qwen3.5-397B-A17B, the experts: 1024 / 8 is one group. */
const EXPERTS_OF_1024: Json = { ...QWEN3_MOE, hidden_size: 4096, moe_intermediate_size: 1024 };
const W4A16 = compressedTensors({ num_bits: 4, type: 'int', symmetric: true, strategy: 'group', group_size: 128 });

const example = (config: Json, version: string, tensorParallelSize: number, rest: object = {}) => ({
  model: { config },
  container: { family: 'vllm', version },
  instanceType: 'ml.p5.48xlarge',
  options: { maxModelLen: 4096, tensorParallelSize },
  ...rest,
});

/** Marlin takes an expert whose share is a multiple of this and of the group. */
const MARLIN_SHARE = 64;

/** Compute capability × 10 from which on vLLM repacks experts for Marlin, and of data-centre Blackwell, for which later versions prefer FlashInfer. */
const MARLIN_SM = 80;
const BLACKWELL = { least: 100, before: 110, since: '0.22.0' };

/** Of SGLang, as far back as was read. Source: sglang/srt/layers/quantization/{gptq,awq}.py of 0.5.5, hardware_backend/gpu/quantization/{gptq,awq}_kernels.py of 0.5.20. */
const SGLANG_SINCE = '0.5.5';

/** The versions that hand the share of the hidden layer to the first matrices, by how the checkpoint lays its weights out. */
const SINCE: Readonly<Record<string, string>> = {
  gptq: '0.9.0',
  awq: '0.9.0',
  'compressed-tensors': '0.23.0',
};

/** Does the server repack the experts for Marlin, told so or by itself? */
function repacksForMarlin(context: RuleContext, sm: number): boolean {
  const { scheme, options } = context;
  const experts = scheme.experts ?? scheme;
  if (experts.weightType !== 'int' || experts.activationBits !== 16) return false;
  if (experts.layout === 'gptq' && !experts.symmetric) return false;
  if (options.quantizationFlag === 'awq' || options.quantizationFlag === 'moe_wna16') return false;
  if (isSglang(context, { since: SGLANG_SINCE })) return experts.layout !== 'compressed-tensors' && sm >= MARLIN_SM;
  const since = SINCE[experts.layout];
  if (since === undefined || !isVllm(context, { since })) return false;
  const backend = argumentOf(context, 'MOE_BACKEND')?.value ?? 'auto';
  if (backend !== 'auto') return backend === 'marlin';
  if (sm < MARLIN_SM) return false;
  return sm < BLACKWELL.least || sm >= BLACKWELL.before || !isVllm(context, { since: BLACKWELL.since });
}

export const expertScalesMisordered: Rule = {
  id: 'EXPERT_SCALES_MISORDERED',
  severity: 'error',
  summary: 'each rank’s share of an expert is more than one quantization group',
  explanation:
    'Marlin wants the scales of a matrix with several groups of inputs in another order than those of a matrix with one. For the first matrices of an expert vLLM and SGLang ask that of the number of their outputs, the share of the hidden layer, instead of their inputs: where the share is just one group (1024 / 8 = 128) they take the order for one group, and the server starts and answers with weights whose scales stand at other columns. With another degree, or with expert parallelism, an expert’s share is larger.',
  source:
    'vllm/model_executor/layers/quantization/utils/marlin_utils.py, `marlin_permute_scales`, called with `size_k=layer.intermediate_size_per_partition` for w13 in gptq_marlin.py and awq_marlin.py of 0.9 to 0.21 and fused_moe/oracle/int_wna16.py of 0.20 to 0.31; SGLang’s copies of them, 0.5.5 to 0.5.20; vllm-project/vllm#50196',
  holdsFor: 'vLLM 0.9 and later, with compressed-tensors 0.23 and later; GPTQ and AWQ on SGLang 0.5.5 and later',
  needs: ['experts'],
  examples: {
    passes: [
      example(quantized(EXPERTS_OF_1024, GPTQ), '0.26.0', 4),
      example(quantized(EXPERTS_OF_1024, { ...GPTQ, group_size: 64 }), '0.26.0', 8),
      example(quantized(EXPERTS_OF_1024, W4A16), '0.22.0', 8),
      example(quantized(EXPERTS_OF_1024, GPTQ), '0.26.0', 8, { instanceType: 'ml.p6-b200.48xlarge' }),
      example(quantized(EXPERTS_OF_1024, GPTQ), '0.26.0', 8, {
        options: { maxModelLen: 4096, tensorParallelSize: 8, expertParallel: true },
      }),
    ],
    fails: [
      example(quantized(EXPERTS_OF_1024, GPTQ), '0.26.0', 8),
      example(quantized(EXPERTS_OF_1024, AWQ), '0.19.0', 8),
      example(quantized(EXPERTS_OF_1024, W4A16), '0.28.0', 8),
      example(quantized(EXPERTS_OF_1024, AWQ), '0.5.15', 8, { container: { family: 'sglang', version: '0.5.15' } }),
    ],
  },
  evaluate(context) {
    const gpu = gpuOf(context);
    const { model, scheme } = context;
    if (gpu === undefined || model?.moe === undefined || !quantizesExperts(context)) return [];
    const group = (scheme.experts ?? scheme).groupSize;
    const degree = tensorDegree(context);
    const share = expertShare(context, degree);
    if (share === undefined || share !== group || share % MARLIN_SHARE !== 0 || model.hiddenSize <= share) return [];
    if (!repacksForMarlin(context, gpu.sm)) return [];
    const size = model.moe.expertIntermediateSize;
    return [
      found({
        what: `${serverName(context)} puts the scales of the experts’ first matrices in the order for a single group, which only their hidden layer is on each rank, and answers with wrong weights`,
        got: `${size} / ${size / share} = ${share} for groups of ${share}`,
        allowed: `more than one group of ${share} on each rank`,
        fix:
          degree % 2 === 0 && size !== share
            ? `set tensorParallelSize to ${degree / 2}, or expertParallel to true`
            : 'take a checkpoint with smaller groups',
        path: '/options/tensorParallelSize',
      }),
    ];
  },
};
