// Error figures of values against what their blocks stand for.
import { FigureField, addFigure, countLanes, maxLane, raiseMaxError, sumLanes } from '../job';

/**
 * Adds the figures of `count` values, a multiple of 32, to `figures`, and their squares to `energy`, one column each.
 *
 * @param finite no value is NaN or infinite
 */
export function compare(x: usize, restored: usize, count: i32, finite: bool, figures: usize, energy: usize): void {
  addFigure(figures, FigureField.VALUES, <f64>count);
  const zero = f32x4.splat(0);
  let signal = zero;
  let noise = zero;
  let cross = zero;
  let worst = zero;
  let zeroed = i32x4.splat(0);
  let wild = i32x4.splat(0);
  for (let at: usize = 0; at < <usize>count << 2; at += 16) {
    let w = v128.load(x + at);
    let e = f32x4.sub(w, v128.load(restored + at));
    if (!finite) {
      const usable = v128.and(f32x4.lt(f32x4.abs(e), f32x4.splat(Infinity)), f32x4.lt(f32x4.abs(w), f32x4.splat(Infinity)));
      wild = i32x4.sub(wild, v128.not(usable));
      w = v128.and(w, usable);
      e = v128.and(e, usable);
    }
    const square = f32x4.mul(w, w);
    v128.store(energy + at, f32x4.add(v128.load(energy + at), square));
    signal = f32x4.add(signal, square);
    noise = f32x4.add(noise, f32x4.mul(e, e));
    cross = f32x4.add(cross, f32x4.mul(w, e));
    worst = f32x4.pmax(worst, f32x4.abs(e));
    // A value that is not zero and equals its error has become zero.
    zeroed = i32x4.sub(zeroed, v128.andnot(f32x4.eq(w, e), f32x4.eq(w, zero)));
  }
  addFigure(figures, FigureField.SIGNAL, sumLanes(signal));
  addFigure(figures, FigureField.NOISE, sumLanes(noise));
  addFigure(figures, FigureField.CROSS, sumLanes(cross));
  addFigure(figures, FigureField.ZEROED, countLanes(zeroed));
  addFigure(figures, FigureField.NONFINITE, countLanes(wild));
  raiseMaxError(figures, maxLane(worst));
}
