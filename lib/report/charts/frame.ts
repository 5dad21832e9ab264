import { scaleLinear, scaleLog, type ScaleContinuousNumeric } from 'd3-scale';
import { html, type Html, type HtmlValue } from '../html';

/**
 * Drawing area in SVG units; the page scales it to its own width. The margins hold what is written in them at the size that it has on a
 * phone, where the units are small: `60 ms`, half of `$6.00`, a title above the axis.
 */
export const SIZE = { width: 720, height: 340, left: 84, right: 40, top: 36, bottom: 58 } as const;

export type Scale = ScaleContinuousNumeric<number, number>;

export interface Axis {
  /** With its unit. */
  readonly title: string;
  readonly scale: Scale;
  readonly format: (value: number) => string;
  readonly ticks: readonly number[];
}

/** A linear axis from 0 (or below, where values are) with round ticks. */
export function linearAxis(
  title: string,
  values: readonly number[],
  range: readonly [number, number],
  format: (value: number) => string,
): Axis {
  const scale = scaleLinear()
    .domain([Math.min(0, ...values), Math.max(0, ...values) || 1])
    .nice(5)
    .range(range);
  return { title, scale, format, ticks: scale.ticks(5) };
}

/** A linear axis over the values alone: where they lie close together, an axis from 0 shows one block. */
export function rangeAxis(
  title: string,
  [low, high]: readonly [number, number],
  range: readonly [number, number],
  format: (value: number) => string,
): Axis {
  const scale = scaleLinear().domain([low, high]).nice(5).range(range);
  return { title, scale, format, ticks: scale.ticks(5) };
}

/** A linear axis of counts: its ticks are whole numbers. */
export function countAxis(title: string, values: readonly number[], range: readonly [number, number]): Axis {
  const axis = linearAxis(title, values, range, String);
  return { ...axis, ticks: axis.ticks.filter(Number.isInteger) };
}

/** A logarithmic axis that doubles from tick to tick: contexts and concurrencies are powers of two. Values must be above 0. */
export function doublingAxis(
  title: string,
  values: readonly number[],
  range: readonly [number, number],
  format: (value: number) => string,
): Axis {
  const first = Math.floor(Math.log2(Math.min(...values)));
  const last = Math.max(first + 1, Math.ceil(Math.log2(Math.max(...values))));
  const step = Math.ceil((last - first) / 8);
  const ticks: number[] = [];
  for (let exponent = first; exponent <= last; exponent += step) ticks.push(2 ** exponent);
  const scale = scaleLog()
    .base(2)
    .domain([2 ** first, 2 ** last])
    .range(range);
  return { title, scale, format, ticks };
}

/** A logarithmic axis with a tick at each power of ten, for values that lie orders of magnitude apart. Values must be above 0. */
export function decadeAxis(
  title: string,
  values: readonly number[],
  range: readonly [number, number],
  format: (value: number) => string,
): Axis {
  const first = Math.floor(Math.log10(Math.min(...values)));
  const last = Math.max(first + 1, Math.ceil(Math.log10(Math.max(...values))));
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index));
  const scale = scaleLog()
    .domain([10 ** first, 10 ** last])
    .range(range);
  return { title, scale, format, ticks };
}

export const horizontalRange = [SIZE.left, SIZE.width - SIZE.right] as const;
export const verticalRange = [SIZE.height - SIZE.bottom, SIZE.top] as const;

/** Axes, grid and caption around the marks of a chart. `inWords` is what a screen reader says of it. */
export function chart(caption: string, inWords: string, x: Axis, y: Axis, marks: HtmlValue): Html {
  const bottom = SIZE.height - SIZE.bottom;
  const right = SIZE.width - SIZE.right;
  return html`<figure>
    <figcaption>${caption}</figcaption>
    <svg viewBox="0 0 ${SIZE.width} ${SIZE.height}" role="img" aria-label="${inWords}">
      ${y.ticks.map((tick) => {
        const at = y.scale(tick).toFixed(1);
        return html`<line class="grid" x1="${SIZE.left}" x2="${right}" y1="${at}" y2="${at}" />
          <text x="${SIZE.left - 8}" y="${at}" dy="4" text-anchor="end">${y.format(tick)}</text>`;
      })}
      ${x.ticks.map((tick) => {
        const at = x.scale(tick).toFixed(1);
        return html`<text x="${at}" y="${bottom + 26}" text-anchor="middle">${x.format(tick)}</text>`;
      })}
      <text x="${(SIZE.left + right) / 2}" y="${SIZE.height - 6}" text-anchor="middle">${x.title}</text>
      <text x="4" y="18">${y.title}</text>
      ${marks}
    </svg>
  </figure>`;
}
