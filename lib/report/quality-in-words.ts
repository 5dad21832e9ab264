import { percent } from './figures';
import type { SchemeReport, SimulationReport } from './simulation-report';

export interface Judgement {
  readonly scheme: string;
  /** For the colour: as a finding's severity. */
  readonly grade: 'ok' | 'warning' | 'error';
  readonly words: string;
}

/**
 * Limits of the increase in perplexity over full precision. Below 1 % a change is within what another held-out text of the
 * same kind would give; beyond 10 % people notice it in answers. They are a reading aid; a gate sets its own limit.
 */
const INDISTINGUISHABLE = 0.01;
const SMALL = 0.03;
const VISIBLE = 0.1;

/** What a scheme's figures mean, a sentence each. */
export function judge(report: SimulationReport, scheme: SchemeReport): Judgement {
  const full = report.evaluation?.perplexity;
  if (full === undefined || scheme.evaluation === undefined) return judgeByWeights(scheme);
  const increase = scheme.evaluation.perplexity / full - 1;
  const measured = `perplexity ${scheme.evaluation.perplexity.toFixed(2)} against ${full.toFixed(2)} (${signed(increase)}), the same first choice on ${percent(scheme.evaluation.top1Agreement)} of tokens`;
  const say = (grade: Judgement['grade'], words: string) => ({
    scheme: scheme.scheme,
    grade,
    words: `${words}: ${measured}`,
  });
  if (!Number.isFinite(increase)) return say('error', 'breaks the model');
  if (increase <= INDISTINGUISHABLE) return say('ok', 'no loss that this text shows');
  if (increase <= SMALL) return say('ok', 'a small loss');
  if (increase <= VISIBLE)
    return say('warning', 'a visible loss, try a milder scheme or keep the worst layers unquantized');
  return say('error', 'a heavy loss, do not deploy this');
}

/** Weight error alone cannot promise quality, so the sentence says what it is. */
function judgeByWeights({ scheme, weights }: SchemeReport): Judgement {
  const error = `weights differ by ${percent(weights.relativeError, 2)} of their size`;
  return {
    scheme,
    grade: weights.relativeError > 0.2 ? 'warning' : 'ok',
    words: `${error}; what that does to answers was not measured`,
  };
}

function signed(share: number): string {
  return `${share >= 0 ? '+' : '−'}${percent(Math.abs(share))}`;
}
