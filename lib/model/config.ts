import { ModelConfigError } from '../errors';
import { pointer, show } from '../text/show';

/** Bounds no real model comes near; they keep products exact or at least finite, and lists of layers short. */
export const LARGEST_SIZE = 2 ** 31 - 1;
export const MOST_LAYERS = 10_000;
export const MOST_EXPERTS = 100_000;

type Range = { readonly minimum: number; readonly maximum: number };

const SIZE: Range = { minimum: 1, maximum: LARGEST_SIZE };
const COUNT: Range = { minimum: 0, maximum: LARGEST_SIZE };
const TOKENS: Range = { minimum: 1, maximum: Number.MAX_SAFE_INTEGER };
const LAYERS: Range = { minimum: 1, maximum: MOST_LAYERS };
const EXPERTS: Range = { minimum: 1, maximum: MOST_EXPERTS };

/**
 * Typed access to one object of a `config.json`. `null` and a missing key are the same, as in the reference
 * implementation. Several names for one value are tried in order (`hidden_size`, `n_embd`, `d_model`).
 *
 * Every method throws `ModelConfigError`: `MODEL_CONFIG_MISSING_SIZE`, `MODEL_CONFIG_WRONG_TYPE` or
 * `MODEL_CONFIG_OUT_OF_RANGE`, with the JSON pointer of the value.
 */
export class ConfigReader {
  private readonly values: Readonly<Record<string, unknown>>;
  readonly path: string;
  /** What the reference configuration class assumes where the file says nothing. */
  private readonly defaults: Readonly<Record<string, unknown>>;

  constructor(value: unknown, path = '', defaults: Readonly<Record<string, unknown>> = {}) {
    if (typeof value !== 'object' || value === null || isList(value, path)) {
      throw wrongType(path, value, 'a JSON object');
    }
    this.values = value as Readonly<Record<string, unknown>>;
    this.path = path;
    this.defaults = defaults;
  }

  /** The object as it was given. */
  get raw(): Readonly<Record<string, unknown>> {
    return this.values;
  }

  withDefaults(defaults: Readonly<Record<string, unknown>>): ConfigReader {
    return new ConfigReader(this.values, this.path, { ...defaults, ...this.defaults });
  }

  /** A required positive integer. */
  size(...names: string[]): number {
    return this.required(names, SIZE);
  }

  sizeOr(fallback: number, ...names: string[]): number {
    return this.find(names, SIZE) ?? fallback;
  }

  optionalSize(...names: string[]): number | undefined {
    return this.find(names, SIZE);
  }

  /** A non-negative integer: 0 is how configs switch a part off. */
  count(fallback: number, ...names: string[]): number {
    return this.find(names, COUNT) ?? fallback;
  }

  /** A length in tokens; 0 or less means "no limit" in some configs and is left out. */
  tokens(...names: string[]): number | undefined {
    const value = this.get(names[0]);
    if (typeof value === 'number' && value <= 0) return undefined;
    return this.find(names, TOKENS);
  }

  layers(...names: string[]): number {
    return this.required(names, LAYERS);
  }

  layersOr(fallback: number, ...names: string[]): number {
    return this.find(names, LAYERS) ?? fallback;
  }

  experts(...names: string[]): number {
    return this.required(names, EXPERTS);
  }

  optionalExperts(...names: string[]): number | undefined {
    for (const name of names) {
      // Dense members of a family that has mixtures write 0 or null.
      const value = this.get(name);
      if (value === 0) return undefined;
      if (value !== undefined) return this.integer(name, value, EXPERTS);
    }
    return undefined;
  }

  flag(name: string, fallback: boolean): boolean {
    return this.optionalFlag(name) ?? fallback;
  }

  optionalFlag(name: string): boolean | undefined {
    const value = this.get(name);
    if (value === undefined || typeof value === 'boolean') return value;
    throw wrongType(pointer(this.path, name), value, 'true or false');
  }

  /** Any finite number. */
  number(fallback: number, name: string): number {
    const value = this.get(name);
    if (value === undefined) return fallback;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw wrongType(pointer(this.path, name), value, 'a number');
  }

  text(name: string): string | undefined {
    const value = this.get(name);
    if (value === undefined || typeof value === 'string') return value;
    throw wrongType(pointer(this.path, name), value, 'a string');
  }

  object(name: string): ConfigReader | undefined {
    const value = this.get(name);
    return value === undefined ? undefined : new ConfigReader(value, pointer(this.path, name));
  }

  /** The object, or an empty one: its readers then answer with their fallbacks. */
  objectOrEmpty(name: string): ConfigReader {
    return this.object(name) ?? new ConfigReader({}, pointer(this.path, name));
  }

  list(name: string): readonly unknown[] | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    if (isList(value, pointer(this.path, name))) return value;
    throw wrongType(pointer(this.path, name), value, 'an array');
  }

  /** The object at a place of an array. */
  item(name: string, index: number): ConfigReader {
    const list = this.list(name) ?? [];
    const path = `${pointer(this.path, name)}/${index}`;
    return new ConfigReader(
      guarded(path, () => list[index]),
      path,
    );
  }

  strings(name: string): readonly string[] | undefined {
    const list = this.list(name);
    list?.forEach((item, index) => {
      if (typeof item !== 'string') throw wrongType(`${pointer(this.path, name)}/${index}`, item, 'a string');
    });
    return list as readonly string[] | undefined;
  }

  /** An array of sizes, each at least `minimum`. */
  sizes(name: string, minimum = 1): readonly number[] | undefined {
    const list = this.list(name);
    return list?.map((item, index) =>
      this.integer(`${name}/${index}`, item, { minimum, maximum: LARGEST_SIZE }, `${this.path}/${name}/${index}`),
    );
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** The value under a key, `undefined` for `null`; a `null` that is written keeps the default away. */
  get(name: string): unknown {
    const value = guarded(this.path, () => this.values[name]);
    return value === undefined ? this.defaults[name] : (value ?? undefined);
  }

  fail(name: string, got: string, allowed: string, fix: string): ModelConfigError {
    const path = pointer(this.path, name);
    return new ModelConfigError('MODEL_CONFIG_OUT_OF_RANGE', `${path} must be ${allowed}, got ${got}`, {
      got,
      allowed,
      fix,
      path,
    });
  }

  private required(names: readonly string[], range: Range): number {
    const value = this.find(names, range);
    if (value !== undefined) return value;
    const path = pointer(this.path, names[0]);
    throw new ModelConfigError('MODEL_CONFIG_MISSING_SIZE', `the config has no ${names[0]}`, {
      got: 'nothing',
      allowed: `an integer of at least ${range.minimum} under ${names.join(' or ')}`,
      fix: 'give the checkpoint’s own config.json, whole',
      path,
    });
  }

  private find(names: readonly string[], range: Range): number | undefined {
    for (const name of names) {
      const value = this.get(name);
      if (value !== undefined) return this.integer(name, value, range);
    }
    return undefined;
  }

  private integer(name: string, value: unknown, range: Range, path = pointer(this.path, name)): number {
    if (typeof value !== 'number') {
      const fix =
        typeof value === 'string' && Number.isFinite(Number(value))
          ? `write ${value.slice(0, 40)} without quotes`
          : 'give the checkpoint’s own config.json';
      throw wrongType(path, value, 'an integer', fix);
    }
    if (Number.isInteger(value) && value >= range.minimum && value <= range.maximum) return value;
    const allowed = `an integer from ${range.minimum} to ${range.maximum}`;
    throw new ModelConfigError('MODEL_CONFIG_OUT_OF_RANGE', `${path} must be ${allowed}, got ${value}`, {
      got: String(value),
      allowed,
      fix: 'give the checkpoint’s own config.json',
      path,
    });
  }
}

function wrongType(path: string, value: unknown, allowed: string, fix?: string): ModelConfigError {
  const got = guarded(path, () => show(value));
  return new ModelConfigError('MODEL_CONFIG_WRONG_TYPE', `${path || 'the config'} must be ${allowed}, got ${got}`, {
    got,
    allowed,
    fix: fix ?? 'give the checkpoint’s own config.json, as it is',
    path,
  });
}

function isList(value: unknown, path: string): value is readonly unknown[] {
  return guarded(path, () => Array.isArray(value));
}

/** Only an object with code behind its properties (getter, proxy) can throw here; see the reader of specs. */
function guarded<T>(path: string, access: () => T): T {
  try {
    return access();
  } catch (cause) {
    throw new ModelConfigError('MODEL_CONFIG_UNREADABLE', 'the config has a property that cannot be read', {
      got: cause instanceof Error ? cause.message : typeof cause,
      allowed: 'plain data, as JSON.parse gives it',
      fix: 'give plain objects without getters',
      path,
      cause,
    });
  }
}
