import data from '../data/vllm-architectures.json';
import { compareVersions, parseVersion, type Version } from '../../text/version';

/** Versions between which a vLLM serves something; `last` is undefined where the newest we know still does. */
export interface ServedRange {
  readonly since: string;
  readonly last?: string;
}

export type Feature = 'served' | 'lora' | 'pipeline';
const COLUMN: Readonly<Record<Feature, number>> = { served: 0, lora: 1, pipeline: 2 };

const architectures = data.architectures as Readonly<Record<string, string>>;
const read = new Map<string, readonly (readonly ServedRange[])[]>();

function rangesOf(architecture: string): readonly (readonly ServedRange[])[] | undefined {
  if (!Object.hasOwn(architectures, architecture)) return undefined;
  let columns = read.get(architecture);
  if (columns === undefined) {
    columns = architectures[architecture].split('|').map((column) =>
      column
        .split(' ')
        .filter((text) => text !== '')
        .map((text) => {
          const [since, last] = text.split('..');
          return last === undefined ? { since } : { since, last };
        }),
    );
    read.set(architecture, columns);
  }
  return columns;
}

/** When vLLM serves an architecture (or serves it with LoRA, or in a pipeline); undefined for a name it never had. */
export function vllmRanges(architecture: string, feature: Feature = 'served'): readonly ServedRange[] | undefined {
  return rangesOf(architecture)?.[COLUMN[feature]] ?? (Object.hasOwn(architectures, architecture) ? [] : undefined);
}

export type Support = 'yes' | 'not-yet' | 'no-more' | 'never' | 'unknown';

/**
 * Does this vLLM have the feature for the architecture? `unknown` for an architecture that vLLM never had. The ranges come from released
 * versions; one between two that were read counts as the older of the two.
 */
export function vllmHas(architecture: string, feature: Feature, version: Version): Support {
  const ranges = vllmRanges(architecture, feature);
  if (ranges === undefined) return 'unknown';
  if (ranges.length === 0) return 'never';
  for (const { since, last } of ranges) {
    // What the oldest version read has, older ones may have had as well.
    const started = since === data.oldest || compareVersions(version, parseVersion(since) ?? []) >= 0;
    const ended = last !== undefined && !isUpTo(version, last);
    if (started && !ended) return 'yes';
  }
  return compareVersions(version, parseVersion(ranges[0].since) ?? []) < 0 ? 'not-yet' : 'no-more';
}

/** `last` and its own post-releases and patches: what a minor version had at its end, its later patches have. */
function isUpTo(version: Version, last: string): boolean {
  const limit = parseVersion(last) ?? [];
  return compareVersions(version, limit) <= 0 || (version[0] === limit[0] && version[1] === limit[1]);
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
