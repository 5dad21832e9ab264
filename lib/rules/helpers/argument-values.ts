import data from '../data/argument-values.json';
import { compareVersions, parseVersion, type Version } from '../../text/version';
import { neighbours } from './releases';

type Spans<T> = readonly (readonly [since: string, value: T | null])[];

interface Span<T> {
  readonly since: Version;
  /** undefined: any value, or not known. */
  readonly value?: T;
}

const versions = (text: string): readonly Version[] => text.split(' ').map((version) => parseVersion(version) ?? []);

/** What an engine’s releases take, each argument’s spans read when it is first asked for: most never are. */
class Table<Text, Value> {
  private readonly read = new Map<string, readonly Span<Value>[] | undefined>();

  constructor(
    private readonly rows: Readonly<Record<string, Spans<Text>>>,
    private readonly released: readonly Version[],
    private readonly parse: (text: Text) => Value,
  ) {}

  /** Values of an argument in a version; one between two releases that were read may have what either has. Undefined: any, or not known. */
  of(argument: string, version: Version): readonly Value[] | undefined {
    const { before, after } = neighbours(version, this.released);
    const spans = this.spans(argument);
    if (spans === undefined || before === undefined || after === undefined) return undefined;
    const earlier = at(spans, before);
    const later = at(spans, after);
    if (earlier?.value === undefined || later?.value === undefined) return undefined;
    return earlier === later ? [earlier.value] : [earlier.value, later.value];
  }

  private spans(argument: string): readonly Span<Value>[] | undefined {
    if (!this.read.has(argument)) {
      const rows = Object.hasOwn(this.rows, argument) ? this.rows[argument] : undefined;
      this.read.set(
        argument,
        rows?.map(([since, text]) => ({
          since: parseVersion(since) ?? [],
          value: text === null ? undefined : this.parse(text),
        })),
      );
    }
    return this.read.get(argument);
  }
}

function at<T>(spans: readonly Span<T>[], version: Version): Span<T> | undefined {
  return spans.filter(({ since }) => compareVersions(version, since) >= 0).at(-1);
}

/** Limits of a number as pydantic names them: more than, at least, less than, at most. */
export interface Bounds {
  readonly gt?: number;
  readonly ge?: number;
  readonly lt?: number;
  readonly le?: number;
  /** Looked at only where LoRA is on, or only for a model that takes images, sound or video. */
  readonly with?: 'lora' | 'media';
}

/** A field of a JSON value, with the words that it takes; undefined: anything. */
export type JsonFields = ReadonlyMap<string, readonly string[] | undefined>;

const words = (text: string): readonly string[] => text.split(' ');

function fields(text: string): JsonFields {
  return new Map(
    text.split(' ').map((field) => {
      const [name, list] = field.split('=', 2);
      return [name, list?.split('|')] as const;
    }),
  );
}

const VLLM = versions(data.vllmVersions);
const SGLANG = versions(data.sglangVersions);

const vllmWords = new Table(data.vllmWords as unknown as Record<string, Spans<string>>, VLLM, words);
const vllmBounds = new Table(data.vllmBounds as unknown as Record<string, Spans<Bounds>>, VLLM, (bounds) => bounds);
const vllmFields = new Table(data.vllmFields as unknown as Record<string, Spans<string>>, VLLM, fields);
const sglangWords = new Table(data.sglangWords as unknown as Record<string, Spans<string>>, SGLANG, words);

/** The words that an argument of vLLM or SGLang takes; undefined: any, or not known. */
export function wordsOf(engine: string, argument: string, version: Version): readonly string[] | undefined {
  const table = engine === 'vllm' ? vllmWords : engine === 'sglang' ? sglangWords : undefined;
  const lists = table?.of(argument, version);
  return lists === undefined ? undefined : [...new Set(lists.flat())];
}

/** Limits of an argument of vLLM that is a number; a value must be outside all of them to be refused. */
export function boundsOf(argument: string, version: Version): readonly Bounds[] | undefined {
  return vllmBounds.of(argument, version);
}

/** The fields of an argument of vLLM that is JSON; undefined: any, or not known. */
export function fieldsOf(argument: string, version: Version): JsonFields | undefined {
  const tables = vllmFields.of(argument, version);
  if (tables === undefined) return undefined;
  const all = new Map<string, readonly string[] | undefined>();
  for (const [name, list] of tables.flatMap((table) => [...table])) {
    const before = all.get(name);
    all.set(name, all.has(name) && before === undefined ? undefined : list && [...(before ?? []), ...list]);
  }
  return all;
}

/** Where the values come from, for `qe explain`. */
export const ARGUMENT_VALUES_SOURCE = data.source;
