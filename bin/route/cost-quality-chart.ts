import { line } from 'd3-shape';
import type { Calibration } from '../../lib/route/fit/calibrate';
import { figures, html, horizontalRange, linearAxis, verticalRange, type Html } from '../../lib/report';
import { chart, type Axis } from '../../lib/report/charts/frame';

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Quality against cost: the classifier's curve, the straight way of a lot, each tier alone, and the chosen setting. */
export function costQualityChart({ curve, alone, tiers, chosen, best }: Calibration): Html {
  const points = curve.map(({ cost, quality }) => ({ x: cost, y: quality }));
  const lot = curve.map(({ cost, lotQuality }) => ({ x: cost, y: lotQuality }));
  const qualities = [...points, ...lot].map(({ y }) => y).concat(best.quality);
  const low = Math.min(...qualities);
  const x = linearAxis(
    'cost of a request',
    points.map((point) => point.x),
    horizontalRange,
    (value) => figures.figure(value),
  );
  // From 0 on, differences that matter would be a line's width.
  const margin = Math.max(0.005, (Math.max(...qualities) - low) * 0.1);
  const raised = linearAxis('quality', [Math.max(...qualities) + margin], verticalRange, (value) => value.toFixed(3));
  const scale = raised.scale.copy().domain([low - margin, Math.max(...qualities) + margin]);
  const y: Axis = { ...raised, scale, ticks: scale.ticks(5) };
  const path = (of: readonly Point[]) =>
    line<Point>(
      (point) => x.scale(point.x),
      (point) => y.scale(point.y),
    ).digits(1)(of as Point[]);
  const mark = (point: Point, label: string, color: string) =>
    html`<circle cx="${x.scale(point.x).toFixed(1)}" cy="${y.scale(point.y).toFixed(1)}" r="5" fill="${color}">
        <title>${label}: ${x.format(point.x)}, ${y.format(point.y)}</title></circle
      ><text
        class="label"
        x="${x.scale(point.x).toFixed(1)}"
        y="${(y.scale(point.y) - 9).toFixed(1)}"
        text-anchor="${point.x > x.scale.domain()[1] * 0.7 ? 'end' : 'start'}"
        >${label}</text
      >`;
  const spoken = `Chosen: cost ${x.format(chosen.cost)}, quality ${y.format(chosen.quality)}; by lot ${y.format(chosen.lotQuality)}`;
  return chart(
    'Quality against cost',
    spoken,
    x,
    y,
    html`<path d="${path(lot)}" fill="none" stroke="var(--s1)" stroke-width="2" stroke-dasharray="5 4" />
      <path d="${path(points)}" fill="none" stroke="var(--s0)" stroke-width="2.5" />
      ${tiers.map((tier, i) => mark({ x: alone[i].cost, y: alone[i].quality }, `${tier} alone`, 'var(--s1)'))}
      ${mark({ x: chosen.cost, y: chosen.quality }, 'chosen', 'var(--s0)')}`,
  );
}
