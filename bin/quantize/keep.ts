import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { SpecError } from '../../lib/errors';
import type { Checkpoint } from '../../lib/format';
import type { Scheme } from '../../lib/scheme';
import { chooseLayers } from '../../lib/simulate/layers/choose-layers';
import { linearLayers, modelOf } from '../../lib/simulate/layers/linear-layers';
import { namePattern } from '../../lib/simulate/layers/name-pattern';
import { digestOfCheckpoint } from '../../lib/simulate/source-digest';
import { KEPT_AS, type KeptAs, type KeptLayers } from '../../lib/simulate/write/keep';

/**
 * `--keep`: layers at higher precision than the scheme's. A file is a report of `qe simulate --sensitivity`, whose proposal for the
 * scheme is taken; anything else is names or patterns with commas between them.
 *
 * @throws SpecError `KEEP_PROPOSAL_MISSING`, `KEEP_REPORT_UNREADABLE`, `KEEP_REPORT_OTHER_WEIGHTS`, `KEEP_MATCHES_NOTHING`,
 *   `KEEP_AS_UNKNOWN`
 */
export async function keptLayers(
  options: Readonly<Record<string, unknown>>,
  checkpoint: Checkpoint,
  scheme: Scheme,
  signal: AbortSignal,
): Promise<KeptLayers | undefined> {
  const as = keptAsOption(options.keepAs);
  if (typeof options.keep !== 'string') {
    if (as === undefined) return undefined;
    throw new SpecError('OPTION_MISSING', '--keep-as says how layers are kept, and none was named', {
      got: 'no --keep',
      allowed: '--keep with names, patterns or a report',
      fix: 'add --keep',
    });
  }
  if (isFile(options.keep)) {
    const proposal = await proposalOf(options.keep, checkpoint, scheme, signal);
    return { ...proposal, as: as ?? proposal.as };
  }
  return { weights: matching(options.keep, checkpoint), as: as ?? 'stored' };
}

function keptAsOption(value: unknown): KeptAs | undefined {
  if (value === undefined) return undefined;
  const known = KEPT_AS.find((name) => name === value);
  if (known !== undefined) return known;
  throw new SpecError('KEEP_AS_UNKNOWN', `--keep-as ${String(value)} is no way to keep a layer`, {
    got: String(value),
    allowed: KEPT_AS.join(', '),
    fix: 'give one of these, or leave it out',
  });
}

function matching(patterns: string, checkpoint: Checkpoint): string[] {
  const names = [...chooseLayers(checkpoint, linearLayers(checkpoint, modelOf(checkpoint)), undefined).keys()];
  return patterns
    .split(',')
    .map((pattern) => pattern.trim())
    .filter((pattern) => pattern !== '')
    .flatMap((pattern) => {
      const found = names.filter(namePattern(pattern));
      if (found.length > 0) return found;
      throw new SpecError(
        'KEEP_MATCHES_NOTHING',
        `--keep ${pattern} fits no layer of this checkpoint, and is no file`,
        {
          got: pattern,
          allowed: `names such as ${names[0] ?? 'model.layers.0.mlp.down_proj.weight'}, a part of one, or a pattern with * and ?`,
          fix: 'qe inspect lists the layers',
        },
      );
    });
}

interface ReportFile {
  readonly model?: { readonly digest?: string };
  readonly evaluation?: {
    readonly sensitivity?: readonly {
      readonly scheme?: string;
      readonly proposal?: { readonly kept: readonly string[]; readonly keptAs: string };
    }[];
  };
}

async function proposalOf(
  file: string,
  checkpoint: Checkpoint,
  scheme: Scheme,
  signal: AbortSignal,
): Promise<KeptLayers> {
  const { model, evaluation } = await readReport(file);
  const reports = evaluation?.sensitivity ?? [];
  const proposal = reports.find((report) => report.scheme === scheme.name)?.proposal;
  const as = KEPT_AS.find((name) => name === proposal?.keptAs);
  if (proposal === undefined || as === undefined) {
    throw new SpecError('KEEP_PROPOSAL_MISSING', `${file} proposes nothing for ${scheme.name}`, {
      path: file,
      got: reports.map((report) => report.scheme).join(', ') || 'a report without sensitivity',
      allowed: `a report of qe simulate --scheme ${scheme.name} --evaluate TEXT --sensitivity --report FILE`,
      fix: 'run it, or name the layers yourself',
    });
  }
  const digest = await digestOfCheckpoint(checkpoint, signal);
  if (model?.digest !== digest) {
    throw new SpecError(
      'KEEP_REPORT_OTHER_WEIGHTS',
      `${file} was measured on other weights than ${checkpoint.location}`,
      {
        path: file,
        got: model?.digest ?? 'a report without a digest',
        allowed: digest,
        fix: 'run qe simulate on this checkpoint',
      },
    );
  }
  return { weights: proposal.kept, as };
}

async function readReport(file: string): Promise<ReportFile> {
  try {
    const value: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (typeof value === 'object' && value !== null) return value;
    throw new TypeError('it holds no object');
  } catch (cause) {
    throw new SpecError('KEEP_REPORT_UNREADABLE', `cannot read ${file}: ${(cause as Error).message}`, {
      path: file,
      got: file,
      allowed: 'a report of qe simulate --sensitivity --report FILE',
      fix: 'make it again, or name the layers',
      cause,
    });
  }
}

function isFile(name: string): boolean {
  return existsSync(name) && statSync(name).isFile();
}
