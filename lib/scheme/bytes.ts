import { findGgufTensorType, findGgufFileType } from './gguf/types';
import type { Scheme } from './types';

/** Bytes of each part of one quantized linear layer in its checkpoint layout. */
export interface QuantizedBytes {
  readonly weights: number;
  readonly scales: number;
  readonly zeroPoints: number;
  /** Index tensors, shapes, lookup tables, activation scales. */
  readonly other: number;
  readonly total: number;
}

const words = (bits: number) => Math.ceil(bits / 32) * 4;

/**
 * What one linear layer of shape `[outFeatures, inFeatures]` takes in the scheme's checkpoint layout, in bytes.
 * Sources of the layouts: AutoAWQ 0.2.9 `WQLinear_GEMM` (qweight, qzeros, scales); GPTQModel 7.7 (plus `g_idx`);
 * compressed-tensors 0.20 `pack_quantized` and `naive_quantized`; Hugging Face `fp8` (float32 `weight_scale_inv`);
 * ModelOpt export; bitsandbytes `QuantState`; neuronx-distributed (float32 scale a channel); ggml block sizes.
 */
export function quantizedBytes(scheme: Scheme, outFeatures: number, inFeatures: number): QuantizedBytes {
  const parts = partsOf(scheme, outFeatures, inFeatures);
  return { ...parts, total: parts.weights + parts.scales + parts.zeroPoints + parts.other };
}

/** Bits that one weight of a linear layer takes, scales and zero points included; without a shape, that of a 4096 × 4096 layer. */
export function bitsPerWeight(scheme: Scheme, outFeatures = 4096, inFeatures = 4096): number {
  return (quantizedBytes(scheme, outFeatures, inFeatures).total * 8) / (outFeatures * inFeatures);
}

type Parts = Omit<QuantizedBytes, 'total'>;

function partsOf(scheme: Scheme, out: number, inputs: number): Parts {
  const elements = out * inputs;
  const none = { scales: 0, zeroPoints: 0, other: 0 };
  switch (scheme.layout) {
    case 'gguf':
      return { weights: ggufBytes(scheme, out, inputs), ...none };
    case 'awq': {
      const groups = groupCount(scheme, inputs);
      const packed = words(out * scheme.weightBits);
      return { weights: inputs * packed, scales: groups * out * 2, zeroPoints: groups * packed, other: 0 };
    }
    case 'gptq': {
      const groups = groupCount(scheme, inputs);
      return {
        weights: words(inputs * scheme.weightBits) * out,
        scales: groups * out * 2,
        zeroPoints: groups * words(out * scheme.weightBits),
        other: inputs * 4,
      };
    }
    case 'bitsandbytes':
      return bitsandbytesParts(scheme, out, elements);
    case 'neuron':
      return { weights: elements, scales: (scheme.groupSize === -1 ? out : 1) * 4, zeroPoints: 0, other: 0 };
    case 'mxfp4':
      return { weights: elements / 2, scales: out * Math.ceil(inputs / 32), zeroPoints: 0, other: 0 };
    case 'plain':
      return { weights: (elements * scheme.weightBits) / 8, ...none };
    default:
      return scaledParts(scheme, out, inputs);
  }
}

/** compressed-tensors, `fp8`, `fbgemm_fp8`, ModelOpt: the weight in its own type and a scale tensor beside it. */
function scaledParts(scheme: Scheme, out: number, inputs: number): Parts {
  const wide = scheme.layout === 'compressed-tensors' ? 2 : 4;
  const isStatic = scheme.activationScales === 'static-tensor';
  if (scheme.weightType === 'float')
    return { weights: (out * inputs * scheme.weightBits) / 8, scales: 0, zeroPoints: 0, other: 0 };
  if (scheme.weightType === 'fp4') {
    const blocks = out * Math.ceil(inputs / (scheme.groupSize ?? 16));
    // NVFP4 keeps one FP8 scale a block and two float32 scalars; MXFP4 one exponent byte a block.
    return { weights: (out * inputs) / 2, scales: blocks, zeroPoints: 0, other: scheme.name === 'nvfp4' ? 8 : 0 };
  }
  if (scheme.blockSize) {
    const [rows, columns] = scheme.blockSize;
    return {
      weights: out * inputs,
      scales: Math.ceil(out / rows) * Math.ceil(inputs / columns) * wide,
      zeroPoints: 0,
      other: 0,
    };
  }
  const groups = scheme.groupSize === undefined ? 0 : groupCount(scheme, inputs);
  const scales = groups === 0 ? wide : out * groups * (scheme.name === 'mxfp8' ? 1 : wide);
  const isPacked = scheme.weightType === 'int' && scheme.activationBits === 16;
  const zeroPoints = scheme.symmetric ? 0 : groups * words(out * scheme.weightBits);
  if (isPacked || scheme.weightBits < 8)
    return { weights: out * words(inputs * scheme.weightBits), scales, zeroPoints, other: 16 };
  return { weights: out * inputs, scales, zeroPoints, other: isStatic ? wide : 0 };
}

/** NF4: one float32 absmax for 64 weights, or one byte for 64 and a float32 for 256 of those; plus its lookup tables. */
function bitsandbytesParts(scheme: Scheme, out: number, elements: number): Parts {
  if (scheme.weightBits === 8) return { weights: elements, scales: out * 4, zeroPoints: 0, other: 1 };
  const blocks = Math.ceil(elements / 64);
  const scales = scheme.doubleQuantized ? blocks + 4 * Math.ceil(blocks / 256) : blocks * 4;
  const tables = scheme.doubleQuantized ? 16 * 4 + 256 * 4 : 16 * 4;
  return { weights: elements / 2, scales, zeroPoints: 0, other: tables };
}

function ggufBytes(scheme: Scheme, out: number, inputs: number): number {
  const name = scheme.ggufType ?? '';
  const type = findGgufTensorType(findGgufFileType(name)?.tensorType ?? name);
  if (!type) return (out * inputs * scheme.weightBits) / 8;
  return out * Math.ceil(inputs / type.blockElements) * type.blockBytes;
}

function groupCount(scheme: Scheme, inputs: number): number {
  const size = scheme.groupSize ?? -1;
  return size <= 0 ? 1 : Math.ceil(inputs / size);
}
