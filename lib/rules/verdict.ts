import type { Finding, Verdict } from './types';

/** The gravest severity among the findings. */
export function verdictOf(findings: readonly Finding[]): Verdict {
  if (findings.some((finding) => finding.severity === 'error')) return 'error';
  return findings.length > 0 ? 'warning' : 'ok';
}
