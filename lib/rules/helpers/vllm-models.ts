import data from '../data/vllm-architectures.json';
import { atLeast } from '../../endpoint/version';
import { parseVersion, type Version } from '../../text/version';
import { hasStarted, isInRanges, readRanges, type KnownRange } from './ranges';
import { countsAs } from './releases';

export type Feature = 'served' | 'lora' | 'pipeline' | 'bitsandbytes' | 'loraHead';
const COLUMN: Readonly<Record<Feature, number>> = { served: 0, lora: 1, pipeline: 2, bitsandbytes: 3, loraHead: 4 };

const READ = data.versions.map((text) => parseVersion(text) ?? []);

const architectures = data.architectures as Readonly<Record<string, string>>;
const read = new Map<string, readonly (readonly KnownRange[])[]>();

function rangesOf(architecture: string): readonly (readonly KnownRange[])[] | undefined {
  if (!Object.hasOwn(architectures, architecture)) return undefined;
  let columns = read.get(architecture);
  if (columns === undefined) {
    columns = architectures[architecture].split('|').map(readRanges);
    read.set(architecture, columns);
  }
  return columns;
}

/** When vLLM serves an architecture (or serves it with LoRA, or in a pipeline); undefined for a name it never had. */
export function vllmRanges(architecture: string, feature: Feature = 'served'): readonly KnownRange[] | undefined {
  return rangesOf(architecture)?.[COLUMN[feature]] ?? (Object.hasOwn(architectures, architecture) ? [] : undefined);
}

export type Support = 'yes' | 'not-yet' | 'no-more' | 'never' | 'unknown';

const CLASSIFIER = 'ForSequenceClassification';

/**
 * What names of classes end with, those that are tried first in front. Source: vllm/config/model.py of 0.10.1 to 0.33, `_SUFFIX_TO_DEFAULTS`.
 */
const ENDINGS = [
  'ForCausalLM',
  'ForConditionalGeneration',
  'ChatModel',
  'LMHeadModel',
  'ForTextEncoding',
  'EmbeddingModel',
  CLASSIFIER,
  'ForAudioClassification',
  'ForImageClassification',
  'ForVideoClassification',
  'ClassificationModel',
  'ForRewardModeling',
  'RewardModel',
  'Model',
] as const;

/**
 * Does this vLLM have the feature for the architecture? `unknown` for an architecture that vLLM never had. From 0.10 on it makes a classifier
 * that it has no class for of the decoder of the same name, and from 0.10.1 on a model of any ending of one with another. Source:
 * vllm/model_executor/models/registry.py, `_normalize_archs` of 0.10.0, `_normalize_arch` of 0.10.1.1.
 */
export function vllmHas(architecture: string, feature: Feature, version: Version): Support {
  let known = supports.get(version);
  if (known === undefined) supports.set(version, (known = new Map()));
  const key = `${feature} ${architecture}`;
  let support = known.get(key);
  if (support !== undefined) return support;
  support = makeSupport(architecture, feature, version);
  if (known.size < MOST_REMEMBERED) known.set(key, support);
  return support;
}

/** By the version of an image, which is one object for all specs that name it. */
const supports = new WeakMap<Version, Map<string, Support>>();
const MOST_REMEMBERED = 512;

function makeSupport(architecture: string, feature: Feature, version: Version): Support {
  const own = supportOf(architecture, feature, version);
  if (own === 'yes' || !atLeast(version, [0, 10]) || isServed(architecture, version)) return own;
  const isMade = counterparts(architecture, version).some((name) => supportOf(name, feature, version) === 'yes');
  return isMade ? 'yes' : own;
}

const isServed = (architecture: string, version: Version) => supportOf(architecture, 'served', version) === 'yes';

/** The names of classes that a vLLM without this one looks for in its place. */
function counterparts(architecture: string, version: Version): readonly string[] {
  const ending = ENDINGS.find((text) => architecture.endsWith(text));
  if (ending === undefined) return [];
  const stem = architecture.slice(0, -ending.length);
  if (!atLeast(version, [0, 10, 1])) return ending === CLASSIFIER ? [`${stem}ForCausalLM`] : [];
  return ENDINGS.filter((text) => text !== ending).map((text) => stem + text);
}

function supportOf(architecture: string, feature: Feature, version: Version): Support {
  const ranges = vllmRanges(architecture, feature);
  if (ranges === undefined) return 'unknown';
  if (ranges.length === 0) return 'never';
  if (isInRanges(version, ranges, READ)) return 'yes';
  return hasStarted(countsAs(version, READ), ranges[0]) ? 'no-more' : 'not-yet';
}

/** First release that has it: what to upgrade to. */
export function firstWith(architecture: string, feature: Feature): string | undefined {
  return vllmRanges(architecture, feature)?.[0]?.since;
}

/** Last release that had it: what to stay on. */
export function lastWith(architecture: string, feature: Feature): string | undefined {
  return vllmRanges(architecture, feature)?.at(-1)?.last;
}

/** Where the ranges come from, for `qe explain`. */
export const VLLM_SOURCE = data.source;
