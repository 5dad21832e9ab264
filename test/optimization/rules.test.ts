import { checkOptimization } from '../../lib/optimization';
import { OPTIMIZATION_RULES } from '../../lib/optimization/rules';
import type { OptimizationSpec } from '../../lib/optimization';

const rulesOf = (spec: OptimizationSpec) => checkOptimization(spec).map(({ rule }) => rule);

describe.each(OPTIMIZATION_RULES.map((rule) => [rule.id, rule] as const))('%s', (id, { examples, severity }) => {
  test.each(examples.passes.map((spec, index) => [index, spec] as const))('lets example %i through', (_, spec) => {
    expect(rulesOf(spec)).not.toContain(id);
  });

  test.each(examples.fails.map((spec, index) => [index, spec] as const))('finds example %i', (_, spec) => {
    const findings = checkOptimization(spec).filter(({ rule }) => rule === id);
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({ severity, got: expect.any(String), allowed: expect.any(String) });
    expect(findings[0].fix).toMatch(/\w/);
  });
});

test('ids are unique', () => {
  const ids = OPTIMIZATION_RULES.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
});

test('a plain AWQ job has nothing wrong with it', () => {
  const [{ examples }] = OPTIMIZATION_RULES;
  expect(checkOptimization({ ...examples.passes[0], technique: { kind: 'awq' } })).toEqual([]);
});

test('the fix of a group that does not divide does divide', () => {
  const spec = OPTIMIZATION_RULES.find(({ id }) => id === 'OPTIMIZATION_GROUP_NOT_A_DIVISOR')!.examples.fails[1];
  const [{ fix }] = checkOptimization(spec).filter(({ rule }) => rule === 'OPTIMIZATION_GROUP_NOT_A_DIVISOR');
  const groupSize = Number(/\d+/.exec(fix!)![0]);
  expect(rulesOf({ ...spec, technique: { kind: 'awq', groupSize } })).not.toContain('OPTIMIZATION_GROUP_NOT_A_DIVISOR');
});

test('what only deployment knows is not judged', () => {
  expect(checkOptimization({ technique: { kind: 'fp8' }, model: {} })).toEqual([]);
});

test('a config of an unknown form stops no job', () => {
  expect(checkOptimization({ technique: { kind: 'awq' }, model: { config: { hidden_size: 'many' } } })).toEqual([]);
});
