import type { TensorCategory } from './category';
import { blockElements, findGgufFileType, findGgufTensorType, type GgmlType } from './types';

/**
 * File types that are made with an importance matrix: llama-quantize refuses all but IQ3_XXS without one, and warns for that.
 * Source: llama.cpp tools/quantize/quantize.cpp.
 */
export const NEEDS_IMPORTANCE_MATRIX: ReadonlySet<string> = new Set([
  'IQ1_S',
  'IQ1_M',
  'IQ2_XXS',
  'IQ2_XS',
  'IQ2_S',
  'Q2_K_S',
  'IQ3_XXS',
]);

/** What the rules ask of the model. */
export interface MixContext {
  readonly fileType: string;
  readonly layers: number;
  readonly experts: number;
  /** Query heads for each KV head. */
  readonly queriesPerKvHead: number;
  readonly tied: boolean;
  readonly falcon: boolean;
  readonly hasImportanceMatrix: boolean;
  /**
   * Queries, keys and values in one tensor had a rule of their own; today's llama-quantize takes them for values.
   * Source: llama.cpp#19770, merged in March 2026.
   */
  readonly fusedAttentionApart?: boolean;
}

/** One tensor as the rules see it. */
export interface MixTensor {
  readonly category: TensorCategory;
  /** Position among the layers that have such a tensor. */
  readonly layer: number;
  /** How many layers have it. */
  readonly of: number;
  readonly columns: number;
  /** Experts stacked in it; 1 for a plain matrix. */
  readonly experts: number;
}

/**
 * The type llama-quantize stores a tensor in.
 * Source: llama.cpp src/llama-quant.cpp, `llama_tensor_get_type_impl` and `tensor_type_fallback`, as of October 2026.
 */
export function mixedType(tensor: MixTensor, context: MixContext): GgmlType {
  if (tensor.category === 'unquantized') return 'F32';
  const start = findGgufFileType(context.fileType)?.tensorType ?? context.fileType;
  if (start === 'F32' || start === 'F16' || start === 'BF16') return start;
  return fallback(choose(start, tensor, context), tensor.columns);
}

/** `gguf-tensor:NAME`: one type for every matrix, and only the shape's own limits change it. */
export function pureType(name: string, columns: number): GgmlType | undefined {
  const type = name.toUpperCase();
  return findGgufTensorType(type) === undefined ? undefined : fallback(type, columns);
}

const VERY_LOW = new Set(['IQ1_S', 'IQ1_M', 'IQ2_XXS', 'IQ2_XS', 'IQ2_S', 'IQ2_M']);

function choose(start: GgmlType, tensor: MixTensor, context: MixContext): GgmlType {
  const { category } = tensor;
  if (category === 'output' || (context.tied && category === 'token_embd')) return outputType(start, tensor, context);
  if (context.fileType === 'MXFP4_MOE') return tensor.experts > 1 ? 'MXFP4' : 'Q8_0';
  if (category === 'token_embd') return embeddingType(start, context.fileType);
  if (category === 'attn_qkv' && context.fusedAttentionApart === true) return FUSED_TYPE[context.fileType] ?? start;
  if (VERY_LOW.has(context.fileType)) return veryLowType(start, tensor, context);
  switch (category) {
    case 'attn_v':
    case 'attn_qkv':
      return attentionValueType(start, tensor, context);
    case 'attn_k':
      if (context.experts === 8) return 'Q8_0';
      return attentionQueryType(start, context.fileType);
    case 'attn_q':
      return attentionQueryType(start, context.fileType);
    case 'ffn_down':
      return feedForwardDownType(start, tensor, context);
    case 'attn_output':
      return attentionOutputType(start, context);
    case 'ffn_gate':
    case 'ffn_up':
      return isMiddle(tensor) && context.fileType === 'IQ3_XS' ? 'IQ3_XXS' : start;
    default:
      return start;
  }
}

function outputType(start: GgmlType, tensor: MixTensor, context: MixContext): GgmlType {
  if (context.fileType === 'MXFP4_MOE' || context.falcon || tensor.columns % blockElements(start) !== 0) return 'Q8_0';
  if (VERY_LOW.has(context.fileType) || context.fileType === 'IQ3_XXS') return 'Q5_K';
  return start === 'Q8_0' ? start : 'Q6_K';
}

function embeddingType(start: GgmlType, fileType: string): GgmlType {
  switch (fileType) {
    case 'IQ1_S':
    case 'IQ1_M':
    case 'IQ2_XXS':
    case 'IQ2_XS':
      return 'Q2_K';
    case 'IQ2_S':
    case 'IQ2_M':
    case 'IQ3_XXS':
      return 'IQ3_S';
    case 'TQ1_0':
    case 'TQ2_0':
    case 'Q2_0':
      return 'Q4_K';
    default:
      return start;
  }
}

function veryLowType(start: GgmlType, tensor: MixTensor, context: MixContext): GgmlType {
  const wider = context.fileType === 'IQ2_S' || context.fileType === 'IQ2_M' ? 'IQ3_S' : 'Q2_K';
  switch (tensor.category) {
    case 'attn_v':
    case 'attn_qkv':
      return context.queriesPerKvHead >= 4 || context.experts >= 4 ? 'Q4_K' : wider;
    case 'attn_k':
      return context.experts === 8 ? 'Q4_K' : start;
    case 'ffn_down':
      return isFirstEighth(tensor) ? wider : start;
    case 'attn_output':
      if (context.experts === 8) return 'Q5_K';
      if (context.fileType === 'IQ1_S' || context.fileType === 'IQ1_M') return 'IQ2_XXS';
      return wider === 'IQ3_S' ? wider : start;
    default:
      return start;
  }
}

function attentionValueType(start: GgmlType, tensor: MixTensor, context: MixContext): GgmlType {
  if (context.experts === 8) return 'Q8_0';
  const type = attentionValueByFileType(start, tensor, context);
  return is70b(context) && (type === 'Q3_K' || type === 'Q4_K') ? 'Q5_K' : type;
}

/** llama.cpp's name for any 80-layer model with grouped queries; it gives `attn_v` more bits. */
function is70b({ layers, queriesPerKvHead }: MixContext): boolean {
  return layers === 80 && queriesPerKvHead > 1;
}

function attentionValueByFileType(start: GgmlType, tensor: MixTensor, context: MixContext): GgmlType {
  const grouped = context.queriesPerKvHead >= 4;
  switch (context.fileType) {
    case 'Q2_K':
      return grouped ? 'Q4_K' : 'Q3_K';
    case 'Q2_K_S':
    case 'IQ3_XS':
    case 'IQ3_S':
      return grouped ? 'Q4_K' : start;
    case 'IQ3_XXS':
      return grouped ? 'Q4_K' : context.hasImportanceMatrix ? start : 'IQ3_S';
    case 'IQ3_M':
      return 'Q4_K';
    case 'Q3_K_M':
      return tensor.layer < 2 ? 'Q5_K' : 'Q4_K';
    case 'Q3_K_L':
      return 'Q5_K';
    case 'IQ4_NL':
    case 'IQ4_XS':
      return grouped ? 'Q5_K' : start;
    case 'Q4_K_M':
    case 'Q5_K_M':
      return getsMoreBits(tensor) ? 'Q6_K' : start;
    case 'Q4_K_S':
      return tensor.layer < 4 ? 'Q5_K' : start;
    default:
      return start;
  }
}

function attentionQueryType(start: GgmlType, fileType: string): GgmlType {
  if (fileType === 'IQ3_XS') return 'IQ3_XXS';
  return fileType === 'IQ3_XXS' ? 'IQ2_S' : start;
}

function feedForwardDownType(start: GgmlType, tensor: MixTensor, context: MixContext): GgmlType {
  const { falcon } = context;
  switch (context.fileType) {
    case 'Q2_K':
      return 'Q3_K';
    case 'Q2_K_S':
      return isFirstEighth(tensor) ? 'Q4_K' : start;
    case 'IQ3_XXS':
      return context.hasImportanceMatrix ? start : isFirstEighth(tensor) ? 'Q4_K' : 'Q3_K';
    case 'Q3_K_M':
      if (isFirstSixteenth(tensor)) return 'Q5_K';
      return !falcon || getsMoreBits(tensor) ? 'Q4_K' : 'Q3_K';
    case 'IQ3_M':
      return isFirstEighth(tensor) || (context.experts === 8 && getsMoreBits(tensor)) ? 'Q4_K' : start;
    case 'Q3_K_L':
      return falcon ? 'Q4_K' : 'Q5_K';
    case 'Q4_K_M':
      if (falcon) return isFirstSixteenth(tensor) ? 'Q6_K' : getsMoreBits(tensor) ? 'Q5_K' : 'Q4_K';
      return getsMoreBits(tensor) ? 'Q6_K' : start;
    case 'Q5_K_M':
      return getsMoreBits(tensor) ? 'Q6_K' : start;
    case 'IQ4_NL':
    case 'IQ4_XS':
      return isFirstEighth(tensor) && !context.hasImportanceMatrix ? 'Q5_K' : start;
    case 'Q4_K_S':
      return isFirstEighth(tensor) && !falcon ? 'Q5_K' : start;
    // What an importance matrix may do to the first of these; without one, files are as they always were.
    case 'Q4_0':
      return isFirstEighth(tensor) && context.hasImportanceMatrix ? 'Q4_1' : start;
    case 'Q5_0':
      return isFirstEighth(tensor) && context.hasImportanceMatrix ? 'Q5_1' : start;
    default:
      return start;
  }
}

/** What `attn_qkv` was stored in while it had a rule of its own: `llama_tensor_get_type` before llama.cpp#19770. */
const FUSED_TYPE: Readonly<Record<string, GgmlType>> = {
  Q3_K_M: 'Q4_K',
  Q3_K_L: 'Q4_K',
  IQ3_M: 'Q4_K',
  Q4_K_M: 'Q5_K',
  Q5_K_M: 'Q6_K',
};

const EIGHT_EXPERT_OUTPUT = new Set([
  'Q2_K',
  'IQ3_XS',
  'IQ3_XXS',
  'Q3_K_S',
  'Q3_K_M',
  'IQ4_NL',
  'Q4_K_S',
  'Q4_K_M',
  'IQ3_S',
  'IQ3_M',
  'IQ4_XS',
]);
const OUTPUT_TYPE: Readonly<Record<string, GgmlType>> = {
  Q2_K: 'Q3_K',
  IQ3_XXS: 'IQ3_S',
  Q3_K_M: 'Q4_K',
  Q3_K_L: 'Q5_K',
  IQ3_M: 'Q4_K',
};

function attentionOutputType(start: GgmlType, context: MixContext): GgmlType {
  if (context.falcon) return context.fileType === 'Q3_K_L' ? 'Q4_K' : start;
  if (context.experts === 8) return EIGHT_EXPERT_OUTPUT.has(context.fileType) ? 'Q5_K' : start;
  return OUTPUT_TYPE[context.fileType] ?? start;
}

/** The first and last eighth of the layers, and every third between. */
function getsMoreBits({ layer, of }: MixTensor): boolean {
  const eighth = Math.floor(of / 8);
  return layer < eighth || layer >= Math.floor((7 * of) / 8) || (layer - eighth) % 3 === 2;
}

function isFirstEighth({ layer, of }: MixTensor): boolean {
  return layer < Math.floor(of / 8);
}

function isFirstSixteenth({ layer, of }: MixTensor): boolean {
  return layer < Math.floor(of / 16);
}

function isMiddle({ layer, of }: MixTensor): boolean {
  return layer >= Math.floor(of / 8) && layer < Math.floor((7 * of) / 8);
}

/** Types of 256 elements give way to one of 32 where a row is not a whole number of blocks, and that to F16. */
const FALLBACK: Readonly<Record<string, GgmlType>> = {
  IQ1_S: 'IQ4_NL',
  IQ1_M: 'IQ4_NL',
  IQ2_XXS: 'IQ4_NL',
  IQ2_XS: 'IQ4_NL',
  IQ2_S: 'IQ4_NL',
  IQ3_XXS: 'IQ4_NL',
  IQ3_S: 'IQ4_NL',
  IQ4_XS: 'IQ4_NL',
  Q2_0: 'Q4_0',
  Q2_K: 'Q4_0',
  Q3_K: 'Q4_0',
  TQ1_0: 'Q4_0',
  TQ2_0: 'Q4_0',
  Q4_K: 'Q5_0',
  Q5_K: 'Q5_1',
  Q6_K: 'Q8_0',
};

function fallback(type: GgmlType, columns: number): GgmlType {
  if (columns % blockElements(type) === 0) return type;
  const smaller = FALLBACK[type] ?? 'F16';
  return columns % blockElements(smaller) === 0 ? smaller : 'F16';
}
