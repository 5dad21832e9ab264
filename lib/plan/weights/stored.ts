import type { WeightGroup } from '../../model/types';
import type { Scheme } from '../../scheme/types';

/** A linear layer's matrix, `[rows = outFeatures, columns = inFeatures]`. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
}

/** Bytes of each tensor that a quantized linear layer becomes: the packed weights first, then scales, zero points, indices. */
export type StoredTensors = readonly number[];

/** The name of a group's module in one layer, of its first expert. */
export function moduleName(group: WeightGroup, layer: number | undefined): string {
  return group.name
    .replace('{layer}', String(layer ?? 0))
    .replace('{expert}', '0')
    .replace(/\.weight$/, '');
}

/** What a group of weights is stored in in a layer: routed experts may have a scheme of their own, and so may each module. */
export function schemeOf(group: WeightGroup, scheme: Scheme, layer: number | undefined = group.layers.at(0)): Scheme {
  if (scheme.modules !== undefined) return scheme.modules.of(moduleName(group, layer)) ?? scheme;
  return group.role === 'expert' ? (scheme.experts ?? scheme) : scheme;
}

const SCALE_16 = 2;
const SCALE_32 = 4;

/**
 * The tensors of one quantized linear layer in a checkpoint. Shapes are those that the reference tools write:
 * AutoAWQ `WQLinear_GEMM`, GPTQModel `QuantLinear`, compressed-tensors `pack_quantized` / `naive_quantized` / `nvfp4_pack_quantized`,
 * transformers' fine-grained FP8, bitsandbytes `Params4bit`, OCP microscaling.
 *
 * @returns `undefined` for a layout whose tensors are not known
 */
export function storedTensors(scheme: Scheme, { rows, columns }: Matrix): StoredTensors | undefined {
  const elements = rows * columns;
  const groups = groupsOf(scheme, columns);
  switch (scheme.layout) {
    case 'awq':
      return [packed(elements, scheme.weightBits), rows * groups * SCALE_16, packed(rows * groups, scheme.weightBits)];
    case 'gptq':
      // g_idx names each column's group, as int32, whether or not the columns were reordered.
      return [
        packedInt32(columns, scheme.weightBits) * rows,
        rows * groups * SCALE_16,
        packedInt32(rows, scheme.weightBits) * groups,
        columns * 4,
      ];
    case 'neuron':
      return [elements, scheme.groupSize === undefined ? SCALE_32 : rows * SCALE_32];
    case 'bitsandbytes':
      return bitsandbytes(scheme, rows, elements);
    case 'mxfp4':
      return [elements / 2, rows * Math.ceil(columns / 32)];
    case 'fbgemm_fp8':
      return [elements, rows * SCALE_32];
    default:
      return byWeightType(scheme, rows, columns, groups);
  }
}

function byWeightType(scheme: Scheme, rows: number, columns: number, groups: number): StoredTensors | undefined {
  const elements = rows * columns;
  switch (scheme.weightType) {
    case 'fp8':
      return [elements, ...fp8Scales(scheme, rows, columns, groups)];
    case 'int':
      return [
        packed(elements, scheme.weightBits),
        rows * groups * SCALE_16,
        ...(scheme.symmetric ? [] : [packed(rows * groups, scheme.weightBits)]),
      ];
    case 'fp4':
      // NVFP4: an FP8 scale for each 16 weights, and two float32 scales for the tensor.
      return [elements / 2, rows * Math.ceil(columns / (scheme.groupSize ?? 16)), 2 * SCALE_32];
    default:
      return undefined;
  }
}

function fp8Scales(scheme: Scheme, rows: number, columns: number, groups: number): number[] {
  if (scheme.blockSize !== undefined) {
    const [blockRows, blockColumns] = scheme.blockSize;
    return [Math.ceil(rows / blockRows) * Math.ceil(columns / blockColumns) * SCALE_32];
  }
  const activation = scheme.activationScales === 'static-tensor' ? [SCALE_32] : [];
  if (scheme.groupSize === undefined) return [SCALE_32, ...activation];
  // compressed-tensors stores the scales of channels in the model's own 16 bits.
  return [rows * groups * (scheme.groupSize > 0 ? 1 : SCALE_16), ...activation];
}

/**
 * NF4 has a scale for each 64 weights: float32, or, quantized a second time, one byte, with a float32 for each 256 of them.
 * Source: bitsandbytes functional.py, `quantize_4bit`; LLM.int8() has a float32 for each row.
 */
function bitsandbytes(scheme: Scheme, rows: number, elements: number): StoredTensors {
  if (scheme.weightBits === 8) return [elements, rows * SCALE_32];
  const blocks = Math.ceil(elements / (scheme.groupSize ?? 64));
  const doubled = scheme.doubleQuantized ?? true;
  return doubled ? [elements / 2, blocks, Math.ceil(blocks / 256) * SCALE_32] : [elements / 2, blocks * SCALE_32];
}

export function groupsOf(scheme: Scheme, columns: number): number {
  const { groupSize } = scheme;
  return groupSize === undefined || groupSize <= 0 ? 1 : Math.ceil(columns / groupSize);
}

function packed(elements: number, bits: number): number {
  return Math.ceil((elements * bits) / 8);
}

/** Values packed along one dimension into int32 words; three bits take three words for 32 values. */
function packedInt32(length: number, bits: number): number {
  return Math.ceil((length * bits) / 32) * 4;
}
