import { html, type Html } from '../html';

export interface HeatMap {
  readonly caption: string;
  readonly columns: readonly string[];
  readonly rows: readonly { readonly name: string; readonly values: readonly (number | null)[] }[];
  /** How hot a value is, 0 to 1. */
  readonly heat: (value: number) => number;
  readonly format: (value: number) => string;
}

/** A table whose cells are the warmer the worse they are. A table, so that it can be read without colours. */
export function heatMap(map: HeatMap): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${map.caption}">
    <table class="heat">
      <thead>
        <tr>
          <th scope="col"></th>
          ${map.columns.map((column) => html`<th scope="col" class="number">${column}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${map.rows.map(
          (row) =>
            html`<tr>
              <th scope="row"><code>${row.name}</code></th>
              ${row.values.map((value) =>
                value === null
                  ? html`<td class="number">–</td>`
                  : html`<td class="cell" style="--heat:${clamp(map.heat(value)).toFixed(3)}">
                      ${map.format(value)}
                    </td>`,
              )}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function clamp(share: number): number {
  return Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 1;
}
