import { line } from 'd3-shape';
import { html, type Html } from '../html';
import { chart, SIZE, type Axis } from './frame';
import type { Point } from './line-chart';

export interface LabelledPoint extends Point {
  readonly label: string;
}

/** Points of which less is better on both axes, with the frontier drawn: nothing beats what lies on it in both. */
export function scatterChart(caption: string, x: Axis, y: Axis, points: readonly LabelledPoint[]): Html {
  const best = frontier(points);
  const onFrontier = new Set(best);
  const path = line<Point>(
    (point) => x.scale(point.x),
    (point) => y.scale(point.y),
  ).digits(1)(best as LabelledPoint[]);
  const inWords = best.map((point) => `${point.label}: ${x.format(point.x)}, ${y.format(point.y)}`).join('; ');
  return chart(
    caption,
    `${caption}. On the frontier: ${inWords}`,
    x,
    y,
    html`<path d="${path}" fill="none" stroke="var(--s1)" stroke-width="2" stroke-dasharray="5 4" />${points.map(
        (point) => mark(point, x, y, onFrontier.has(point)),
      )}`,
  );
}

/** Points that no other beats in both: by rising x, each lower in y than all before it. */
export function frontier<P extends Point>(points: readonly P[]): readonly P[] {
  const best: P[] = [];
  for (const point of [...points].sort((a, b) => a.x - b.x || a.y - b.y)) {
    if (best.length === 0 || point.y < best[best.length - 1].y) best.push(point);
  }
  return best;
}

function mark(point: LabelledPoint, x: Axis, y: Axis, labelled: boolean): Html {
  const [cx, cy] = [x.scale(point.x), y.scale(point.y)];
  const leftward = cx > SIZE.width * 0.7;
  return html`<circle
      cx="${cx.toFixed(1)}"
      cy="${cy.toFixed(1)}"
      r="${labelled ? 5 : 3.5}"
      fill="var(--${labelled ? 's1' : 's0'})"
      fill-opacity="${labelled ? 1 : 0.55}"
    >
      <title>${point.label}: ${x.format(point.x)}, ${y.format(point.y)}</title></circle
    >${
      labelled &&
      html`<text
        class="label"
        x="${(cx + (leftward ? -8 : 8)).toFixed(1)}"
        y="${(cy - 7).toFixed(1)}"
        text-anchor="${leftward ? 'end' : 'start'}"
      >
        ${point.label}
      </text>`
    }`;
}
