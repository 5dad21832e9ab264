import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { evaluateRules, RULES } from '../../lib/rules';
import { readSpec } from '../../lib/spec';
import { applyFix } from './apply-fix';

describe.each(RULES.map((rule) => [rule.id, rule] as const))('the fixes of %s', (_id, rule) => {
  test.each(rule.examples.fails.map((spec, index) => [index, spec] as const))('for example %i', (_index, value) => {
    const { spec } = readSpec(value);
    if (spec === undefined) throw new Error('an example that is no spec');
    for (const finding of evaluateRules(resolveEndpoint(spec), [rule])) {
      for (const fixed of applyFix(value, finding)) {
        const read = readSpec(fixed);
        expect({ fix: finding.fix, problems: read.problems }).toEqual({ fix: finding.fix, problems: [] });
        const left = read.spec === undefined ? [] : evaluateRules(resolveEndpoint(read.spec), [rule]);
        expect({ fix: finding.fix, left: left.filter(({ path }) => path === finding.path) }).toEqual({
          fix: finding.fix,
          left: [],
        });
      }
    }
  });
});
