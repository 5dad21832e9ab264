import type { KernelEngine, TensorData } from '../../lib/simulate';
import type { Tolerance } from './manifest';
import { numbersOf, unpackCodes } from './numbers';

/**
 * Compares an output with the reference's.
 *
 * @param bits width of packed codes, for `unpack_code_mismatch`
 * @returns what is wrong, or undefined
 */
export function compare(
  engine: KernelEngine,
  got: TensorData,
  expected: TensorData,
  tolerance: Tolerance,
  bits: number,
): string | undefined {
  if (got.data.byteLength !== expected.data.byteLength) {
    return `${got.data.byteLength} bytes of ${got.dtype} [${got.shape.join(', ')}], expected ${expected.data.byteLength} of ${expected.dtype} [${expected.shape.join(', ')}]`;
  }
  switch (tolerance.kind) {
    case 'skip':
      return undefined;
    case 'exact':
      return exact(got, expected, () => false);
    case 'exact_nan_equal':
    case 'exact_nan_class': {
      const left = nanPredicate(got);
      const right = nanPredicate(expected);
      return exact(got, expected, (index) => left(index) && right(index));
    }
    case 'ulp':
      return ulps(got, expected, required(tolerance.max));
  }
  const left = numbersOf(engine, { ...got, dtype: expected.dtype });
  const right = numbersOf(engine, expected);
  switch (tolerance.kind) {
    case 'exact_value_nan_equal':
      return fraction(left, right, (a, b) => a === b || (Number.isNaN(a) && Number.isNaN(b)), 0);
    case 'allclose':
      return fraction(
        left,
        right,
        (a, b) => Math.abs(a - b) <= (tolerance.atol ?? 0) + (tolerance.rtol ?? 0) * Math.abs(b),
        0,
      );
    case 'mismatch_fraction':
      return fraction(
        left,
        right,
        (a, b) => Math.abs(a - b) <= (tolerance.rtol ?? 0) * Math.abs(b),
        required(tolerance.max_fraction),
      );
    case 'within':
      return fraction(left, right, (a, b) => Math.abs(a - b) <= required(tolerance.max), 0);
    case 'code_mismatch':
      return codes(left, right, tolerance);
    case 'unpack_code_mismatch':
      return codes(unpackCodes(left, bits), unpackCodes(right, bits), tolerance);
    default:
      return `the tolerance ${tolerance.kind} is not known`;
  }
}

function required(value: number | undefined): number {
  if (value === undefined) throw new Error('the tolerance lacks its limit');
  return value;
}

const ELEMENT_BYTES: Readonly<Record<string, number>> = {
  F32: 4,
  I32: 4,
  F64: 8,
  I64: 8,
  F16: 2,
  BF16: 2,
  I16: 2,
  U16: 2,
};

function exact(got: TensorData, expected: TensorData, forgiven: (element: number) => boolean): string | undefined {
  const width = ELEMENT_BYTES[expected.dtype] ?? 1;
  const wrong = new Set<number>();
  for (let i = 0; i < expected.data.length; i++) {
    if (got.data[i] === expected.data[i]) continue;
    const element = Math.floor(i / width);
    if (!forgiven(element)) wrong.add(element);
  }
  if (wrong.size === 0) return undefined;
  const [first] = wrong;
  const hex = (tensor: TensorData) =>
    Buffer.from(tensor.data.subarray(first * width, (first + 1) * width)).toString('hex');
  return `${wrong.size} of ${expected.data.length / width} elements differ, first at ${first}: ${hex(got)}, expected ${hex(expected)}`;
}

/** Bit patterns of 16-bit casts come as I16, E4M3 bytes as U8: whether the element is a NaN of any of them. */
function nanPredicate(tensor: TensorData): (element: number) => boolean {
  const view = new DataView(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength);
  switch (tensor.dtype) {
    case 'F32':
      return (element) => Number.isNaN(view.getFloat32(element * 4, true));
    case 'F16':
    case 'BF16':
    case 'I16':
    case 'U16': {
      // A pattern above infinity's in either type; that of f16 lies below, and no finite bf16 weight reaches it.
      const infinity = tensor.dtype === 'F16' ? 0x7c00 : tensor.dtype === 'BF16' ? 0x7f80 : 0x7c00;
      return (element) => (view.getUint16(element * 2, true) & 0x7fff) > infinity;
    }
    case 'F8_E4M3':
    case 'U8':
      return (element) => (view.getUint8(element) & 0x7f) === 0x7f;
    default:
      return () => false;
  }
}

/** Distance in units of the last place, on the bit patterns in the order of the numbers. */
function ulps(got: TensorData, expected: TensorData, max: number): string | undefined {
  const width = ELEMENT_BYTES[expected.dtype];
  const order = (tensor: TensorData) => {
    const view = new DataView(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength);
    return (element: number) => {
      const bits = width === 4 ? view.getInt32(element * 4, true) : view.getInt16(element * 2, true);
      return bits < 0 ? -(bits & (width === 4 ? 0x7fffffff : 0x7fff)) : bits;
    };
  };
  const left = order(got);
  const right = order(expected);
  let worst = 0;
  for (let i = 0; i < expected.data.length / width; i++) worst = Math.max(worst, Math.abs(left(i) - right(i)));
  return worst <= max ? undefined : `up to ${worst} units in the last place off, ${max} are allowed`;
}

function fraction(
  left: ArrayLike<number>,
  right: ArrayLike<number>,
  matches: (a: number, b: number) => boolean,
  allowed: number,
): string | undefined {
  let wrong = 0;
  let first = -1;
  for (let i = 0; i < right.length; i++) {
    if (matches(left[i], right[i])) continue;
    if (wrong++ === 0) first = i;
  }
  if (wrong <= allowed * right.length) return undefined;
  return `${wrong} of ${right.length} values are off, first at ${first}: ${left[first]}, expected ${right[first]}`;
}

function codes(left: ArrayLike<number>, right: ArrayLike<number>, tolerance: Tolerance): string | undefined {
  let worst = 0;
  for (let i = 0; i < right.length; i++) worst = Math.max(worst, Math.abs(left[i] - right[i]));
  if (tolerance.max_abs_diff !== undefined && worst > tolerance.max_abs_diff) {
    return `codes differ by up to ${worst}, ${tolerance.max_abs_diff} is allowed`;
  }
  return fraction(left, right, (a, b) => a === b, required(tolerance.max_fraction));
}
