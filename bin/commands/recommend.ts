import { SpecError } from '../../lib/errors';
import { recommend as rank } from '../../lib/recommend';
import { parseSpec } from '../../lib/spec';
import { ExitStatus } from '../exit-status';
import { writeWhole } from '../output/write-file';
import { usePlanningFiles } from '../plan/planning-files';
import { readSpec } from '../plan/spec-file';
import { recommendationPage } from '../recommend/page';
import { renderRecommendation } from '../recommend/render';
import type { Terminal } from '../terminal';

/** `qe recommend FILE|-`: ranks the ways to serve the spec's model and workload. Status 1 where none meets the goals. */
export async function recommend(
  args: readonly string[],
  options: Record<string, unknown>,
  terminal: Terminal,
): Promise<ExitStatus> {
  const limit = limitOf(options.limit);
  const spec = parseSpec(await readSpec(args[0]));
  await usePlanningFiles();
  const recommendation = rank(spec);
  if (terminal.json) terminal.printJson(recommendation);
  else terminal.print(renderRecommendation(recommendation, limit, terminal));
  if (typeof options.html === 'string') {
    await writeWhole(options.html, recommendationPage(recommendation));
    terminal.say(`wrote ${options.html}`);
  }
  return recommendation.candidates.length === 0 ? ExitStatus.FINDINGS : ExitStatus.OK;
}

function limitOf(given: unknown): number {
  const limit = Number(given ?? 10);
  if (Number.isInteger(limit) && limit > 0) return limit;
  throw new SpecError('LIMIT_OUT_OF_RANGE', `--limit takes a number of rows, got ${String(given)}`, {
    got: String(given),
    allowed: 'a whole number of at least 1',
    fix: 'leave it out for 10 rows',
  });
}
