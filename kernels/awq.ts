// AutoAWQ's packing derives the codes a second time, from the dequantized f16 weights.
import { F16, load1, roundToF16 } from './dtype';

/**
 * Codes of dequantized f16 weights as `WQLinear_GEMM.from_linear` derives them: rint((v + z·s) / s), every operation rounded
 * to f16. One byte a code, in place of those of the quantizer.
 */
export function rederiveAwqCodes(
  values: usize,
  scales: usize,
  zeroPoints: usize,
  codes: usize,
  rows: i32,
  columns: i32,
  groupSize: i32,
): void {
  const groups = columns / groupSize;
  for (let row = 0; row < rows; row++) {
    for (let group = 0; group < groups; group++) {
      const at = <usize>(row * groups + group) << 2;
      const scale = load<f32>(scales + at);
      const shift = roundToF16(load<f32>(zeroPoints + at) * scale);
      const first = <usize>row * columns + group * groupSize;
      for (let i: usize = 0; i < <usize>groupSize; i++) {
        const value = load1<F16>(values + ((first + i) << 1));
        const code = nearest<f32>(roundToF16(roundToF16(value + shift) / scale));
        store<u8>(codes + first + i, code == code ? <u8>(<i32>code) : 0);
      }
    }
  }
}
