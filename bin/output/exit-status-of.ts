import type { CheckAnswer } from '../../lib/rules/types';
import { ExitStatus } from '../exit-status';

/** 2 for a spec that could not be read, 1 for errors found (`--strict`: warnings too), else 0. */
export function exitStatusOf(answer: Pick<CheckAnswer, 'verdict' | 'findings'>, strict: boolean): ExitStatus {
  if (answer.findings.some((finding) => finding.rule.startsWith('SPEC_'))) return ExitStatus.BAD_INPUT;
  const failed = answer.verdict === 'error' || (strict && answer.verdict === 'warning');
  return failed ? ExitStatus.FINDINGS : ExitStatus.OK;
}
