// Round-to-nearest quantization of rows with the error figures taken in the same pass: decode, divide, round, put back,
// compare. One copy of the loop for each stored type and rounding style; groups with NaN, infinities or magnitudes at the
// ends of the f32 range go through a scalar copy that follows PyTorch in every case.
import { BF16, Dtype, F16, F32, load1, load4, roundTo, shiftOf } from './dtype';
import { highest, lowest, range } from './extremes';
import { e2m1Code, e2m1Codes, roundE2m1, roundE2m1x4 } from './fp4';
import { e4m3Byte, e4m3Bytes, e4m3Value } from './fp8';
import { cast1, gridsAhead } from './grids-ahead';
import { Grid, computeGrid, gridScale, gridZero, highestCode, lowestCode, setGlobalScale } from './grids';
import { CHUNK_BYTES, CHUNK_VALUES, GROUPS_AHEAD, GroupLoop, Held, heldOf, multipleOf } from './held';
import { FigureField, RowJob, addFigure, countLanes, maxLane, raiseMaxError, sumLanes } from './job';
import {
  Beyond,
  DivideAsymmetric,
  DivideSymmetric,
  Float4,
  Float8,
  Reciprocal,
  RoundThenShift,
  Style,
  Within,
  addsNoZero,
  knowsWithin,
  styleOf,
} from './row-style';
import { Any, roundAs4, roundE4m3With } from './rounding';

/** The output that is wanted besides the figures, as tags. */
class Codes {}
class FiguresOnly {}

/**
 * Quantizes the rows of a job: scales, zero points, codes, values and figures, as far as the job has room for them.
 *
 * Copies of the loop are bought where checkpoints spend their time: figures alone of bf16 weights, in the arithmetic that each
 * library uses. All else comes as f32, already rounded to the arithmetic's type, and runs in the copies that can also write.
 */
export function quantizeRows(pointer: usize): void {
  const job = changetype<RowJob>(pointer);
  const isBf16 = job.dtype == Dtype.BF16;
  setGlobalScale(job.globalScale);
  switch (styleOf(job.grid)) {
    case Style.FLOAT4:
      if (isBf16) quantize<BF16, F32, Float4, FiguresOnly>(job);
      else quantize<F32, F32, Float4, Codes>(job);
      return;
    case Style.DIVIDE:
      if (!isBf16) quantize<F32, Any, DivideAsymmetric, Codes>(job);
      else if (job.grid == Grid.INT_SYMMETRIC) quantize<BF16, BF16, DivideSymmetric, FiguresOnly>(job);
      else quantize<BF16, BF16, DivideAsymmetric, FiguresOnly>(job);
      return;
    case Style.FLOAT8:
      if (!isBf16) quantize<F32, Any, Float8, Codes>(job);
      else if (job.arithmetic == Dtype.F32) quantize<BF16, F32, Float8, FiguresOnly>(job);
      else quantize<BF16, BF16, Float8, FiguresOnly>(job);
      return;
    case Style.RECIPROCAL:
      if (!isBf16) quantize<F32, Any, Reciprocal, Codes>(job);
      else quantize<BF16, F32, Reciprocal, FiguresOnly>(job);
      return;
    default:
      if (!isBf16) quantize<F32, Any, RoundThenShift, Codes>(job);
      else if (job.arithmetic == Dtype.F16) quantize<BF16, F16, RoundThenShift, FiguresOnly>(job);
      else quantize<BF16, F32, RoundThenShift, FiguresOnly>(job);
  }
}

/** Widens `extremes` (lowest, highest of each shared group) by the job's rows; the host starts them at +Infinity, -Infinity. */
export function rowExtremes(pointer: usize): void {
  const job = changetype<RowJob>(pointer);
  if (job.dtype == Dtype.F32) extremesOf<F32>(job);
  else if (job.dtype == Dtype.F16) extremesOf<F16>(job);
  else extremesOf<BF16>(job);
}

/** Scales and zero points of `count` groups from their extremes. */
export function gridsFromExtremes(pointer: usize, count: i32): void {
  const job = changetype<RowJob>(pointer);
  for (let i: usize = 0; i < <usize>count; i++) {
    const at = job.extremes + (i << 3);
    computeGrid(job.grid, job.bits, job.arithmetic, load<f32>(at), load<f32>(at, 4));
    store<f32>(job.scales + (i << 2), gridScale);
    store<f32>(job.zeroPoints + (i << 2), gridZero);
  }
}

function extremesOf<T>(job: RowJob): void {
  const groups = (job.columns + job.groupSize - 1) / job.groupSize;
  for (let row = 0; row < job.rows; row++) {
    const source = job.source + ((<usize>row * job.columns) << shiftOf<T>());
    const shared = job.extremes + ((<usize>((job.firstRow + row) / job.rowsPerScale) * groups) << 3);
    for (let group = 0; group < groups; group++) {
      const first = group * job.groupSize;
      range<T>(source + (<usize>first << shiftOf<T>()), min<i32>(job.groupSize, job.columns - first));
      const at = shared + (<usize>group << 3);
      store<f32>(at, min<f32>(load<f32>(at), lowest));
      store<f32>(at, max<f32>(load<f32>(at, 4), highest), 4);
    }
  }
}

/** Four weights of type T as the arithmetic's type holds them: a cast rounds, unless it widens. */
// @ts-ignore: decorator
@inline
function castTo4<T, A>(w: v128, held: usize): v128 {
  if (idof<T>() == idof<A>() || idof<A>() != idof<F16>()) return w;
  // bf16 to f16 is exact but for steps below 2^-24, f16's smallest: 0.75 has an f32 unit in the last place of just that.
  const cast = v128.load(held, Held.F16_CAST);
  return f32x4.sub(f32x4.add(w, cast), cast);
}

function quantize<T, A, S, O>(job: RowJob): void {
  const shift = shiftOf<T>();
  const columns = job.columns;
  const groupSize = job.groupSize;
  const groups = (columns + groupSize - 1) / groupSize;
  const isFloat = idof<S>() == idof<Float8>() || idof<S>() == idof<Float4>();
  const limit: f32 = idof<S>() == idof<Float4>() ? 6 : job.grid == Grid.FP8 ? 448 : 240;
  const lo: f32 = isFloat ? -limit : lowestCode(job.grid, job.bits);
  const hi: f32 = isFloat ? limit : highestCode(job.grid, job.bits);
  const held = heldOf(job);
  v128.store(held, f32x4.splat(lo), Held.LOWEST);
  v128.store(held, f32x4.splat(hi), Held.HIGHEST);
  v128.store(held, i32x4.splat(0x7fffffff), Held.MAGNITUDE);
  v128.store(held, i32x4.splat(0x7f800000), Held.EXPONENT);
  v128.store(held, f32x4.splat(multipleOf<A>()), Held.MULTIPLE);
  v128.store(held, i32x4.splat((16 << 23) | 0x400000), Held.BF16_MAGIC);
  v128.store(held, i32x4.splat((13 << 23) | 0x400000), Held.F16_MAGIC);
  v128.store(held, i32x4.splat(113 << 23), Held.F16_LEAST);
  v128.store(held, f32x4.splat(0.75), Held.F16_CAST);
  v128.store(held, i32x4.splat(121 << 23), Held.E4M3_LEAST);
  v128.store(held, i32x4.splat((20 << 23) | 0x400000), Held.E4M3_MAGIC);
  // For `Any`, and where codes or values are written; zeros of quotients that nothing is added to keep the sign of the weight.
  v128.store(held, i32x4.splat(job.arithmetic == Dtype.F16 ? 113 << 23 : 0), Held.ANY_LEAST);
  v128.store(held, i32x4.splat(((job.arithmetic == Dtype.F16 ? 13 : 16) << 23) | 0x400000), Held.ANY_MAGIC);
  v128.store(held, i32x4.splat(job.arithmetic == Dtype.F32 ? -1 : 0), Held.ANY_EXACT);
  v128.store(held, f32x4.splat(largestNegativeZero(job.arithmetic)), Held.NEGATIVE_ZERO);
  v128.store(held, i32x4.splat(addsNoZero(job.grid) ? 0x80000000 : 0), Held.KEPT_SIGN);

  for (let row = 0; row < job.rows; row++) {
    const source = job.source + ((<usize>row * columns) << shift);
    const codes = job.codes != 0 ? job.codes + <usize>row * columns : 0;
    const target = job.dequantized != 0 ? job.dequantized + ((<usize>row * columns) << shift) : 0;
    clearSums(held);
    let pending = 0;

    const shared = job.rowsPerScale != 0 ? <usize>((job.firstRow + row) / job.rowsPerScale) : <usize>row;
    for (let group = 0; group < groups; group++) {
      const ahead = group & (GROUPS_AHEAD - 1);
      if (ahead == 0) {
        gridsAhead<T, A, S>(job, held, source, shared * groups, group, min<i32>(GROUPS_AHEAD, groups - group));
      }
      const first = group * groupSize;
      const count = min<i32>(groupSize, columns - first);
      const from = source + (<usize>first << shift);
      const scale = load<f32>(held + (<usize>ahead << 2), Held.SCALES);
      const zero = load<f32>(held + (<usize>ahead << 2), Held.ZEROS);
      const loop = load<u8>(held + <usize>ahead, Held.LOOPS);

      const energy = job.columnEnergy + (<usize>first << 2);
      let i = 0;
      if (loop != GroupLoop.SINGLE) {
        v128.store(held, f32x4.splat(idof<S>() == idof<Reciprocal>() ? <f32>1 / scale : scale), Held.SCALE);
        v128.store(held, f32x4.splat(scale), Held.STEP);
        v128.store(held, f32x4.splat(zero), Held.ZERO);
        v128.store(held, f32x4.splat(lo - zero), Held.LEAST);
        v128.store(held, f32x4.splat(hi - zero), Held.MOST);
        const whole = count & ~3;
        while (i < whole) {
          const start = i;
          const end = min<i32>(i + CHUNK_VALUES - pending, whole);
          let to = held + Held.VALUES + (<usize>pending << 2);
          if (idof<T>() == idof<BF16>()) {
            if (!knowsWithin<S>()) i = quantizeEights<A, S, Beyond>(from, i, end, held, to);
            else if (loop == GroupLoop.WITHIN) i = quantizeEights<A, S, Within>(from, i, end, held, to);
            to += <usize>(i - start) << 2;
          }
          for (; i < end; i += 4, to += 16) {
            const w = castTo4<T, A>(load4<T>(from + (<usize>i << shift)), held);
            const at = first + i;
            quantize4<A, S, O, Beyond>(w, held, to, codes != 0 ? codes + at : 0, target != 0 ? target + (<usize>at << shift) : 0);
          }
          pending += i - start;
          if (pending == CHUNK_VALUES) {
            addErrors(held, pending, energy + (<usize>i << 2));
            pending = 0;
          }
        }
      }
      if (i < count && pending > 0) {
        addErrors(held, pending, energy + (<usize>i << 2));
        pending = 0;
      }
      for (; i < count; i++) {
        const w = cast1<T, A>(load1<T>(from + (<usize>i << shift)));
        scalar(job, w, scale, zero, lo, hi, energy + (<usize>i << 2));
        if (idof<O>() == idof<Codes>()) {
          if (codes != 0) store<u8>(codes + first + i, lastCode);
          if (target != 0) store<f32>(target + (<usize>(first + i) << shift), lastValue);
        }
      }
    }
    if (pending > 0) addErrors(held, pending, job.columnEnergy + (<usize>columns << 2));
    addFigure(job.figures, FigureField.SIGNAL, sumLanes(v128.load(held, Held.SIGNAL)));
    addFigure(job.figures, FigureField.NOISE, sumLanes(v128.load(held, Held.NOISE)));
    addFigure(job.figures, FigureField.CROSS, sumLanes(v128.load(held, Held.CROSS)));
    raiseMaxError(job.figures, maxLane(v128.load(held, Held.WORST)));
    addFigure(job.figures, FigureField.ZEROED, countLanes(v128.load(held, Held.ZEROED)));
    addFigure(job.figures, FigureField.CLIPPED, countLanes(v128.load(held, Held.CLIPPED)));
  }
  addFigure(job.figures, FigureField.VALUES, <f64>job.rows * <f64>columns);
}

/**
 * Quantizes bf16 weights, eight at a time: it takes one instruction less for four.
 *
 * @returns the first weight that is left
 */
// @ts-ignore: decorator
@inline
function quantizeEights<A, S, C>(from: usize, i: i32, end: i32, held: usize, to: usize): i32 {
  const zeros = i16x8.splat(0);
  for (; i <= end - 8; i += 8, to += 32) {
    const packed = v128.load(from + (<usize>i << 1));
    const a = i8x16.shuffle(zeros, packed, 0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23);
    const b = i8x16.shuffle(zeros, packed, 8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31);
    quantize4<A, S, FiguresOnly, C>(castTo4<BF16, A>(a, held), held, to, 0, 0);
    quantize4<A, S, FiguresOnly, C>(castTo4<BF16, A>(b, held), held, to + 16, 0, 0);
  }
  return i;
}

/**
 * Quantizes four weights: leaves them and what they become at `to`, and writes codes and values where they are wanted.
 *
 * @param codes where their codes go, 0 for "not wanted"
 * @param target where the values go, likewise
 */
// @ts-ignore: decorator
@inline
function quantize4<A, S, O, C>(w: v128, held: usize, to: usize, codes: usize, target: usize): void {
  const scale = v128.load(held, Held.SCALE);
  let q: v128;
  if (idof<S>() == idof<Reciprocal>()) {
    const x = f32x4.nearest(f32x4.mul(w, scale));
    q = idof<C>() == idof<Within>() ? x : clamp4(x, v128.load(held, Held.LOWEST), v128.load(held, Held.HIGHEST));
  } else if (idof<S>() == idof<Float8>()) {
    const quotient = f32x4.div(w, scale);
    const x = roundAs4<A>(quotient, held);
    const clamped =
      idof<C>() == idof<Within>() ? x : clamp4(x, v128.load(held, Held.LOWEST), v128.load(held, Held.HIGHEST));
    q = roundE4m3With(clamped, held);
    if (idof<O>() == idof<Codes>()) {
      // A zero point of 0 is added next, which turns -0.0 into +0.0.
      const negative = v128.and(f32x4.lt(quotient, v128.load(held, Held.NEGATIVE_ZERO)), i32x4.splat(0x80000000));
      q = v128.or(q, v128.or(negative, v128.and(quotient, v128.load(held, Held.KEPT_SIGN))));
    }
  } else if (idof<S>() == idof<Float4>()) {
    const x = f32x4.div(w, scale);
    q = roundE2m1x4(clamp4(x, v128.load(held, Held.LOWEST), v128.load(held, Held.HIGHEST)));
    countClipped(held, f32x4.gt(v128.and(x, v128.load(held, Held.MAGNITUDE)), f32x4.splat(7)));
    if (idof<O>() == idof<Codes>()) {
      q = v128.or(q, v128.and(f32x4.lt(x, f32x4.splat(0)), i32x4.splat(0x80000000)));
    }
  } else if (idof<S>() == idof<RoundThenShift>()) {
    // The zero point is taken off the limits: integers all, so that nothing is rounded.
    const x = f32x4.nearest(roundAs4<A>(f32x4.div(w, scale), held));
    if (idof<C>() == idof<Within>()) q = x;
    else {
      q = clamp4(x, v128.load(held, Held.LEAST), v128.load(held, Held.MOST));
      countClipped(held, f32x4.ne(q, x));
    }
    if (idof<O>() == idof<Codes>()) {
      q = v128.or(f32x4.add(q, f32x4.splat(0)), v128.and(w, v128.load(held, Held.KEPT_SIGN)));
    }
  } else if (idof<S>() == idof<DivideAsymmetric>()) {
    const zero = v128.load(held, Held.ZERO);
    // A sum a step too small becomes the same code.
    const x = roundAs4<A>(f32x4.add(roundAs4<A>(f32x4.div(w, scale), held), zero), held);
    const code = f32x4.nearest(clamp4(x, v128.load(held, Held.LOWEST), v128.load(held, Held.HIGHEST)));
    q = f32x4.sub(code, zero);
  } else {
    const x = roundAs4<A>(f32x4.div(w, scale), held);
    const below = f32x4.pmin(x, v128.load(held, Held.HIGHEST));
    q = f32x4.nearest(idof<C>() == idof<Within>() ? below : f32x4.pmax(below, v128.load(held, Held.LOWEST)));
  }
  const exactly = idof<S>() == idof<Reciprocal>() || idof<S>() == idof<Float4>();
  const step = v128.load(held, Held.STEP);
  const product = f32x4.mul(q, step);
  v128.store(to, w);
  v128.store(to, exactly ? product : roundAs4<A>(product, held), CHUNK_BYTES);
  if (idof<O>() != idof<Codes>()) return;
  if (codes != 0) {
    const bytes =
      idof<S>() == idof<Float8>()
        ? e4m3Bytes(q)
        : idof<S>() == idof<Float4>()
          ? e2m1Codes(q)
          : i32x4.trunc_sat_f32x4_s(f32x4.add(q, v128.load(held, Held.ZERO)));
    const packed = i8x16.shuffle(bytes, bytes, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12);
    v128.store32_lane(codes, packed, 0);
  }
  if (target != 0) {
    // Integer codes have no negative zero. E4M3 has, and AutoAWQ keeps its codes as floats: there the product keeps it.
    const keeps = idof<S>() == idof<Float8>() || idof<S>() == idof<Float4>() || idof<S>() == idof<RoundThenShift>();
    const exact = f32x4.mul(keeps ? q : f32x4.add(q, f32x4.splat(0)), step);
    const sign = v128.and(exact, i32x4.splat(0x80000000));
    v128.store(target, v128.or(idof<S>() == idof<Reciprocal>() ? exact : roundAs4<A>(exact, held), sign));
  }
}

// @ts-ignore: decorator
@inline
function countClipped(held: usize, clipped: v128): void {
  v128.store(held, i32x4.sub(v128.load(held, Held.CLIPPED), clipped), Held.CLIPPED);
}

function clearSums(held: usize): void {
  const zero = f32x4.splat(0);
  v128.store(held, zero, Held.SIGNAL);
  v128.store(held, zero, Held.NOISE);
  v128.store(held, zero, Held.CROSS);
  v128.store(held, zero, Held.WORST);
  v128.store(held, zero, Held.ZEROED);
  v128.store(held, zero, Held.CLIPPED);
}

/**
 * Adds the errors of the `count` values held to the row's sums. A loop of its own: behind the long chain of a quantization its
 * instructions would fill the processor's queue while they wait.
 *
 * @param end the energy of the column after the last of them
 */
function addErrors(held: usize, count: i32, end: usize): void {
  const energy = end - (<usize>count << 2);
  const zero = f32x4.splat(0);
  const magnitude = v128.load(held, Held.MAGNITUDE);
  let signal = v128.load(held, Held.SIGNAL);
  let noise = v128.load(held, Held.NOISE);
  let cross = v128.load(held, Held.CROSS);
  let worst = v128.load(held, Held.WORST);
  let zeros = v128.load(held, Held.ZEROED);
  const from = held + Held.VALUES;
  for (let at: usize = 0; at < <usize>count << 2; at += 16) {
    const w = v128.load(from + at);
    const v = v128.load(from + at, CHUNK_BYTES);
    const e = f32x4.sub(w, v);
    const square = f32x4.mul(w, w);
    v128.store(energy + at, f32x4.add(v128.load(energy + at), square));
    signal = f32x4.add(signal, square);
    noise = f32x4.add(noise, f32x4.mul(e, e));
    cross = f32x4.add(cross, f32x4.mul(w, e));
    worst = f32x4.pmax(worst, v128.and(e, magnitude));
    zeros = i32x4.sub(zeros, v128.andnot(f32x4.eq(v, zero), f32x4.eq(w, zero)));
  }
  v128.store(held, signal, Held.SIGNAL);
  v128.store(held, noise, Held.NOISE);
  v128.store(held, cross, Held.CROSS);
  v128.store(held, worst, Held.WORST);
  v128.store(held, zeros, Held.ZEROED);
}

/** The quotient nearest to zero that is no longer negative when it is rounded to the type: half the smallest subnormal. */
function largestNegativeZero(arithmetic: i32): f32 {
  if (arithmetic == Dtype.BF16) return -4.591774807899561e-41;
  return arithmetic == Dtype.F16 ? -2.98023223876953125e-8 : 0;
}

// @ts-ignore: decorator
@inline
function clamp4(x: v128, lo: v128, hi: v128): v128 {
  return f32x4.pmin(f32x4.pmax(x, lo), hi);
}

let lastCode: u8 = 0;
let lastValue: f32 = 0;

/** One value, with every case of the type. Sets `lastCode` and `lastValue` and adds to the figures. */
function scalar(job: RowJob, w: f32, scale: f32, zero: f32, lo: f32, hi: f32, energy: usize): void {
  const style = styleOf(job.grid);
  const dtype = job.arithmetic;
  let centred: f32;
  let clipped = false;
  if (style == Style.FLOAT8) {
    // PyTorch's clamp lets NaN through; WebAssembly's min and max do too.
    const quotient = roundTo(dtype, w / scale);
    const byte = e4m3Byte(min<f32>(max<f32>(addsNoZero(job.grid) ? quotient : quotient + 0, lo), hi));
    lastCode = byte;
    centred = e4m3Value(byte);
  } else if (style == Style.FLOAT4) {
    const x: f32 = w / scale;
    clipped = abs<f32>(x) > 7;
    // The zero point of 0 that is added turns a quotient of -0.0 into +0.0.
    centred = x == 0 ? 0 : roundE2m1(x);
    lastCode = e2m1Code(centred);
  } else {
    let x: f32;
    if (style == Style.RECIPROCAL) x = nearest<f32>(w * (<f32>1 / scale));
    else if (style == Style.ROUND_THEN_SHIFT) x = nearest<f32>(roundTo(dtype, w / scale)) + zero;
    else x = roundTo(dtype, roundTo(dtype, w / scale) + zero);
    let q = min<f32>(max<f32>(x, lo), hi);
    clipped = abs<f32>(x - q) > 0.5;
    q = nearest<f32>(q);
    // A NaN becomes the integer 0 in PyTorch's cast.
    const code: i32 = q == q ? <i32>q : 0;
    lastCode = <u8>code;
    centred = job.grid == Grid.AWQ_SYMMETRIC ? copysign<f32>(<f32>code, w) : <f32>code - zero;
  }
  lastValue =
    style == Style.RECIPROCAL || style == Style.FLOAT4 ? centred * scale : roundTo(dtype, centred * scale);

  const figures = job.figures;
  const e = w - lastValue;
  if (!(abs<f32>(e) < Infinity) || !(abs<f32>(w) < Infinity)) {
    addFigure(figures, FigureField.NONFINITE, 1);
    return;
  }
  store<f32>(energy, load<f32>(energy) + w * w);
  addFigure(figures, FigureField.SIGNAL, <f64>w * <f64>w);
  addFigure(figures, FigureField.NOISE, <f64>e * <f64>e);
  addFigure(figures, FigureField.CROSS, <f64>w * <f64>e);
  raiseMaxError(figures, abs<f32>(e));
  if (clipped) addFigure(figures, FigureField.CLIPPED, 1);
  if (lastValue == 0 && w != 0) addFigure(figures, FigureField.ZEROED, 1);
}

/**
 * Codes as one dense little-endian bit stream a row, each row padded to a full 32-bit word: element i holds bits
 * [i·bits, i·bits + bits). `offset` is added to each code first.
 */
export function packBits(codes: usize, rows: i32, columns: i32, bits: i32, offset: i32, target: usize): void {
  const words = (columns * bits + 31) >> 5;
  const mask: u64 = (<u64>1 << bits) - 1;
  for (let row = 0; row < rows; row++) {
    const from = codes + <usize>row * columns;
    let to = target + ((<usize>row * words) << 2);
    let pending: u64 = 0;
    let held = 0;
    for (let i = 0; i < columns; i++) {
      pending |= (<u64>(<i32>load<i8>(from + i) + offset) & mask) << held;
      held += bits;
      if (held >= 32) {
        store<u32>(to, <u32>pending);
        to += 4;
        pending >>= 32;
        held -= 32;
      }
    }
    if (held > 0) store<u32>(to, <u32>pending);
  }
}
