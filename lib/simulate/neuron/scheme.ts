import { decodeFloat8, encodeFloat8 } from '../float8/cast';
import type { KernelEngine } from '../kernels/engine';
import { roundToBf16 } from '../rows/arithmetic';
import type { RowGrid } from '../rows/grid';
import type { QuantizedMatrix } from '../rows/quantized-matrix';
import type { NamedTensors } from '../tensor';

/** `quantization_type` of neuronx-distributed. */
export type NeuronQuantizationType = 'per_channel_symmetric' | 'per_tensor_symmetric';

/** neuronx-distributed casts weights to f32 before it quantizes them to INT8. */
export function neuronInt8Grid(type: NeuronQuantizationType): RowGrid {
  const perTensor = type === 'per_tensor_symmetric';
  return {
    grid: perTensor ? 'neuron-int8-tensor' : 'neuron-int8-channel',
    bits: 8,
    sharing: { strategy: perTensor ? 'tensor' : 'channel' },
    arithmetic: 'F32',
  };
}

/** FP8 for Neuron ends at ±240, so that the bytes mean the same in both kinds of E4M3. */
export function neuronFp8Grid(type: NeuronQuantizationType): RowGrid {
  const perTensor = type === 'per_tensor_symmetric';
  return {
    grid: perTensor ? 'neuron-fp8-tensor' : 'neuron-fp8-channel',
    bits: 8,
    sharing: { strategy: perTensor ? 'tensor' : 'channel' },
    arithmetic: 'F32',
  };
}

/** `weight` and `scale` (F32, `[out, 1]` or `[1]`) as in a quantized state dict of neuronx-distributed. */
export function neuronTensors(quantized: QuantizedMatrix, grid: RowGrid): NamedTensors {
  const scales = quantized.scales;
  return new Map([
    [
      'weight',
      {
        dtype: grid.grid.startsWith('neuron-fp8') ? ('F8_E4M3' as const) : ('I8' as const),
        shape: [quantized.rows, quantized.columns],
        data: quantized.codes,
      },
    ],
    [
      'scale',
      {
        dtype: 'F32' as const,
        shape: grid.sharing.strategy === 'tensor' ? [1] : [quantized.rows, 1],
        data: new Uint8Array(scales.buffer, scales.byteOffset, scales.byteLength),
      },
    ],
  ]);
}

/** Largest value of OCP E4M3 over that of the Neuron cores' E4M3. */
export const NEURON_RESCALE = 448 / 240;

/** E4M3 bytes of a checkpoint that uses the range to 448, for cores whose range ends at 240. Scales grow by `NEURON_RESCALE`. */
export function rescaleForNeuron(engine: KernelEngine, bytes: Uint8Array): Uint8Array {
  // The division is bf16's: its result is rounded before the cast to E4M3.
  const values = decodeFloat8(engine, bytes, 'e4m3fn').map((value) =>
    roundToBf16(Math.fround(value / Math.fround(NEURON_RESCALE))),
  );
  return encodeFloat8(engine, values, 'e4m3fn');
}
