// What is known of a matrix by its columns: input channels of a layer, which smoothing and scaling change one by one.
import { BF16, Dtype, F16, F32, load1, load4, round4, roundTo, shiftOf, store1, store4 } from './dtype';
import { absMax } from './extremes';

/** Raises `target[j]` (f32) to the largest |w| of column j. */
export function columnAbsMax(source: usize, dtype: i32, rows: i32, columns: i32, target: usize): void {
  if (dtype == Dtype.F32) absMaxOf<F32>(source, rows, columns, target);
  else if (dtype == Dtype.F16) absMaxOf<F16>(source, rows, columns, target);
  else absMaxOf<BF16>(source, rows, columns, target);
}

function absMaxOf<T>(source: usize, rows: i32, columns: i32, target: usize): void {
  for (let row = 0; row < rows; row++) {
    const from = source + ((<usize>row * columns) << shiftOf<T>());
    let i = 0;
    for (; i <= columns - 4; i += 4) {
      const at = target + (<usize>i << 2);
      v128.store(at, f32x4.pmax(v128.load(at), f32x4.abs(load4<T>(from + (<usize>i << shiftOf<T>())))));
    }
    for (; i < columns; i++) {
      const at = target + (<usize>i << 2);
      store<f32>(at, max<f32>(load<f32>(at), abs<f32>(load1<T>(from + (<usize>i << shiftOf<T>())))));
    }
  }
}

/** `target = R(source · factors[column])`, or `R(source / factors[column])`, in the type of the weights. */
export function scaleColumns(
  source: usize,
  dtype: i32,
  rows: i32,
  columns: i32,
  factors: usize,
  divide: bool,
  target: usize,
): void {
  if (dtype == Dtype.F32) scaleOf<F32>(source, rows, columns, factors, divide, target);
  else if (dtype == Dtype.F16) scaleOf<F16>(source, rows, columns, factors, divide, target);
  else scaleOf<BF16>(source, rows, columns, factors, divide, target);
}

function scaleOf<T>(source: usize, rows: i32, columns: i32, factors: usize, divide: bool, target: usize): void {
  for (let row = 0; row < rows; row++) {
    const offset = (<usize>row * columns) << shiftOf<T>();
    let i = 0;
    for (; i <= columns - 4; i += 4) {
      const w = load4<T>(source + offset + (<usize>i << shiftOf<T>()));
      const factor = v128.load(factors + (<usize>i << 2));
      store4<T>(target + offset + (<usize>i << shiftOf<T>()), round4<T>(divide ? f32x4.div(w, factor) : f32x4.mul(w, factor)));
    }
    for (; i < columns; i++) {
      const w = load1<T>(source + offset + (<usize>i << shiftOf<T>()));
      const factor = load<f32>(factors + (<usize>i << 2));
      store1<T>(target + offset + (<usize>i << shiftOf<T>()), divide ? w / factor : w * factor);
    }
  }
}

/**
 * Adds to `target[j]` (f64) the sum over the rows of |w| relative to the largest of its group, `R(|w| / R(max + 1e-6))`:
 * what AutoAWQ weighs a channel by.
 */
export function addRelativeMagnitudes(
  source: usize,
  dtype: i32,
  rows: i32,
  columns: i32,
  groupSize: i32,
  target: usize,
): void {
  if (dtype == Dtype.F32) relativeOf<F32>(source, dtype, rows, columns, groupSize, target);
  else if (dtype == Dtype.F16) relativeOf<F16>(source, dtype, rows, columns, groupSize, target);
  else relativeOf<BF16>(source, dtype, rows, columns, groupSize, target);
}

function relativeOf<T>(source: usize, dtype: i32, rows: i32, columns: i32, groupSize: i32, target: usize): void {
  for (let row = 0; row < rows; row++) {
    const from = source + ((<usize>row * columns) << shiftOf<T>());
    for (let first = 0; first < columns; first += groupSize) {
      const count = min<i32>(groupSize, columns - first);
      const divisor = roundTo(dtype, absMax<T>(from + (<usize>first << shiftOf<T>()), count) + 1e-6);
      for (let i = first; i < first + count; i++) {
        const relative = roundTo(dtype, abs<f32>(load1<T>(from + (<usize>i << shiftOf<T>()))) / divisor);
        const at = target + (<usize>i << 3);
        store<f64>(at, load<f64>(at) + <f64>relative);
      }
    }
  }
}

/** `target = left - right`, both of the type, as f32. */
export function differences(left: usize, right: usize, dtype: i32, count: i32, target: usize): void {
  if (dtype == Dtype.F32) differencesOf<F32>(left, right, count, target);
  else if (dtype == Dtype.F16) differencesOf<F16>(left, right, count, target);
  else differencesOf<BF16>(left, right, count, target);
}

function differencesOf<T>(left: usize, right: usize, count: i32, target: usize): void {
  let i = 0;
  for (; i <= count - 4; i += 4) {
    const offset = <usize>i << shiftOf<T>();
    v128.store(target + (<usize>i << 2), f32x4.sub(load4<T>(left + offset), load4<T>(right + offset)));
  }
  for (; i < count; i++) {
    const offset = <usize>i << shiftOf<T>();
    store<f32>(target + (<usize>i << 2), load1<T>(left + offset) - load1<T>(right + offset));
  }
}
