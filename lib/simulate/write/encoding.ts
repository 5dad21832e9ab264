import type { CompressedFormat, QuantizationArgs } from '../compressed-tensors/scheme';
import type { GptqModelArgs } from '../gptq/gptqmodel';
import type { AwqArgs } from '../awq/pseudo-quantize';
import type { NeuronQuantizationType } from '../neuron/scheme';
import type { SafetensorsDtype } from '../../format/safetensors';
import type { WeightDtype } from '../tensor';

/** How the weight of a linear layer is stored. Plain data: it travels to worker threads. */
export type Encoding =
  | {
      readonly kind: 'compressed-tensors';
      readonly format: CompressedFormat;
      readonly weights: QuantizationArgs;
      /** Static activations: `input_scale` stands beside the weight. */
      readonly inputScale?: 'int8' | 'fp8';
    }
  | { readonly kind: 'fp4'; readonly type: 'mxfp4' | 'nvfp4' }
  | { readonly kind: 'awq'; readonly args: AwqArgs }
  | { readonly kind: 'gptq'; readonly args: GptqModelArgs; readonly version: 1 | 2 }
  | { readonly kind: 'neuron'; readonly type: 'int8' | 'fp8'; readonly quantization: NeuronQuantizationType };

/** A tensor that an encoding writes for `<module>.weight`: its name is the module's and the suffix. */
export interface EncodedTensor {
  readonly suffix: string;
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
}

const words = (bits: number): number => Math.ceil(bits / 32);

/** What an encoding writes for a weight of `rows` output and `columns` input features. */
export function encodedTensors(
  encoding: Encoding,
  rows: number,
  columns: number,
  dtype: WeightDtype,
): readonly EncodedTensor[] {
  switch (encoding.kind) {
    case 'compressed-tensors':
      return compressedTensors(encoding, rows, columns, dtype);
    case 'fp4': {
      const packed: EncodedTensor = { suffix: 'weight_packed', dtype: 'U8', shape: [rows, columns / 2] };
      if (encoding.type === 'mxfp4') {
        return [packed, { suffix: 'weight_scale', dtype: 'U8', shape: [rows, columns / 32] }];
      }
      return [
        packed,
        { suffix: 'weight_scale', dtype: 'F8_E4M3', shape: [rows, columns / 16] },
        { suffix: 'weight_global_scale', dtype: 'F32', shape: [1] },
      ];
    }
    case 'awq': {
      const groups = groupCount(encoding.args.q_group_size, columns);
      const packedRows = words(rows * encoding.args.w_bit);
      return [
        { suffix: 'qweight', dtype: 'I32', shape: [columns, packedRows] },
        { suffix: 'qzeros', dtype: 'I32', shape: [groups, packedRows] },
        { suffix: 'scales', dtype: 'F16', shape: [groups, rows] },
      ];
    }
    case 'gptq': {
      const { bits, group_size } = encoding.args;
      const groups = groupCount(group_size, columns);
      return [
        { suffix: 'qweight', dtype: 'I32', shape: [words(columns * bits), rows] },
        { suffix: 'qzeros', dtype: 'I32', shape: [groups, words(rows * bits)] },
        { suffix: 'scales', dtype: 'F16', shape: [groups, rows] },
        { suffix: 'g_idx', dtype: 'I32', shape: [columns] },
      ];
    }
    case 'neuron':
      return [
        { suffix: 'weight', dtype: encoding.type === 'fp8' ? 'F8_E4M3' : 'I8', shape: [rows, columns] },
        {
          suffix: 'scale',
          dtype: 'F32',
          shape: encoding.quantization === 'per_tensor_symmetric' ? [1] : [rows, 1],
        },
      ];
  }
}

function compressedTensors(
  { format, weights, inputScale }: Extract<Encoding, { kind: 'compressed-tensors' }>,
  rows: number,
  columns: number,
  dtype: WeightDtype,
): readonly EncodedTensor[] {
  const { num_bits, strategy, symmetric } = weights;
  const scaleShape = scalesOf(weights, rows, columns);
  const tensors: EncodedTensor[] = [];
  if (format === 'pack-quantized') {
    tensors.push({ suffix: 'weight_packed', dtype: 'I32', shape: [rows, words(columns * num_bits)] });
    tensors.push({ suffix: 'weight_shape', dtype: 'I64', shape: [2] });
  } else {
    tensors.push({ suffix: 'weight', dtype: weights.type === 'float' ? 'F8_E4M3' : 'I8', shape: [rows, columns] });
  }
  tensors.push({ suffix: 'weight_scale', dtype, shape: strategy === 'tensor' ? [1] : scaleShape });
  if (!symmetric) {
    const [down, across] = scaleShape;
    tensors.push(
      format === 'pack-quantized'
        ? { suffix: 'weight_zero_point', dtype: 'I32', shape: [words(down * num_bits), across] }
        : { suffix: 'weight_zero_point', dtype: 'I8', shape: scaleShape },
    );
  }
  if (inputScale !== undefined) tensors.push({ suffix: 'input_scale', dtype, shape: [1] });
  return tensors;
}

function scalesOf(
  { strategy, group_size, block_structure }: QuantizationArgs,
  rows: number,
  columns: number,
): number[] {
  if (strategy === 'tensor') return [1, 1];
  if (strategy === 'group') return [rows, Math.ceil(columns / (group_size ?? 128))];
  if (strategy !== 'block') return [rows, 1];
  const [down, across] = block_structure ?? [128, 128];
  return [Math.ceil(rows / down), Math.ceil(columns / across)];
}

function groupCount(groupSize: number, columns: number): number {
  return groupSize > 0 ? columns / groupSize : 1;
}
