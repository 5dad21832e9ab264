import { ggufFileTypeOfId } from '../../scheme/gguf/types';
import { integerOf, type GgufMetadata } from '../gguf';
import type { Checkpoint, CheckpointTensor } from './checkpoint';

/** Weights of a layer as they are stored; what stands beside one of these under the same stem belongs to it. */
const MAIN_SUFFIXES = ['.weight', '.qweight', '.weight_packed', '_blocks'];

/**
 * Scales, zero points and tables of the quantized formats, by the name's end: compressed-tensors, AutoAWQ and GPTQ, the
 * FP8 of DeepSeek, ModelOpt, bitsandbytes, MXFP4 as gpt-oss stores it.
 */
const COMPANION_SUFFIX =
  /(\.weight_(?:scale|scale_inv|scale_2|global_scale|zero_point|shape|g_idx)|\.(?:scales|qzeros|g_idx|scale|SCB|weight_format)|\.(?:input|output)_(?:scale|global_scale|zero_point)|\.input_scale_ub|\.weight\.(?:absmax|quant_map|nested_absmax|nested_quant_map|quant_state\.bitsandbytes__\w+)|_scales)$/;

/** Scales of the KV cache stand beside the attention, not beside a weight. */
const CACHE_SCALE = /\.[kqv]_scale$/;

export interface Parameters {
  /** Weights of the model, with packed ones counted singly. */
  readonly parameters: number;
  /** Bytes of those weights. */
  readonly weightBytes: number;
  /** Bytes of scales, zero points and tables. */
  readonly companionBytes: number;
}

/**
 * Counts a checkpoint's parameters: what several to a word are packed in (four bits in an I32 or U8) counts as many, and
 * what only serves to unpack them counts none.
 *
 * @param bits of a packed weight, from the checkpoint's own quantization config
 * @default - 4 bits where the config does not say
 */
export function countParameters(checkpoint: Checkpoint, bits?: number, method?: string): Parameters {
  let parameters = 0;
  let weightBytes = 0;
  let companionBytes = 0;
  for (const tensor of checkpoint.tensors.values()) {
    if (checkpoint.format === 'safetensors' && isCompanion(tensor.name, checkpoint.tensors)) {
      companionBytes += tensor.bytes;
      continue;
    }
    weightBytes += tensor.bytes;
    parameters +=
      checkpoint.format === 'gguf'
        ? tensor.elements
        : Math.round(tensor.elements * packing(tensor, checkpoint, bits ?? 4, method));
  }
  return { parameters, weightBytes, companionBytes };
}

function isCompanion(name: string, tensors: ReadonlyMap<string, unknown>): boolean {
  if (CACHE_SCALE.test(name)) return true;
  const match = COMPANION_SUFFIX.exec(name);
  if (match === null) return false;
  const stem = name.slice(0, match.index);
  return MAIN_SUFFIXES.some((suffix) => stem + suffix !== name && tensors.has(stem + suffix));
}

/** How many weights one stored element holds. */
function packing({ name, dtype }: CheckpointTensor, { tensors }: Checkpoint, bits: number, method?: string): number {
  const wide = dtype === 'I32' || dtype === 'U32' ? 32 : dtype === 'U8' ? 8 : undefined;
  if (wide === undefined || bits <= 0) return 1;
  if (name.endsWith('.qweight') || name.endsWith('.weight_packed')) return wide / bits;
  if (name.endsWith('_blocks') && tensors.has(`${name.slice(0, -'_blocks'.length)}_scales`)) return wide / 4;
  const fourBit = method === 'modelopt' || method === 'bitsandbytes';
  if (fourBit && bits === 4 && dtype === 'U8' && name.endsWith('.weight')) return 2;
  return 1;
}

/** What a GGUF says of its own quantization: the file type's name, such as `Q4_K_M`. */
export function ggufQuantization(metadata: GgufMetadata): string | undefined {
  const id = integerOf(metadata.get('general.file_type'));
  return id === undefined ? undefined : (ggufFileTypeOfId(id)?.name ?? `file type ${id}`);
}
