/** Longest piece of a user's value that a message repeats. */
const LONGEST = 80;

/** A value as its writer would recognize it, short, whatever its size or depth. */
export function show(value: unknown): string {
  if (value === null) return 'null';
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value);
    case 'object':
      return Array.isArray(value) ? `an array of ${value.length}` : 'an object';
    case 'function':
    case 'symbol':
      return `a ${typeof value}`;
    case 'bigint':
      return 'a bigint';
    default:
      return String(value);
  }
}

/** One step of a JSON pointer (RFC 6901). */
export function pointer(parent: string, key: string | number): string {
  const step =
    typeof key === 'number' ? String(key) : key.slice(0, LONGEST).replaceAll('~', '~0').replaceAll('/', '~1');
  return `${parent}/${step}`;
}
