import { html, type Html } from '../html';
import { chart, countAxis, horizontalRange, rangeAxis, verticalRange } from './frame';

export interface Bin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** `count` values in equal bins between the smallest and the largest. */
export function binned(values: readonly number[], bins = 20): readonly Bin[] {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return [];
  const low = Math.min(...finite);
  const width = (Math.max(...finite) - low) / bins || 1;
  const counts = new Array<number>(bins).fill(0);
  for (const value of finite) counts[Math.min(bins - 1, Math.floor((value - low) / width))]++;
  return counts.map((count, index) => ({ from: low + index * width, to: low + (index + 1) * width, count }));
}

export function histogram(
  caption: string,
  unit: string,
  bins: readonly Bin[],
  format: (value: number) => string,
): Html {
  const x = rangeAxis(unit, [bins[0].from, bins[bins.length - 1].to], horizontalRange, format);
  const y = countAxis(
    'tensors',
    bins.map((bin) => bin.count),
    verticalRange,
  );
  return chart(
    caption,
    `${caption}, from ${format(bins[0].from)} to ${format(bins[bins.length - 1].to)}`,
    x,
    y,
    bins.map((bin) => {
      const left = x.scale(bin.from) + 1;
      const top = y.scale(bin.count);
      return html`<rect
        x="${left.toFixed(1)}"
        y="${top.toFixed(1)}"
        width="${Math.max(1, x.scale(bin.to) - left).toFixed(1)}"
        height="${(y.scale(0) - top).toFixed(1)}"
        fill="var(--s0)"
      >
        <title>${format(bin.from)} to ${format(bin.to)}: ${bin.count}</title>
      </rect>`;
    }),
  );
}
