import { readdirSync } from 'node:fs';
import path from 'node:path';
import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { evaluateRules, findRule, RULE_CAUSES, RULES, RULES_BY_CAUSE } from '../../lib/rules';
import { readSpec } from '../../lib/spec';
import { RULES_UNDER_TEST } from './rules-under-test';

const root = path.join(__dirname, '../../lib/rules');
const fileOf = (id: string) => `${id.toLowerCase().replace(/_/g, '-')}.ts`;

describe('the registry', () => {
  test('has every rule file, and a file for every rule, named by its id', () => {
    for (const cause of RULE_CAUSES) {
      const files = readdirSync(path.join(root, cause)).filter((name) => name !== 'index.ts');
      expect(RULES_BY_CAUSE[cause].map((rule) => fileOf(rule.id)).sort()).toEqual(files.sort());
    }
  });

  test('has each id once, in the form of an id', () => {
    const ids = RULES.map((rule) => rule.id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/);
  });

  test('finds a rule by its id in any letter case', () => {
    expect(findRule('bfloat16_needs_ampere')?.id).toBe('BFLOAT16_NEEDS_AMPERE');
    expect(findRule('NO_SUCH_RULE')).toBeUndefined();
  });
});

describe.each(RULES_UNDER_TEST.map((rule) => [rule.id, rule] as const))('%s', (_id, rule) => {
  // The rule alone: what it finds must not hang on any other, and a mutant of it is met by its own examples only.
  const own = (value: unknown) => {
    const { spec, problems } = readSpec(value);
    expect(problems).toEqual([]);
    return spec === undefined ? [] : evaluateRules(resolveEndpoint(spec), [rule]);
  };

  test('says what it checks, why, and where that comes from', () => {
    for (const text of [rule.summary, rule.explanation, rule.source]) expect(text.length).toBeGreaterThan(15);
    expect(rule.summary).not.toMatch(/[.\n]$/);
    expect(rule.examples.passes.length).toBeGreaterThan(0);
    expect(rule.examples.fails.length).toBeGreaterThan(0);
  });

  test.each(rule.examples.passes.map((spec, index) => [index, spec]))('passes example %i', (_, spec) => {
    expect(own(spec)).toEqual([]);
  });

  test.each(rule.examples.fails.map((spec, index) => [index, spec]))('refuses example %i', (_, spec) => {
    const findings = own(spec);
    expect(findings.length).toBeGreaterThan(0);
    for (const finding of findings) {
      expect(['error', 'warning']).toContain(finding.severity);
      if (rule.severity === 'warning') expect(finding.severity).toBe('warning');
      expect(finding.message).not.toMatch(/undefined|NaN|null|\[object|Infinity/);
      expect(finding.fix).toBeTruthy();
      expect(finding.path).toMatch(/^\//);
      // House form: the fix ends the message, after a colon.
      expect(finding.message.endsWith(`: ${finding.fix}`)).toBe(true);
    }
  });
});
