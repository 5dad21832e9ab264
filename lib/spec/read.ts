import { SpecError } from '../errors';
import { nearestNames } from '../text/nearest';
import type { Field } from './fields';
import { ENDPOINT_SPEC } from './schema';
import { pointer, show } from '../text/show';
import type { EndpointSpec } from './types';

/** A spec with this many mistakes is another kind of file: more of them would help nobody, and a hostile one must not cost time. */
const MOST_PROBLEMS = 100;

type ObjectField = Extract<Field, { kind: 'object' }>;
type NumberField = Extract<Field, { kind: 'number' }>;

export interface ReadSpec {
  /** Undefined when there is any problem. */
  readonly spec?: EndpointSpec;
  /** Every mistake, in the order of the spec's own keys. */
  readonly problems: readonly SpecError[];
}

/**
 * Reads an endpoint spec from a parsed JSON value, and collects everything that is wrong with its form: unknown keys,
 * wrong types, numbers that mean nothing. What a rule can judge (a limit of SageMaker, a name we do not know) is left to it.
 *
 * The answer is a copy; only `model.config` is the caller's own object. Ids of the problems: `SPEC_UNREADABLE`,
 * `SPEC_UNKNOWN_KEY`, `SPEC_MISSING_KEY`, `SPEC_WRONG_TYPE`, `SPEC_OUT_OF_RANGE`, `SPEC_UNKNOWN_VALUE`,
 * `SPEC_TOO_MANY_PROBLEMS`.
 */
export function readSpec(value: unknown): ReadSpec {
  const problems: SpecError[] = [];
  try {
    const spec = readField(value, ENDPOINT_SPEC, '', problems);
    return problems.length === 0 ? { spec: spec as EndpointSpec, problems } : { problems };
  } catch (error) {
    if (error instanceof SpecError) return { problems: [error] };
    throw error;
  }
}

/** As `readSpec`, but throws the first problem. @throws SpecError */
export function parseSpec(value: unknown): EndpointSpec {
  const { spec, problems } = readSpec(value);
  if (spec === undefined) throw problems[0];
  return spec;
}

/** The value as the field's type, or `undefined` with at least one more problem. */
function readField(value: unknown, field: Field, path: string, problems: SpecError[]): unknown {
  switch (field.kind) {
    case 'string':
      return typeof value === 'string' ? value : wrongType(value, 'a string', path, problems);
    case 'boolean':
      return typeof value === 'boolean' ? value : wrongType(value, 'true or false', path, problems);
    case 'number':
      return readNumber(value, field, path, problems);
    case 'choice':
      return readChoice(value, field.values, path, problems);
    case 'object':
      return readObject(value, field, path, problems);
    case 'list':
      return readList(value, field.items, field.maximumItems, path, problems);
    case 'strings':
      return readStrings(value, path, problems);
    case 'verbatim':
      return isObject(value) ? value : wrongType(value, 'a JSON object', path, problems);
  }
}

function readNumber(value: unknown, field: NumberField, path: string, problems: SpecError[]): number | undefined {
  if (typeof value !== 'number') return wrongType(value, rangeOf(field), path, problems);
  const high = value <= field.maximum;
  const low = field.exclusive ? value > field.minimum : value >= field.minimum;
  const whole = !field.integer || Number.isInteger(value);
  if ((high && low && whole) || value === field.sentinel) return value;
  const allowed = rangeOf(field, value);
  return refuse(
    problems,
    new SpecError('SPEC_OUT_OF_RANGE', `${nameOf(path)} must be ${allowed}, got ${show(value)}`, {
      got: show(value),
      allowed,
      fix: `give ${allowed}, or leave ${nameOf(path)} out`,
      path,
    }),
  );
}

function readChoice(
  value: unknown,
  values: readonly string[],
  path: string,
  problems: SpecError[],
): string | undefined {
  if (typeof value !== 'string') return wrongType(value, `one of ${values.join(', ')}`, path, problems);
  if (values.includes(value)) return value;
  const nearest = nearestNames(value, values)[0];
  return refuse(
    problems,
    new SpecError('SPEC_UNKNOWN_VALUE', `${nameOf(path)} knows no ${show(value)}${didYouMean(nearest)}`, {
      got: show(value),
      allowed: values.join(', '),
      fix: `write "${nearest ?? values[0]}"`,
      path,
    }),
  );
}

function readObject(
  value: unknown,
  field: ObjectField,
  path: string,
  problems: SpecError[],
): Record<string, unknown> | undefined {
  if (!isObject(value)) return wrongType(value, 'an object', path, problems);
  const result: Record<string, unknown> = {};
  for (const key of keysOf(value)) {
    if (problems.length >= MOST_PROBLEMS) return refuse(problems, tooMany());
    const known = field.fields.get(key);
    if (known === undefined) {
      refuse(problems, unknownKey(key, field, path));
      continue;
    }
    const item = propertyOf(value, key);
    // The constructs pass props on as they are; a property set to undefined is one left out.
    if (item !== undefined) result[key] = readField(item, known, `${path}/${key}`, problems);
  }
  for (const key of field.required) {
    if (result[key] === undefined && value[key] === undefined) refuse(problems, missingKey(key, field, path));
  }
  return result;
}

function readList(
  value: unknown,
  items: Field,
  maximumItems: number,
  path: string,
  problems: SpecError[],
): unknown[] | undefined {
  if (!isList(value)) return wrongType(value, 'an array', path, problems);
  if (value.length > maximumItems) {
    return refuse(
      problems,
      new SpecError('SPEC_OUT_OF_RANGE', `${nameOf(path)} has ${value.length} entries, more than ${maximumItems}`, {
        got: show(value),
        allowed: `at most ${maximumItems} entries`,
        fix: 'give fewer entries',
        path,
      }),
    );
  }
  const result: unknown[] = [];
  for (let index = 0; index < value.length && problems.length <= MOST_PROBLEMS; index++) {
    result.push(readField(propertyOf(value, index), items, pointer(path, index), problems));
  }
  return result;
}

function readStrings(value: unknown, path: string, problems: SpecError[]): Record<string, string> | undefined {
  if (!isObject(value)) return wrongType(value, 'an object of strings', path, problems);
  const entries: [string, string][] = [];
  for (const key of keysOf(value)) {
    if (problems.length >= MOST_PROBLEMS) return refuse(problems, tooMany());
    const item = propertyOf(value, key);
    if (typeof item === 'string') entries.push([key, item]);
    else if (typeof item === 'number' || typeof item === 'boolean') {
      refuse(
        problems,
        new SpecError(
          'SPEC_WRONG_TYPE',
          `${pointer(path, key)} must be a string, got the ${typeof item} ${show(item)}`,
          {
            got: show(item),
            allowed: 'a string: variables of a process are text',
            fix: `write "${String(item)}" in quotes`,
            path: pointer(path, key),
          },
        ),
      );
    } else if (item !== undefined) wrongType(item, 'a string', pointer(path, key), problems);
  }
  // fromEntries defines own properties, so that a variable named __proto__ stays data.
  return Object.fromEntries(entries);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !isList(value);
}

function isList(value: unknown): value is unknown[] {
  return guarded(Array.isArray, value);
}

function keysOf(value: object): readonly string[] {
  return guarded(Object.keys, value);
}

function propertyOf(value: object, key: PropertyKey): unknown {
  return guarded(Reflect.get, value, key);
}

/**
 * Parsed JSON never runs code when it is read; a getter or a proxy handed to the API may, and may throw whatever it likes. Only the access itself
 * stands inside, so that a mistake of our own is never taken for the caller's. No closure: this runs for every property of a batch.
 */
function guarded<A, B, T>(access: (value: A, key: B) => T, value: A, key?: B): T {
  try {
    return access(value, key as B);
  } catch (cause) {
    throw unreadable(cause);
  }
}

function unreadable(cause: unknown): SpecError {
  return new SpecError('SPEC_UNREADABLE', 'the spec has a property that cannot be read', {
    got: cause instanceof Error ? cause.message : typeof cause,
    allowed: 'plain data, as JSON.parse gives it',
    fix: 'give plain objects without getters',
    path: '',
    cause,
  });
}

function refuse(problems: SpecError[], problem: SpecError): undefined {
  if (problems.length <= MOST_PROBLEMS) problems.push(problem);
  return undefined;
}

function wrongType(value: unknown, allowed: string, path: string, problems: SpecError[]): undefined {
  const got = guarded(show, value);
  return refuse(
    problems,
    new SpecError('SPEC_WRONG_TYPE', `${nameOf(path)} must be ${allowed}, got ${got}`, {
      got,
      allowed,
      fix: path === '' ? 'give one JSON object' : `give ${allowed}, or leave ${nameOf(path)} out`,
      path,
    }),
  );
}

function unknownKey(key: string, field: ObjectField, path: string): SpecError {
  const wanted = plain(key);
  const same = sameName(wanted, field.names);
  const elsewhere = same === undefined ? placeOf(wanted) : undefined;
  const nearest = same ?? nearestNames(wanted, field.names)[0];
  const hint = elsewhere === undefined ? didYouMean(nearest) : `: it belongs under ${elsewhere}`;
  return new SpecError('SPEC_UNKNOWN_KEY', `${path === '' ? 'the spec' : path} has no key ${show(key)}${hint}`, {
    got: show(key),
    allowed: field.names.join(', '),
    fix:
      elsewhere !== undefined
        ? `move it to ${elsewhere}`
        : nearest !== undefined
          ? `write "${nearest}"`
          : 'take it out, or use one of the keys allowed',
    path: pointer(path, key),
  });
}

function missingKey(key: string, field: ObjectField, path: string): SpecError {
  return new SpecError('SPEC_MISSING_KEY', `${path === '' ? 'the spec' : path} needs the key "${key}"`, {
    got: 'nothing',
    allowed: field.names.join(', '),
    fix: `add "${key}"`,
    path: pointer(path, key),
  });
}

function tooMany(): SpecError {
  return new SpecError('SPEC_TOO_MANY_PROBLEMS', `more than ${MOST_PROBLEMS} problems, the rest is not listed`, {
    got: `more than ${MOST_PROBLEMS} problems`,
    allowed: 'an endpoint spec',
    fix: 'correct those listed, or check that this file is an endpoint spec',
    path: '',
  });
}

/** `max_model_len` and `maxModelLen` are the same word to a reader. */
function plain(key: string): string {
  return key
    .slice(0, 256)
    .replace(/[_\-.\s]/g, '')
    .toLowerCase();
}

function sameName(wanted: string, names: readonly string[]): string | undefined {
  return names.find((name) => name.toLowerCase() === wanted);
}

/** Where a key that is right but in the wrong object would be right. */
function placeOf(wanted: string): string | undefined {
  const root = ENDPOINT_SPEC as ObjectField;
  if (sameName(wanted, root.names) !== undefined) return 'the top level';
  for (const [name, field] of root.fields) {
    if (field.kind !== 'object') continue;
    const match = sameName(wanted, field.names);
    if (match !== undefined) return `/${name}/${match}`;
  }
  return undefined;
}

function didYouMean(nearest: string | undefined): string {
  return nearest === undefined ? '' : `: did you mean "${nearest}"?`;
}

function nameOf(path: string): string {
  return path === '' ? 'the spec' : path;
}

/** The range in words; the largest integer is only worth naming to who went beyond it. */
function rangeOf(field: NumberField, value = 0): string {
  const what = field.integer ? 'an integer' : 'a number';
  const low = field.exclusive ? `above ${field.minimum}` : `of at least ${field.minimum}`;
  const bounded = field.maximum < Number.MAX_SAFE_INTEGER || value > field.maximum;
  const high = bounded ? `, at most ${field.maximum}` : '';
  const unit = field.unit === undefined ? '' : ` (${field.unit})`;
  const sentinel = field.sentinel === undefined ? '' : `, or ${field.sentinel}`;
  return `${what} ${low}${high}${unit}${sentinel}`;
}
