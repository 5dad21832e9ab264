// Error figures of weights that were quantized elsewhere: after a search, or in a format of its own.
import { FigureField, addFigure, maxLane, raiseMaxError, sumLanes } from './job';

/**
 * Adds the figures of f32 values against the f32 weights they stand for, and the sum of squares of each column.
 *
 * @param figures f64 × FigureField.COUNT
 * @param columnEnergy f32, one a column
 */
export function compareRows(
  weights: usize,
  values: usize,
  rows: i32,
  columns: i32,
  figures: usize,
  columnEnergy: usize,
): void {
  for (let row = 0; row < rows; row++) {
    const from = weights + ((<usize>row * columns) << 2);
    const to = values + ((<usize>row * columns) << 2);
    let signal = f32x4.splat(0);
    let noise = f32x4.splat(0);
    let cross = f32x4.splat(0);
    let worst = f32x4.splat(0);
    let zeroed = i32x4.splat(0);
    let i = 0;
    for (; i <= columns - 4; i += 4) {
      const offset = <usize>i << 2;
      const w = v128.load(from + offset);
      const v = v128.load(to + offset);
      const e = f32x4.sub(w, v);
      if (!i32x4.all_true(f32x4.lt(f32x4.add(f32x4.abs(w), f32x4.abs(v)), f32x4.splat(Infinity)))) {
        for (let k = i; k < i + 4; k++) compareOne(from, to, k, figures, columnEnergy);
        continue;
      }
      const square = f32x4.mul(w, w);
      v128.store(columnEnergy + offset, f32x4.add(v128.load(columnEnergy + offset), square));
      signal = f32x4.add(signal, square);
      noise = f32x4.add(noise, f32x4.mul(e, e));
      cross = f32x4.add(cross, f32x4.mul(w, e));
      worst = f32x4.pmax(worst, f32x4.abs(e));
      zeroed = i32x4.sub(zeroed, v128.andnot(f32x4.eq(v, f32x4.splat(0)), f32x4.eq(w, f32x4.splat(0))));
    }
    for (; i < columns; i++) compareOne(from, to, i, figures, columnEnergy);
    addFigure(figures, FigureField.SIGNAL, sumLanes(signal));
    addFigure(figures, FigureField.NOISE, sumLanes(noise));
    addFigure(figures, FigureField.CROSS, sumLanes(cross));
    raiseMaxError(figures, maxLane(worst));
    addFigure(
      figures,
      FigureField.ZEROED,
      i32x4.extract_lane(zeroed, 0) +
        i32x4.extract_lane(zeroed, 1) +
        i32x4.extract_lane(zeroed, 2) +
        i32x4.extract_lane(zeroed, 3),
    );
  }
  addFigure(figures, FigureField.VALUES, <f64>rows * <f64>columns);
}

function compareOne(from: usize, to: usize, index: i32, figures: usize, columnEnergy: usize): void {
  const offset = <usize>index << 2;
  const w = load<f32>(from + offset);
  const v = load<f32>(to + offset);
  if (!(abs<f32>(w) + abs<f32>(v) < Infinity)) {
    addFigure(figures, FigureField.NONFINITE, 1);
    return;
  }
  const e = <f64>w - <f64>v;
  store<f32>(columnEnergy + offset, load<f32>(columnEnergy + offset) + w * w);
  addFigure(figures, FigureField.SIGNAL, <f64>w * <f64>w);
  addFigure(figures, FigureField.NOISE, e * e);
  addFigure(figures, FigureField.CROSS, <f64>w * e);
  raiseMaxError(figures, abs<f64>(e));
  if (v == 0 && w != 0) addFigure(figures, FigureField.ZEROED, 1);
}
