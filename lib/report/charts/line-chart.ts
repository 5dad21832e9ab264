import { line } from 'd3-shape';
import { html, type Html } from '../html';
import { chart, type Axis } from './frame';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** One series over two axes; each point says its values when pointed at. */
export function lineChart(caption: string, x: Axis, y: Axis, points: readonly Point[]): Html {
  const path = line<Point>(
    (point) => x.scale(point.x),
    (point) => y.scale(point.y),
  ).digits(1)(points as Point[]);
  const inWords = points.map((point) => `${x.format(point.x)}: ${y.format(point.y)}`).join(', ');
  return chart(
    caption,
    `${caption}. ${inWords}`,
    x,
    y,
    html`<path d="${path}" fill="none" stroke="var(--s0)" stroke-width="2.5" />${points.map(
        (point) =>
          html`<circle cx="${x.scale(point.x).toFixed(1)}" cy="${y.scale(point.y).toFixed(1)}" r="4" fill="var(--s0)">
            <title>${x.format(point.x)}: ${y.format(point.y)}</title>
          </circle>`,
      )}`,
  );
}
