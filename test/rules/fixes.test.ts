import { readFileSync } from 'node:fs';
import path from 'node:path';
import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { evaluateRules, RULES } from '../../lib/rules';
import { readSpec } from '../../lib/spec';
import { RULES_UNDER_TEST } from './rules-under-test';
import { applyFix } from './apply-fix';

/**
 * How many alternatives of its fixes can be done by a program, for each failing example of a rule. A change here is a fix that says less, or
 * more, than before; the rest of a fix is for a person to do.
 */
const COUNTS = JSON.parse(readFileSync(path.join(__dirname, 'fixtures/fixes.json'), 'utf8')) as Readonly<
  Record<string, readonly number[]>
>;

test('the counts are those of rules', () => {
  expect(Object.keys(COUNTS)).toEqual(RULES.map(({ id }) => id).sort());
});

describe.each(RULES_UNDER_TEST.map((rule) => [rule.id, rule] as const))('the fixes of %s', (id, rule) => {
  test.each(rule.examples.fails.map((spec, index) => [index, spec] as const))('for example %i', (index, value) => {
    const { spec } = readSpec(value);
    if (spec === undefined) throw new Error('an example that is no spec');
    let done = 0;
    for (const finding of evaluateRules(resolveEndpoint(spec), [rule])) {
      const { fix } = finding;
      for (const fixed of applyFix(value, finding)) {
        const read = readSpec(fixed);
        expect({ fix, problems: read.problems }).toEqual({ fix, problems: [] });
        const left = read.spec === undefined ? [] : evaluateRules(resolveEndpoint(read.spec), [rule]);
        expect({ fix, left: left.filter((other) => other.path === finding.path) }).toEqual({ fix, left: [] });
        done++;
      }
    }
    expect(done).toBe(COUNTS[id][index]);
  });
});
