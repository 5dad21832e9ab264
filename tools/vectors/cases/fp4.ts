import { MXFP4_GRID, NVFP4_GRID, fp4Tensors, quantizeMatrix } from '../../../lib/simulate';
import { input, matrixOf, type CaseContext, type Outputs } from '../context';

/** MXFP4 and NVFP4 weights of compressed-tensors. */
export function fp4Weights(context: CaseContext): Outputs {
  const { engine, vector } = context;
  const matrix = matrixOf(input(context));
  const quantized = quantizeMatrix(engine, matrix, vector.scheme === 'mxfp4' ? MXFP4_GRID : NVFP4_GRID);
  const shape = [matrix.rows, matrix.columns];
  return new Map([
    ...fp4Tensors(engine, quantized),
    ['dequantized', { dtype: matrix.dtype, shape, data: quantized.dequantized }],
  ]);
}
