/**
 * `lib/route/data/tier-weights.json`: the weights that route where nobody has calibrated. Fitted to prompts that were sorted by their kind
 * of task (data/sources/route/kinds-of-prompts.json); how well they rank prompts whose answers were measured is told beside them.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { root, toJson } from './emit.mjs';

const KINDS = 'data/sources/route/kinds-of-prompts.json';
const MEASURED = 'data/sources/route/answered-prompts.jsonl';
const DATE = '2026-11-25';
const FOLDS = 10;
const SEED = 1;
/** What an answer is taken to be worth: a small model does a large task less well, everything else is done well. */
const WORTH = { small: { small: 0.9, large: 0.9 }, large: { small: 0.4, large: 0.9 } };

/** The project's own fit, which is TypeScript. */
async function fitting() {
  const scratch = await mkdtemp(path.join(tmpdir(), 'tier-weights-'));
  const outfile = path.join(scratch, 'fit.cjs');
  const modules = ['fit/examples', 'fit/calibrate', 'fit/cross-validate', 'classify/decide', 'classify/features'];
  await build({
    stdin: {
      contents: modules.map((name) => `export * from './lib/route/${name}';`).join('\n'),
      resolveDir: root,
      loader: 'ts',
    },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    outfile,
    logLevel: 'warning',
  });
  const loaded = createRequire(import.meta.url)(outfile);
  await rm(scratch, { recursive: true });
  return loaded;
}

export async function outputs() {
  const { parseExamples, calibrate, toWeightsFile, areaUnderCurve, scoreOf, FEATURE_NAMES } = await fitting();
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
  const measured = parseExamples(await readFile(path.join(root, MEASURED), 'utf8'), MEASURED);
  const scores = measured.examples.map(({ features }) =>
    scoreOf(Object.fromEntries(FEATURE_NAMES.map((name, i) => [name, features[i]])), file.boundaries[0]),
  );
  const auc = areaUnderCurve(
    scores,
    measured.examples.map(({ quality }) => quality[1] > quality[0]),
  );
  const onMeasuredAnswers = {
    source:
      'lm-sys/RouteLLM 0b64fda: samples of GSM8K, MMLU and MT-Bench, answered by Mixtral-8x7B-Instruct and gpt-4-1106-preview',
    examples: measured.examples.length,
    auc: Number(auc.toFixed(3)),
  };
  const weights = { ...file, provenance: { ...file.provenance, onMeasuredAnswers } };
  return [{ file: 'lib/route/data/tier-weights.json', text: toJson(weights) }];
}
