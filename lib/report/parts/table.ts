import { html, type Html, type HtmlValue } from '../html';

export interface Column<Row> {
  readonly title: string;
  readonly show: (row: Row) => HtmlValue;
  /** What the column sorts by when it is not the text shown; `null` sorts last. A column with it is aligned as numbers. */
  readonly value?: (row: Row) => number | null;
}

/** A table that sorts by any column. */
export function table<Row>(caption: string, columns: readonly Column<Row>[], rows: readonly Row[]): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}">
    <table>
      <thead>
        <tr>
          ${columns.map(
            (column) =>
              html`<th scope="col" class="${column.value && 'number'}">
                <button type="button">${column.title}</button>
              </th>`,
          )}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${columns.map((column) => cell(column, row))}
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;
}

function cell<Row>(column: Column<Row>, row: Row): Html {
  if (column.value === undefined) return html`<td>${column.show(row)}</td>`;
  return html`<td class="number" data-value="${column.value(row) ?? ''}">${column.show(row)}</td>`;
}
