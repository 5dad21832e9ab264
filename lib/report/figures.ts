import { format } from 'd3-format';

/** What stands in a page for a figure that nobody knows. */
const UNKNOWN = 'unknown';

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
const grouped = format(',.0f');
const threeDigits = format(',.3~r');

/** Bytes in the binary unit that keeps them readable. */
export function bytes(value: number | null): string {
  if (value === null) return UNKNOWN;
  const unit = value < 1 ? 0 : Math.min(BYTE_UNITS.length - 1, Math.floor(Math.log2(value) / 10));
  return `${(value / 2 ** (10 * unit)).toFixed(unit === 0 ? 0 : 2)} ${BYTE_UNITS[unit]}`;
}

export function count(value: number | null): string {
  return value === null ? UNKNOWN : grouped(Math.floor(value));
}

/** Three significant digits: more would claim a precision that an estimate does not have. */
export function figure(value: number | null, unit = ''): string {
  if (value === null) return UNKNOWN;
  return unit === '' ? threeDigits(value) : `${threeDigits(value)} ${unit}`;
}

export function percent(share: number | null, digits = 1): string {
  return share === null ? UNKNOWN : `${(share * 100).toFixed(digits)} %`;
}

export function usd(value: number | null): string {
  if (value === null) return UNKNOWN;
  if (value === 0) return '$0';
  return `$${value >= 100 ? grouped(value) : value.toFixed(value >= 1 ? 2 : 3)}`;
}

/** A count of tokens as people say it: `8K`, `32K`, `1M`. */
export function tokens(value: number): string {
  if (value >= 2 ** 20 && value % 2 ** 20 === 0) return `${value / 2 ** 20}M`;
  return value >= 1024 && value % 1024 === 0 ? `${value / 1024}K` : grouped(value);
}
