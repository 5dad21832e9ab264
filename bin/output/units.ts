const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** Bytes in the binary unit that keeps it readable; `unknown` for null. */
export function bytes(value: number | null): string {
  if (value === null) return 'unknown';
  let scaled = value;
  let unit = 0;
  while (Math.abs(scaled) >= 1024 && unit < BYTE_UNITS.length - 1) {
    scaled /= 1024;
    unit++;
  }
  return `${scaled.toFixed(unit === 0 ? 0 : 2)} ${BYTE_UNITS[unit]}`;
}

/** A count with thousands separators; `unknown` for null. */
export function count(value: number | null): string {
  return value === null ? 'unknown' : Math.floor(value).toLocaleString('en-US');
}

export function usd(value: number | null, digits = 3): string {
  return value === null ? 'unknown' : `$${value.toFixed(digits)}`;
}

export function figure(value: number | null, unit: string, digits = 1): string {
  return value === null ? 'unknown' : `${value.toFixed(digits)} ${unit}`;
}
