import { degreeFix, tensorDegree } from '../helpers/degrees';
import { isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { expertShare, inputShare, outputShares, quantizesExperts, splitLayers } from '../helpers/layers';
import { FP8_BLOCK, LLAMA_8B, QWEN3_MOE, compressedTensors, quantized } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

const example = (config: object, tensorParallelSize: number, version?: string, options: object = {}) => ({
  model: { config: quantized(config as Readonly<Record<string, unknown>>, FP8_BLOCK) },
  container: { family: 'vllm', ...(version === undefined ? {} : { version }) },
  options: { tensorParallelSize, maxModelLen: 4096, ...options },
});

const online = (tensorParallelSize: number, version: string) => ({
  ...example(QWEN3_MOE, tensorParallelSize, version),
  model: { config: QWEN3_MOE },
  environment: { SM_VLLM_QUANTIZATION: 'fp8_per_block' },
});

const COMPRESSED_BLOCKS = compressedTensors(
  { num_bits: 8, type: 'float', symmetric: true, strategy: 'block', block_structure: [128, 128] },
  { num_bits: 8, type: 'float', symmetric: true, strategy: 'group', group_size: 128, dynamic: true },
  'float-quantized',
);

const compressed = (intermediate: number, version: string) => ({
  ...example(LLAMA_8B, 1, version),
  model: { config: quantized({ ...LLAMA_8B, intermediate_size: intermediate }, COMPRESSED_BLOCKS) },
});

/** From 0.29 on, the scales of experts are refined to smaller blocks, down to 32, where the shard needs it. Source: vllm fp8.py, `refine_fp8_moe_block_shape`. */
const REFINES_EXPERTS = { since: '0.29.0' };
const SMALLEST_REFINED_BLOCK = 32;
/**
 * From 0.14 on, matrices that are loaded as one need not end on a block, but only where the method of the whole checkpoint names the block:
 * that of compressed-tensors does not. Source: vllm linear.py, `_maybe_allow_fp8_block_shape_mismatch`.
 */
const PADS_MERGED = { since: '0.14.0' };
/** `--quantization fp8_per_block` makes blocks of 16-bit weights while it loads them; from 0.25 on it pads the experts' shards. Source: vllm online/fp8.py, `_zero_padding`. */
const PADS_ONLINE = { since: '0.25.0' };
const ONLINE_BLOCK: readonly [number, number] = [128, 128];

interface Broken {
  readonly layer: string;
  readonly share: number;
  readonly block: number;
}

function firstBroken(
  context: RuleContext,
  [rows, columns]: readonly [number, number],
  degree: number,
): Broken | undefined {
  const headDim = context.model?.headDim ?? 1;
  for (const layer of splitLayers(context)) {
    if (layer.kind !== 'linear' || !layer.quantized) continue;
    const inputs = inputShare(layer, degree);
    if (degree > 1 && layer.split === 'row' && inputs % columns !== 0)
      return { layer: layer.name, share: inputs, block: columns };
    if (layer.split !== 'column' || (degree === 1 && layer.parts.length === 1)) continue;
    if (layer.parts.length > 1 && context.scheme.layout === 'fp8' && isVllm(context, PADS_MERGED)) continue;
    // A matrix smaller than one block is left unquantized by those who write such checkpoints.
    if (layer.parts.every((part) => part.outFeatures < rows)) continue;
    const shares = outputShares(layer, degree, headDim);
    // Of matrices loaded as one on a single rank, the last need not end on a block.
    const checked = degree === 1 ? shares.slice(0, -1) : shares;
    const share = checked.find((size) => size % rows !== 0);
    if (share !== undefined) return { layer: layer.name, share, block: rows };
  }
  return brokenExperts(context, rows, columns, degree);
}

function brokenExperts(context: RuleContext, rows: number, columns: number, degree: number): Broken | undefined {
  const share = expertShare(context, degree);
  if (share === undefined || !(quantizesExperts(context) || quantizesOnline(context))) return undefined;
  const block = Math.max(rows, columns);
  const least =
    !quantizesOnline(context) && isVllm(context, REFINES_EXPERTS) ? Math.min(block, SMALLEST_REFINED_BLOCK) : block;
  return share % least === 0 ? undefined : { layer: 'the experts', share, block };
}

const quantizesOnline = ({ scheme, options }: RuleContext) =>
  scheme.layout === 'plain' && options.quantizationFlag === 'fp8_per_block';

/** What does not divide at this degree, and the scale block that it has to hold. */
function brokenAt(context: RuleContext, degree: number): Broken | undefined {
  const { scheme } = context;
  if (quantizesOnline(context))
    return isVllm(context) && !isVllm(context, PADS_ONLINE)
      ? brokenExperts(context, ...ONLINE_BLOCK, degree)
      : undefined;
  if (scheme.weightType !== 'fp8' || scheme.blockSize === undefined) return undefined;
  return firstBroken(context, scheme.blockSize, degree);
}

export const fp8BlocksNotDivisible: Rule = {
  id: 'FP8_BLOCKS_NOT_DIVISIBLE',
  severity: 'error',
  summary: 'each rank holds whole scale blocks of block-scaled FP8',
  explanation:
    'Block-scaled FP8 (DeepSeek, the Qwen3 -FP8 checkpoints) has one scale for each 128 × 128 weights, and a rank must hold whole blocks: "Weight input_size_per_partition = 192 is not divisible by weight quantization block_k = 128". Mixtures with narrow experts meet it first: Qwen3-30B-A3B has 768 features an expert, so TP 4 leaves 192. Expert parallelism keeps experts whole; vLLM from 0.29 on refines the scales instead.',
  source:
    'vllm/model_executor/layers/quantization/utils/fp8_utils.py, `validate_fp8_block_shape`, `validate_fp8_block_shape_moe`; vllm-project/vllm#33327, #44763',
  holdsFor:
    'row-parallel layers: every vLLM; merged column-parallel layers: vLLM < 0.14, and every vLLM in compressed-tensors; experts: vLLM < 0.29 (later only where no block of 32 or more divides), blocks made on loading: < 0.25',
  examples: {
    passes: [
      example(LLAMA_8B, 8),
      example(QWEN3_MOE, 2, '0.10.2'),
      example(QWEN3_MOE, 4, '0.10.2', { expertParallel: true }),
      example(QWEN3_MOE, 4),
      online(4, '0.25.0'),
      online(2, '0.22.1'),
      compressed(14_336, '0.15.1'),
    ],
    fails: [
      example(QWEN3_MOE, 4, '0.10.2'),
      example({ ...LLAMA_8B, intermediate_size: 14400 }, 2),
      online(4, '0.22.1'),
      compressed(10_944, '0.15.1'),
    ],
  },
  evaluate(context) {
    const { container } = context;
    if (context.model === undefined) return [];
    if (container !== undefined && container.engine !== 'vllm' && container.engine !== 'sglang') return [];
    const degree = tensorDegree(context);
    const broken = brokenAt(context, degree);
    if (broken === undefined) return [];
    const { allowed, fix } = degreeFix(context, (other) => brokenAt(context, other) === undefined);
    const experts = broken.layer === 'the experts' ? ', or set expertParallel' : '';
    return [
      found({
        what: `the shard of ${broken.layer} is not divisible by the FP8 scale block of ${broken.block} in ${serverName(context)}`,
        got: `${broken.share} features for each of ${degree} ranks`,
        allowed,
        fix: fix + experts,
        path: '/options/tensorParallelSize',
      }),
    ];
  },
};
