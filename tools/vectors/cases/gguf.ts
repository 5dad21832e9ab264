import { isGgufQuantizedType } from '../../../lib/scheme/gguf/quantized-types';
import { dequantizeGguf, quantizeGguf, quantizeGgufWeighted, type TensorData } from '../../../lib/simulate';
import { bytesOf, floats32, input, matrixOf, type CaseContext, type Outputs } from '../context';

/** GGUF blocks as `ggml_quantize_chunk` writes them, without an importance matrix or with one, and the values they stand for. */
export function ggufBlocks(context: CaseContext): Outputs {
  const { imatrix, raw = 'raw' } = context.vector.params;
  const type = String(context.vector.params.type);
  if (!isGgufQuantizedType(type)) throw new Error(`${type} is no type that is quantized`);
  const matrix = matrixOf(input(context));
  const { rows, columns } = matrix;
  const { blocks } =
    imatrix === undefined || imatrix === null
      ? quantizeGguf(context.engine, matrix, type)
      : quantizeGgufWeighted(context.engine, matrix, type, importanceOf(input(context, 1)));
  const values = dequantizeGguf(context.engine, type, blocks);
  return new Map([
    [String(raw), { dtype: 'U8', shape: [rows, blocks.length / rows], data: bytesOf(blocks) }],
    ['dequantized', floats32(values, [rows, columns])],
  ]);
}

function importanceOf({ data }: TensorData): Float32Array {
  return new Float32Array(data.buffer, data.byteOffset, data.byteLength / 4);
}
