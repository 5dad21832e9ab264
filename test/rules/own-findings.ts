import { check } from '../../lib/rules';
import { LLAMA_8B } from '../../lib/rules/helpers/samples';
import type { Finding } from '../../lib/rules';

/** A spec of an 8 B Llama with these parts. */
export function spec(parts: object = {}, model: object = {}): object {
  return { model: { config: LLAMA_8B, ...model }, ...parts };
}

/** What one rule finds in a spec. */
export function findingsOf(rule: string, value: object): readonly Finding[] {
  return check(value).findings.filter((finding) => finding.rule === rule);
}

/** The one thing a rule finds; undefined where it finds nothing. */
export function findingOf(rule: string, value: object): Finding | undefined {
  const findings = findingsOf(rule, value);
  if (findings.length > 1) throw new Error(`${rule} found ${findings.length} things`);
  return findings[0];
}
