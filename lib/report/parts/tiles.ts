import { html, type Html } from '../html';

export interface Tile {
  readonly label: string;
  readonly value: string;
}

/** The few figures that a reader takes away. */
export function tiles(list: readonly Tile[]): Html {
  return html`<div class="tiles">
    ${list.map(({ label, value }) => html`<div class="tile"><b>${value}</b><span>${label}</span></div>`)}
  </div>`;
}
