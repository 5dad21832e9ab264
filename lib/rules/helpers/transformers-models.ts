import data from '../data/transformers-models.json';
import { compareVersions, parseVersion, type Version } from '../../text/version';
import { knownRanges, type KnownRange } from './ranges';

const MODEL_TYPES: ReadonlyMap<string, string> = new Map(Object.entries(data.modelTypes));
const CLASSES: ReadonlyMap<string, string> = new Map(Object.entries(data.classes));

/** Releases of Transformers between which that of a server lies, both inclusive. */
export interface TransformersSpan {
  readonly least: Version;
  readonly most: Version;
}

/** The ranges of Transformers that have a config class for a `model_type`; none where no release that was read ever had. */
export const configRanges = (type: string): readonly KnownRange[] => knownRanges(MODEL_TYPES.get(type) ?? '');

/** What the data says of classes by their names: those that generate text. Of others it knows nothing. */
const LISTED = /(?:ForCausalLM|LMHeadModel|ForConditionalGeneration)$/;

/** What may be asked of a class: is it there, and can a server put its own attention into it? */
export type ClassQuestion = 'exported' | 'compatible' | 'settable';
const COLUMN: Readonly<Record<ClassQuestion, number>> = { exported: 0, compatible: 1, settable: 2 };

/** May some release within the span have the class, and have it so? Undefined for names that the data does not list. */
export function classMayBe(name: string, question: ClassQuestion, span: TransformersSpan): boolean | undefined {
  if (!LISTED.test(name)) return undefined;
  const ranges = knownRanges(CLASSES.get(name)?.split('|')[COLUMN[question]] ?? '');
  return ranges.some((range) => overlaps(range, span));
}

function overlaps({ since, last }: KnownRange, { least, most }: TransformersSpan): boolean {
  return (
    compareVersions(parseVersion(since) ?? [], most) <= 0 &&
    (last === undefined || compareVersions(parseVersion(last) ?? [], least) >= 0)
  );
}

/** Where the names come from, for `qe explain`. */
export const TRANSFORMERS_SOURCE = data.source;
