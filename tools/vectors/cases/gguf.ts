import { dequantizeGguf, isGgufQuantizedType, quantizeGguf } from '../../../lib/simulate';
import { bytesOf, floats32, input, matrixOf, type CaseContext, type Outputs } from '../context';

/** GGUF blocks as `ggml_quantize_chunk` writes them without an importance matrix, and the values they stand for. */
export function ggufBlocks(context: CaseContext): Outputs {
  const type = String(context.vector.params.type);
  if (!isGgufQuantizedType(type)) throw new Error(`${type} is no type that is quantized`);
  const matrix = matrixOf(input(context));
  const { rows, columns } = matrix;
  const { blocks } = quantizeGguf(context.engine, matrix, type);
  const values = dequantizeGguf(context.engine, type, blocks);
  return new Map([
    ['raw', { dtype: 'U8', shape: [rows, blocks.length / rows], data: bytesOf(blocks) }],
    ['dequantized', floats32(values, [rows, columns])],
  ]);
}
