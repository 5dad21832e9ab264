/**
 * `lib/route/data/tier-weights.json`: the weights that route where nobody has calibrated. Fitted to prompts that were sorted by their kind
 * of task (data/sources/route/kinds-of-prompts.json): opinions, not measurements.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { importTypeScript } from '../import-typescript.mjs';
import { root, toJson } from './emit.mjs';

const KINDS = 'data/sources/route/kinds-of-prompts.json';
const DATE = '2026-11-25';
const FOLDS = 10;
const SEED = 1;
/** What an answer is taken to be worth: a small model does a large task less well, everything else is done well. */
const WORTH = { small: { small: 0.9, large: 0.9 }, large: { small: 0.4, large: 0.9 } };

export async function outputs() {
  // The project's own fit, which is TypeScript.
  const { parseExamples } = await importTypeScript('lib/route/fit/examples.ts');
  const { calibrate, toWeightsFile } = await importTypeScript('lib/route/fit/calibrate.ts');
  const kinds = await readFile(path.join(root, KINDS), 'utf8');
  const prompts = JSON.parse(kinds);
  const lines = ['small', 'large'].flatMap((kind) =>
    prompts[kind].map((prompt) => JSON.stringify({ prompt, quality: WORTH[kind] })),
  );
  const examples = parseExamples(lines.join('\n'), KINDS);
  // The threshold lies where the two kinds part.
  const qualityShare = prompts.large.length / examples.examples.length;
  const calibration = calibrate(examples, { folds: FOLDS, seed: SEED, qualityShare });
  const file = toWeightsFile(calibration, {
    source: prompts.source,
    date: DATE,
    digest: `sha256:${createHash('sha256').update(kinds).digest('hex')}`,
    folds: FOLDS,
  });
  return [{ file: 'lib/route/data/tier-weights.json', text: toJson(file) }];
}
