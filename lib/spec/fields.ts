/**
 * The grammar in which the spec's schema is written: a field is a leaf with a type and a range, or a container of fields.
 * Every kind has exactly one reader in `read.ts`.
 */
export type Field =
  | { readonly kind: 'string' }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'choice'; readonly values: readonly string[] }
  | {
      readonly kind: 'number';
      readonly integer: boolean;
      readonly minimum: number;
      /** The minimum itself is refused. */
      readonly exclusive: boolean;
      readonly maximum: number;
      /** One value below the minimum that has a meaning of its own, e.g. -1 for "one group a channel". */
      readonly sentinel?: number;
      /** Unit or meaning, for the message: `tokens`, `seconds`. */
      readonly unit?: string;
    }
  | { readonly kind: 'object'; readonly fields: Fields; readonly required: readonly string[]; readonly names: string[] }
  | { readonly kind: 'list'; readonly items: Field; readonly maximumItems: number }
  /** String values under keys that the spec does not choose. */
  | { readonly kind: 'strings' }
  /** Someone else's JSON object, kept as it is. */
  | { readonly kind: 'verbatim' };

export type Fields = ReadonlyMap<string, Field>;

/** One field for every property of `T`, no more and no fewer: the compiler keeps schema and types together. */
export type SchemaOf<T> = { readonly [K in keyof Required<T>]: Field };

export const text: Field = { kind: 'string' };
export const flag: Field = { kind: 'boolean' };
export const stringMap: Field = { kind: 'strings' };
export const verbatim: Field = { kind: 'verbatim' };

export function choice(values: readonly string[]): Field {
  return { kind: 'choice', values };
}

/** Whole number of things, at least `minimum`, at most the largest integer a JSON number holds exactly. */
export function count(minimum: number, unit?: string): Field {
  return { kind: 'number', integer: true, minimum, exclusive: false, maximum: Number.MAX_SAFE_INTEGER, unit };
}

/** `count(1)`, or the sentinel. */
export function countOr(sentinel: number, unit?: string): Field {
  return {
    kind: 'number',
    integer: true,
    minimum: 1,
    exclusive: false,
    maximum: Number.MAX_SAFE_INTEGER,
    sentinel,
    unit,
  };
}

/** A finite number above zero, at most `maximum`. */
export function positive(unit?: string, maximum = Number.MAX_VALUE): Field {
  return { kind: 'number', integer: false, minimum: 0, exclusive: true, maximum, unit };
}

export function object<T>(fields: SchemaOf<T>, required: readonly (keyof T & string)[] = []): Field {
  const entries = Object.entries<Field>(fields);
  return { kind: 'object', fields: new Map(entries), required, names: entries.map(([name]) => name) };
}

export function list(items: Field, maximumItems: number): Field {
  return { kind: 'list', items, maximumItems };
}
