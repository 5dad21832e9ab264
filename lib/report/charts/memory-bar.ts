import { bytes, percent } from '../figures';
import { html, type Html } from '../html';

export interface Segment {
  readonly label: string;
  readonly bytes: number;
  /** CSS colour. */
  readonly color: string;
}

/** The memory of one accelerator, cut into what takes it. Segments are in bytes; what is left of `total` is shown as free. */
export function memoryBar(caption: string, segments: readonly Segment[], total: number): Html {
  const taken = segments.reduce((sum, segment) => sum + segment.bytes, 0);
  const all: Segment[] = [...segments];
  if (taken < total) all.push({ label: 'free', bytes: total - taken, color: 'var(--free)' });
  const scale = Math.max(taken, total);
  const shown = all.filter((segment) => segment.bytes > 0);
  const inWords = shown.map((segment) => `${segment.label} ${bytes(segment.bytes)}`).join(', ');
  return html`<figure>
    <figcaption>${caption}</figcaption>
    <div class="bar" role="img" aria-label="${inWords} of ${bytes(total)}">
      ${shown.map(
        (segment) =>
          html`<div
            style="width:${((100 * segment.bytes) / scale).toFixed(3)}%;background:${segment.color}"
            title="${segment.label}: ${bytes(segment.bytes)}"
          ></div>`,
      )}
    </div>
    <ul class="legend">
      ${shown.map(
        (segment) =>
          html`<li>
            <i style="background:${segment.color}"></i>${segment.label} ${bytes(segment.bytes)}
            (${percent(segment.bytes / total, 0)})
          </li>`,
      )}
    </ul>
  </figure>`;
}
