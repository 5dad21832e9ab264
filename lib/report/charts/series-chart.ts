import { line } from 'd3-shape';
import { html, type Html } from '../html';
import { chart, type Axis } from './frame';
import type { Point } from './line-chart';

/** A line of its own, with what the legend calls it. */
export interface Series {
  readonly label: string;
  readonly points: readonly Point[];
  readonly dashed?: boolean;
}

const COLORS = 6;

/** Several lines over the same axes; each point says its values when pointed at, and a legend says which line is which. */
export function seriesChart(caption: string, x: Axis, y: Axis, series: readonly Series[]): Html {
  const inWords = series
    .map(({ label, points }) => `${label}: ${points.map((at) => `${x.format(at.x)}: ${y.format(at.y)}`).join(', ')}`)
    .join('; ');
  // A single line needs no name beside the chart's own.
  const legend =
    series.length > 1 &&
    html`<ul class="legend">
      ${series.map(({ label }, i) => html`<li><i style="background:${colorOf(i)}"></i>${label}</li>`)}
    </ul>`;
  return html`${legend}${chart(
    caption,
    `${caption}. ${inWords}`,
    x,
    y,
    series.map((one, i) => draw(one, colorOf(i), x, y)),
  )}`;
}

function draw({ label, points, dashed }: Series, color: string, x: Axis, y: Axis): Html {
  const path = line<Point>(
    (point) => x.scale(point.x),
    (point) => y.scale(point.y),
  ).digits(1)(points as Point[]);
  return html`<path
      d="${path}"
      fill="none"
      stroke="${color}"
      stroke-width="2.5"
      stroke-dasharray="${dashed ? '6 4' : 'none'}"
    />${points.map(
      (point) =>
        html`<circle cx="${x.scale(point.x).toFixed(1)}" cy="${y.scale(point.y).toFixed(1)}" r="4" fill="${color}">
          <title>${label}, ${x.format(point.x)}: ${y.format(point.y)}</title>
        </circle>`,
    )}`;
}

function colorOf(index: number): string {
  return `var(--s${index % COLORS})`;
}
