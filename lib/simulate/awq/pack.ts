import { SimulationError } from '../../errors';
import type { KernelEngine } from '../kernels/engine';
import { encodeFloats } from '../rows/encode';
import type { QuantizedMatrix } from '../rows/quantized-matrix';
import type { NamedTensors, TensorData } from '../tensor';

/** Output column, within its eight, that nibble i of a word holds. */
const NIBBLE_ORDER = [0, 2, 4, 6, 1, 3, 5, 7];
const NIBBLES = 8;
/** AutoAWQ's packing loop runs over the edge of the matrix otherwise. */
const OUT_FEATURES_MULTIPLE = 32;

/**
 * AutoAWQ's GEMM layout (`WQLinear_GEMM.from_linear`): `qweight` I32 `[in, out / 8]`, `qzeros` I32 `[groups, out / 8]`,
 * `scales` F16 `[groups, out]`.
 *
 * @throws SimulationError `AWQ_OUT_FEATURES` when the output features are no multiple of 32
 */
export function packAwqGemm(engine: KernelEngine, quantized: QuantizedMatrix): NamedTensors {
  const { rows: out, columns } = quantized;
  const [, groups] = quantized.scaleShape;
  if (out % OUT_FEATURES_MULTIPLE !== 0) {
    throw new SimulationError('AWQ_OUT_FEATURES', `${out} output features cannot be packed in AutoAWQ's GEMM layout`, {
      got: `${out} output features`,
      allowed: `a multiple of ${OUT_FEATURES_MULTIPLE}`,
      fix: 'leave this layer unquantized, or use gptq or a compressed-tensors scheme',
    });
  }
  const codes = rederiveCodes(engine, quantized);
  const scales = new Float32Array(groups * out);
  for (let row = 0; row < out; row++)
    for (let group = 0; group < groups; group++) scales[group * out + row] = quantized.scales[row * groups + group];
  return new Map<string, TensorData>([
    ['qweight', packAcross(out, columns, (input, output) => codes[output * columns + input])],
    ['qzeros', packAcross(out, groups, (group, output) => quantized.zeroPoints[output * groups + group])],
    ['scales', encodeFloats(engine, scales, 'F16', [groups, out])],
  ]);
}

/** The library derives the codes again from the dequantized f16 weights; at the ends of f16's range they come out otherwise. */
function rederiveCodes(engine: KernelEngine, quantized: QuantizedMatrix): Uint8Array {
  return engine.arena.scoped(() => {
    const { rows, columns, scales, zeroPoints } = quantized;
    const codes = engine.arena.reserve(rows * columns);
    engine.kernels.rederiveAwqCodes(
      engine.place(quantized.dequantized),
      engine.place(scales),
      engine.place(zeroPoints),
      codes,
      rows,
      columns,
      columns / quantized.scaleShape[1],
    );
    return engine.copy(codes, rows * columns);
  });
}

/** I32 `[lines, out / 8]`, eight output columns a word in AutoAWQ's order. */
function packAcross(out: number, lines: number, code: (line: number, output: number) => number): TensorData {
  const words = new Int32Array((lines * out) / NIBBLES);
  let at = 0;
  for (let line = 0; line < lines; line++) {
    for (let first = 0; first < out; first += NIBBLES) {
      let word = 0;
      for (let nibble = 0; nibble < NIBBLES; nibble++) word |= code(line, first + NIBBLE_ORDER[nibble]) << (4 * nibble);
      words[at++] = word;
    }
  }
  return { dtype: 'I32', shape: [lines, out / NIBBLES], data: new Uint8Array(words.buffer) };
}
