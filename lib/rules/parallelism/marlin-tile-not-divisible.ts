import { gateAt } from '../../scheme';
import { smOf, supportOf } from '../helpers/accelerator';
import { degreeFix, tensorDegree } from '../helpers/degrees';
import { servedDtype } from '../helpers/dtype';
import { isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { expertShare, inputShare, outputShares, quantizesExperts, splitLayers } from '../helpers/layers';
import {
  AWQ,
  LLAMA_8B,
  QWEN2_72B,
  QWEN25_7B,
  QWEN35_27B,
  QWEN3_MOE,
  compressedTensors,
  quantized,
} from '../helpers/samples';
import { asServed } from '../helpers/served';
import type { Rule, RuleContext } from '../types';

const W8A16 = compressedTensors({ num_bits: 8, type: 'int', symmetric: true, strategy: 'channel' });
const BF16_72B = { ...QWEN2_72B, torch_dtype: 'bfloat16' };

/** 48 heads of state: 96 outputs of two gates, 48 on each of two ranks. */
const NARROW_STATES = { ...QWEN35_27B };

const FP8_10944 = quantized(
  { ...LLAMA_8B, intermediate_size: 10_944 },
  { quant_method: 'fp8', activation_scheme: 'dynamic' },
);

/** Gate and up of 1376 each: 43 tiles, 21.5 on each of two ranks. */
const NVFP4_EXPERTS = quantized(
  { ...QWEN3_MOE, moe_intermediate_size: 1376 },
  { quant_method: 'modelopt', quant_algo: 'NVFP4', group_size: 16, exclude_modules: ['lm_head'] },
);

const example = (config: object, tensorParallelSize: number, version: string) => ({
  model: { config },
  container: { family: 'vllm', version },
  options: { tensorParallelSize, maxModelLen: 4096 },
});

/** 704 inputs of down_proj: 352 on each of two ranks, five and a half tiles. */
const FP8_EXPERTS = quantized(
  { ...QWEN3_MOE, moe_intermediate_size: 704 },
  { quant_method: 'fp8', activation_scheme: 'dynamic' },
);

/** A Marlin thread block computes at least 128 inputs × 64 outputs, or 64 × 128; of experts it needs 64 of the features between their matrices. */
const TILE = { inputs: 128, outputs: 64, ofExperts: 64 };

/** Versions that pad tiles: the first for matrices of all kinds but FP8 experts, and the first for those. Source: marlin_utils_fp8.py of 0.23 to 0.25. */
const PADS = '0.24';
const PADS_EXPERTS = '0.25';

/** Compute capability × 10 from which on FP8 is computed as such. */
const FP8_SM = 89;

function isFp8WithoutFp8(context: RuleContext): boolean {
  const sm = smOf(context);
  return context.scheme.weightType === 'fp8' && sm !== undefined && sm < FP8_SM;
}

/** FP8 on GPUs without FP8: its inputs are repacked in sixteens, which shards are, and no other kernel takes over. */
function usesFp8Marlin(context: RuleContext): boolean {
  return isFp8WithoutFp8(context) && isVllm(context, { since: '0.5.3', before: `${PADS}.0` });
}

/** Experts in FP8 there, which came to Marlin later and were padded a version later. */
function usesFp8MarlinForExperts(context: RuleContext): boolean {
  return isFp8WithoutFp8(context) && isVllm(context, { since: '0.9.0', before: `${PADS_EXPERTS}.0` });
}

/** FP4 on GPUs without FP4, dense layers and experts alike. */
function usesFp4Marlin(context: RuleContext): boolean {
  const { name } = context.scheme;
  return (
    name === 'nvfp4' &&
    isVllm(context, { since: '0.9.0', before: `${PADS}.0` }) &&
    supportOf(context).level === 'fallback'
  );
}

/** The kernel that repacks floats has no other to fall back to, and takes inputs in sixteens. */
function repacksFloats(context: RuleContext): boolean {
  return usesFp8Marlin(context) || usesFp4Marlin(context);
}

/** Does this vLLM load the scheme with the Marlin kernel, which does not pad tiles before 0.24? */
function usesMarlin(context: RuleContext): boolean {
  const { scheme, container, options } = context;
  if (repacksFloats(context)) return true;
  if (
    scheme.weightType !== 'int' ||
    scheme.activationBits !== 16 ||
    !isVllm(context, { since: '0.4.2', before: `${PADS}.0` })
  )
    return false;
  const least = gateAt('marlin', container?.engineVersion);
  const sm = smOf(context);
  if (sm !== undefined && (least === undefined || sm < least)) return false;
  if (scheme.layout === 'awq') return isVllm(context, { since: '0.5.3' }) && options.quantizationFlag !== 'awq';
  if (scheme.layout === 'gptq')
    return (
      scheme.symmetric && scheme.weightBits !== 2 && scheme.weightBits !== 3 && options.quantizationFlag !== 'gptq'
    );
  return scheme.layout === 'compressed-tensors';
}

/** Later versions take a slower kernel for a layer that Marlin cannot: AWQ from 0.7.3, the others in float16 from 0.6.3 (ExLlama), in any dtype from 0.10 (Conch). */
function fallsBack(context: RuleContext): boolean {
  if (repacksFloats(context) || usesFp8MarlinForExperts(context)) return false;
  if (context.scheme.layout === 'awq') return isVllm(context, { since: '0.7.3' });
  return (
    isVllm(context, { since: '0.10.0' }) || (isVllm(context, { since: '0.6.3' }) && servedDtype(context) === 'float16')
  );
}

function firstBroken(
  context: RuleContext,
  degree: number,
): { readonly layer: string; readonly share: string } | undefined {
  const headDim = context.model?.headDim ?? 1;
  const isFloat = repacksFloats(context);
  for (const layer of usesMarlin(context) ? splitLayers(context) : []) {
    if (layer.kind !== 'linear' || !layer.quantized) continue;
    const inputs = inputShare(layer, degree);
    if (inputs % TILE.inputs !== 0 && !isFloat) return { layer: layer.name, share: `${inputs} inputs` };
    const outputs = outputShares(layer, degree, headDim).reduce((sum, share) => sum + share, 0);
    if (outputs % TILE.outputs !== 0) return { layer: layer.name, share: `${outputs} outputs` };
  }
  if (usesFp8MarlinForExperts(context)) return brokenFp8Experts(context, degree);
  return usesFp4Marlin(context) ? brokenExperts(context, degree) : undefined;
}

const LAST_OF_EXPERT = /(^|\.)(down_proj|w2)(\.|_|$)/;

/** Gate and up of an expert are repacked as one matrix; an expert without a gate has the one. */
function brokenExperts(
  context: RuleContext,
  degree: number,
): { readonly layer: string; readonly share: string } | undefined {
  const experts = splitLayers(context).filter((layer) => layer.kind === 'expert' && layer.quantized);
  const first = experts.filter((layer) => !LAST_OF_EXPERT.test(layer.name)).flatMap((layer) => layer.parts);
  const outputs =
    first.reduce((sum, { outFeatures }) => sum + outFeatures, 0) / (context.options.expertParallel ? 1 : degree);
  return outputs % TILE.outputs === 0 ? undefined : { layer: 'the experts', share: `${outputs} outputs` };
}

/** What is repacked may still have no thread block, which takes 64 inputs of an expert's last matrix. Source: `marlin_moe_padded_intermediate` of 0.25. */
function brokenFp8Experts(
  context: RuleContext,
  degree: number,
): { readonly layer: string; readonly share: string } | undefined {
  const inputs = quantizesExperts(context) ? expertShare(context, degree) : undefined;
  if (inputs === undefined || inputs % TILE.ofExperts === 0) return undefined;
  return { layer: 'the experts', share: `${inputs} inputs` };
}

/**
 * The kernel that takes over for AWQ computes 64 outputs at a time and stops at others: "OC is not multiple of cta_N = 64". Source: vLLM
 * csrc/quantization/awq/gemm_kernels.cu, `awq_gemm`.
 */
function brokenOutputs(
  context: RuleContext,
  degree: number,
): { readonly layer: string; readonly share: string } | undefined {
  if (context.scheme.layout !== 'awq') return undefined;
  const headDim = context.model?.headDim ?? 1;
  for (const layer of splitLayers(context)) {
    if (layer.kind !== 'linear' || !layer.quantized) continue;
    const outputs = outputShares(layer, degree, headDim).reduce((sum, share) => sum + share, 0);
    if (outputs % TILE.outputs !== 0) return { layer: layer.name, share: `${outputs} outputs` };
  }
  return undefined;
}

export const marlinTileNotDivisible: Rule = {
  id: 'MARLIN_TILE_NOT_DIVISIBLE',
  severity: 'error',
  summary: 'each rank’s share of a matrix is a whole number of Marlin tiles',
  explanation:
    'Up to vLLM 0.23 the Marlin kernel needs input features / TP to be a multiple of 128 and output features / TP one of 64: "Weight input_size_per_partition = 7392 is not divisible by min_thread_k = 128. Consider reducing tensor_parallel_size or running with --quantization gptq." Versions that have a slower kernel for such a layer use it with a warning; that of AWQ needs 64 outputs as well. FP8 weights on a GPU without FP8, and NVFP4 weights on one without FP4, are repacked for Marlin too, and have no other kernel: "size_n = 5472 is not divisible by tile_n_size = 64"; of NVFP4 the experts as well, Nemotron 3 over two or four GPUs. From 0.24 on the tile is padded. Experts in FP8 need 64 of an expert’s inner features on each rank up to 0.24, Gemma 4’s 704 over two GPUs have 352: "Invalid thread config".',
  source:
    'vllm/model_executor/layers/quantization/utils/marlin_utils.py, `verify_marlin_supports_shape`; marlin_utils_fp4.py, `prepare_nvfp4_moe_layer_for_marlin` of 0.16 to 0.24; marlin_utils_fp8.py of 0.9 to 0.25, `prepare_fp8_moe_layer_for_marlin`; issues vllm-project/vllm#9913, #37296, #45295, #42390, vllm-project/llm-compressor#54, zai-org/GLM-4.5#23',
  holdsFor:
    'vLLM 0.4.2 to 0.23; FP8 on GPUs below 8.9: vLLM 0.5.3 to 0.23, its experts 0.9 to 0.24; NVFP4 on GPUs below 10.0: vLLM 0.9 to 0.23',
  examples: {
    passes: [
      example(quantized(QWEN25_7B, W8A16), 4, '0.5.4'),
      example(quantized(BF16_72B, W8A16), 4, '0.24.0'),
      { ...example(FP8_10944, 4, '0.10.0'), instanceType: 'ml.g6.12xlarge' },
      { ...example(NVFP4_EXPERTS, 1, '0.19.0'), instanceType: 'ml.g6e.12xlarge' },
      { ...example(NVFP4_EXPERTS, 2, '0.24.0'), instanceType: 'ml.g6e.12xlarge' },
      { ...example(NVFP4_EXPERTS, 2, '0.19.0'), instanceType: 'ml.g7e.12xlarge' },
      { ...example(FP8_EXPERTS, 1, '0.21.0'), instanceType: 'ml.g5.12xlarge' },
      { ...example(FP8_EXPERTS, 2, '0.25.0'), instanceType: 'ml.g5.12xlarge' },
      { ...example(FP8_EXPERTS, 2, '0.8.5'), instanceType: 'ml.g5.12xlarge' },
      { ...example(FP8_EXPERTS, 2, '0.21.0'), instanceType: 'ml.g6.12xlarge' },
    ],
    fails: [
      example(quantized(BF16_72B, W8A16), 4, '0.5.4'),
      example(quantized(BF16_72B, { ...AWQ, group_size: 32 }), 4, '0.8.5'),
      example(quantized(NARROW_STATES, AWQ), 2, '0.17.0'),
      { ...example(FP8_10944, 4, '0.10.0'), instanceType: 'ml.g5.12xlarge' },
      { ...example(NVFP4_EXPERTS, 2, '0.19.0'), instanceType: 'ml.g6e.12xlarge' },
      { ...example(FP8_EXPERTS, 2, '0.21.0'), instanceType: 'ml.g5.12xlarge' },
      { ...example(FP8_EXPERTS, 2, '0.24.0'), instanceType: 'ml.g5.12xlarge' },
      {
        ...example({ ...QWEN3_MOE, moe_intermediate_size: 704 }, 2, '0.21.0'),
        ...{ instanceType: 'ml.g5.12xlarge', environment: { SM_VLLM_QUANTIZATION: 'fp8' } },
      },
    ],
  },
  evaluate(stored) {
    const context = asServed(stored);
    const ofExperts = usesFp8MarlinForExperts(context);
    if (context.model === undefined || !(usesMarlin(context) || ofExperts)) return [];
    const degree = tensorDegree(context);
    const ofAwq = fallsBack(context) ? brokenOutputs(context, degree) : undefined;
    const broken = ofAwq ?? firstBroken(context, degree);
    if (broken === undefined) return [];
    const soft = fallsBack(context) && ofAwq === undefined;
    const { allowed, fix } = degreeFix(context, (other) => firstBroken(context, other) === undefined);
    return [
      found({
        what: soft
          ? `the shard of ${broken.layer} is not aligned to the Marlin tile (128 inputs, 64 outputs), so ${serverName(context)} takes a slower kernel for it`
          : `the shard of ${broken.layer} is not divisible by the Marlin tile (128 inputs, 64 outputs) in ${serverName(context)}`,
        got: `${broken.share} for each of ${degree} ranks`,
        allowed,
        fix: `use an image with vLLM ${ofExperts ? PADS_EXPERTS : PADS} or newer, which pads the tile, or ${fix}`,
        path: '/options/tensorParallelSize',
        severity: soft ? 'warning' : 'error',
      }),
    ];
  },
};
