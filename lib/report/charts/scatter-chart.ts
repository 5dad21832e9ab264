import { line } from 'd3-shape';
import { html, type Html } from '../html';
import { chart, SIZE, type Axis } from './frame';
import type { Point } from './line-chart';

export interface LabelledPoint extends Point {
  readonly label: string;
}

/**
 * Points of which less is better on both axes, with the frontier drawn: nothing beats what lies on it in both.
 *
 * @param labels which points bear their names; the others tell them when pointed at
 */
export function scatterChart(
  caption: string,
  x: Axis,
  y: Axis,
  points: readonly LabelledPoint[],
  labels: 'frontier' | 'all' = 'frontier',
): Html {
  const best = frontier(points);
  const onFrontier = new Set(best);
  const path = line<Point>(
    (point) => x.scale(point.x),
    (point) => y.scale(point.y),
  ).digits(1)(best as LabelledPoint[]);
  const inWords = best.map((point) => `${point.label}: ${x.format(point.x)}, ${y.format(point.y)}`).join('; ');
  const places = placeLabels(
    points,
    labels === 'all' ? [...best, ...points.filter((point) => !onFrontier.has(point))] : best,
    x,
    y,
  );
  return chart(
    caption,
    `${caption}. On the frontier: ${inWords}`,
    x,
    y,
    html`<path d="${path}" fill="none" stroke="var(--s1)" stroke-width="2" stroke-dasharray="5 4" />${points.map(
        (point) => mark(point, x, y, onFrontier.has(point), places.get(point)),
      )}`,
  );
}

/** Where a label begins or, set to the left of its point, ends. */
interface LabelPlace {
  readonly x: number;
  readonly y: number;
  readonly anchor: 'start' | 'end';
}

/** Room that a label takes in SVG units: a generous guess, for its font is the reader's. */
const CHARACTER_WIDTH = 7.5;
const LABEL_HEIGHT = 16;

/** Labels where they cover neither points nor each other, the first first; a point that finds no room for one goes without. */
function placeLabels(
  points: readonly LabelledPoint[],
  labelled: readonly LabelledPoint[],
  x: Axis,
  y: Axis,
): ReadonlyMap<LabelledPoint, LabelPlace> {
  const places = new Map<LabelledPoint, LabelPlace>();
  // A dot's middle lies at its own height, a text's some units above its baseline.
  const taken: { readonly left: number; readonly right: number; readonly y: number }[] = points.map((point) => ({
    left: x.scale(point.x) - 4,
    right: x.scale(point.x) + 4,
    y: y.scale(point.y) + 5,
  }));
  for (const point of labelled) {
    const [cx, cy] = [x.scale(point.x), y.scale(point.y)];
    const width = CHARACTER_WIDTH * point.label.length;
    const free = [-7, 17].flatMap((dy): LabelPlace[] => [
      { x: cx + 8, y: cy + dy, anchor: 'start' },
      { x: cx - 8, y: cy + dy, anchor: 'end' },
    ]);
    for (const place of free) {
      const left = place.anchor === 'start' ? place.x : place.x - width;
      const box = { left, right: left + width, y: place.y };
      const inside = box.left >= SIZE.left && box.right <= SIZE.width && box.y > LABEL_HEIGHT / 2;
      const covers = taken.some(
        (other) => box.left < other.right && other.left < box.right && Math.abs(box.y - other.y) < 0.75 * LABEL_HEIGHT,
      );
      if (!inside || covers) continue;
      places.set(point, place);
      taken.push(box);
      break;
    }
  }
  return places;
}

/** Points that no other beats in both: by rising x, each lower in y than all before it. */
export function frontier<P extends Point>(points: readonly P[]): readonly P[] {
  const best: P[] = [];
  for (const point of [...points].sort((a, b) => a.x - b.x || a.y - b.y)) {
    if (best.length === 0 || point.y < best[best.length - 1].y) best.push(point);
  }
  return best;
}

function mark(point: LabelledPoint, x: Axis, y: Axis, best: boolean, place: LabelPlace | undefined): Html {
  return html`<circle
      cx="${x.scale(point.x).toFixed(1)}"
      cy="${y.scale(point.y).toFixed(1)}"
      r="${best ? 5 : 3.5}"
      fill="var(--${best ? 's1' : 's0'})"
      fill-opacity="${best ? 1 : 0.55}"
    >
      <title>${point.label}: ${x.format(point.x)}, ${y.format(point.y)}</title></circle
    >${
      place !== undefined &&
      html`<text class="label" x="${place.x.toFixed(1)}" y="${place.y.toFixed(1)}" text-anchor="${place.anchor}">
        ${point.label}
      </text>`
    }`;
}
