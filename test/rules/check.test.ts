import { check, evaluateRules, planAnswer, RULES, verdictOf } from '../../lib/rules';
import { ruleContext } from '../../lib/rules/evaluate';
import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { SpecError } from '../../lib/errors';
import { LLAMA_8B, QWEN3_SMALL } from '../../lib/rules/helpers/samples';
import { distinctFindings, variantsOf } from '../../lib/rules/variants';
import type { Rule } from '../../lib/rules';
import { RULES_UNDER_TEST } from './rules-under-test';

const AMI = 'al2023-ami-sagemaker-inference-gpu-4-1';
const sound = {
  id: 'sound',
  model: { config: QWEN3_SMALL },
  container: { family: 'vllm' },
  instanceType: 'ml.g5.xlarge',
  options: { maxModelLen: 4096 },
  endpoint: { inferenceAmiVersion: AMI },
};
const rulesOf = (spec: unknown) => check(spec).findings.map(({ rule }) => rule);

describe('check', () => {
  test('echoes the id and finds nothing in a sound spec', () => {
    expect(check(sound)).toEqual({ id: 'sound', verdict: 'ok', findings: [] });
  });

  test.each([[undefined], [null], [7], ['x'], [[]], [{}], [{ model: 7 }], [{ modle: {} }]])(
    'answers %p with findings',
    (value) => {
      const answer = check(value);
      expect(answer.id).toBeNull();
      expect(answer.verdict).toBe('error');
      for (const { rule } of answer.findings) expect(rule).toMatch(/^SPEC_/);
    },
  );

  test('keeps the id of a spec that cannot be read', () => {
    expect(check({ id: 'mine', model: {}, optoins: {} })).toMatchObject({ id: 'mine', verdict: 'error' });
  });

  test('turns what the model reader and the scheme parser refuse into findings', () => {
    expect(rulesOf({ model: { config: { architectures: ['LlamaForCausalLM'] } } })[0]).toMatch(/^MODEL_CONFIG_/);
    expect(rulesOf({ model: { config: LLAMA_8B }, quantization: 'awk' })).toContain('SCHEME_UNKNOWN');
  });

  test('reports errors before warnings, and carries no empty keys', () => {
    const { findings } = check({ ...sound, options: { maxModelLen: 4096, slots: 2, tensorParallelSize: 3 } });
    const severities = findings.map(({ severity }) => severity);
    expect(severities).toEqual([...severities].sort());
    expect(severities).toContain('warning');
    for (const finding of findings) expect(Object.values(finding)).not.toContain(undefined);
  });
});

describe('instance pools', () => {
  const pools = (...instancePools: object[]) => check({ ...sound, instanceType: undefined, instancePools });

  test('are each checked as an endpoint of their own, with the pool named', () => {
    const { findings } = pools(
      { instanceType: 'ml.g5.xlarge', priority: 1 },
      { instanceType: 'ml.g4dn.xlarge', priority: 2, quantization: 'mxfp4' },
    );
    const finding = findings.find(({ rule }) => rule === 'QUANTIZATION_NEEDS_NEWER_GPU');
    expect(finding?.path).toBe('/instancePools/1/instanceType');
    expect(finding?.message).toMatch(/^instance pool 2 \(ml\.g4dn\.xlarge\): /);
  });

  test('report once what they share', () => {
    const { findings } = pools({ instanceType: 'ml.g5.xlarge' }, { instanceType: 'ml.g5.2xlarge' });
    expect(findings).toEqual([]);
    const shared = check({
      ...sound,
      instanceType: undefined,
      options: { maxModelLen: 4096, slots: 2 },
      instancePools: [{ instanceType: 'ml.g5.xlarge' }, { instanceType: 'ml.g5.2xlarge' }],
    });
    expect(shared.findings.filter(({ rule }) => rule === 'OPTION_NOT_READ_BY_SERVER')).toHaveLength(1);
  });

  test('plan the pool that is tried first', () => {
    const instancePools = [
      { instanceType: 'ml.g5.xlarge', priority: 2 },
      { instanceType: 'ml.g6e.xlarge', priority: 1 },
    ];
    const answer = planAnswer({ ...sound, instanceType: undefined, instancePools });
    expect(answer.memory.total).toBeGreaterThan(40 * 2 ** 30);
  });

  test('with a model of their own are quantized as that says', () => {
    const own = { architectures: ['LlamaForCausalLM'] };
    const { findings } = pools({ instanceType: 'ml.g5.xlarge', model: { config: own } });
    expect(findings.some(({ rule }) => rule.startsWith('MODEL_CONFIG_'))).toBe(true);
  });
});

describe('variants of a spec with pools', () => {
  const own = { id: 'org/own' };
  const spec = {
    model: { id: 'org/model' },
    quantization: 'fp8',
    instancePools: [
      { instanceType: 'a', priority: 3 },
      { instanceType: 'b' },
      { instanceType: 'c', priority: 2, model: own },
      { instanceType: 'd', priority: 1, model: own, quantization: 'awq' },
    ],
  };
  const variants = variantsOf(spec);

  test('come in the order in which pools are tried, each with its own model and scheme', () => {
    expect(
      variants.map(({ spec: { instanceType, quantization, model, instancePools } }) => [
        instanceType,
        quantization,
        model.id,
        instancePools,
      ]),
    ).toEqual([
      ['b', 'fp8', 'org/model', undefined],
      ['d', 'awq', 'org/own', undefined],
      ['c', undefined, 'org/own', undefined],
      ['a', 'fp8', 'org/model', undefined],
    ]);
  });

  test.each([
    [0, '/instanceType', '/instancePools/1/instanceType'],
    [0, '/model', '/model'],
    [0, '/model/config', '/model/config'],
    [0, '/quantization', '/quantization'],
    [1, '/model', '/instancePools/3/model'],
    [1, '/model/config/x', '/instancePools/3/model/config/x'],
    [1, '/quantization', '/instancePools/3/quantization'],
    [2, '/quantization', '/quantization'],
    [1, '/modelled', '/modelled'],
    [1, '/options/model/', '/options/model/'],
    [1, undefined, undefined],
  ])('variant %d speaks of %p as %p', (index, path, expected) => {
    const finding = { rule: 'X', severity: 'error', message: 'm', path } as const;
    const translated = variants[index].translate(finding);
    expect(translated.path).toBe(expected);
    const isOwn = expected?.startsWith('/instancePools/') === true;
    expect(translated.message).toMatch(isOwn ? /^instance pool \d \([bd]\): m$/ : /^m$/);
  });

  test('one, where there are no pools', () => {
    expect(variantsOf({ model: own })).toHaveLength(1);
    expect(variantsOf({ model: own, instancePools: [] })).toHaveLength(1);
  });

  test('keep findings that differ in rule, place or words', () => {
    const finding = { rule: 'X', severity: 'error', message: 'm' } as const;
    const different = [finding, { ...finding, path: '/a' }, { ...finding, rule: 'Y' }, { ...finding, message: 'n' }];
    expect(distinctFindings([...different, ...different])).toEqual(different);
    expect(distinctFindings([finding])).toEqual([finding]);
  });
});

describe('findings of several pools', () => {
  test('have the errors of all before the warnings of any', () => {
    const { findings } = check({
      ...sound,
      instanceType: undefined,
      options: { maxModelLen: 4096, slots: 2 },
      instancePools: [{ instanceType: 'ml.g5.xlarge' }, { instanceType: 'ml.p2.xlarge' }],
    });
    const severities = findings.map(({ severity }) => severity);
    expect(new Set(severities)).toEqual(new Set(['error', 'warning']));
    expect(severities.lastIndexOf('error')).toBeLessThan(severities.indexOf('warning'));
  });
});

describe('planAnswer', () => {
  test('has the plan, the verdict and the findings', () => {
    const answer = planAnswer(sound);
    expect(answer).toMatchObject({ id: 'sound', verdict: 'ok', findings: [] });
    expect(answer.parameters).toBeGreaterThan(5e8);
    expect(answer.kvCacheTokens).toBeGreaterThan(4096);
  });

  test('has null for every figure of a spec that cannot be read', () => {
    const { verdict, parameters, memory, estimate, cost } = planAnswer({ modle: {} });
    expect(verdict).toBe('error');
    expect(
      [parameters, ...Object.values(memory), ...Object.values(estimate), ...Object.values(cost)].every(
        (figure) => figure === null,
      ),
    ).toBe(true);
  });
});

describe('evaluateRules', () => {
  const rule = (evaluate: Rule['evaluate'], severity: Rule['severity'] = 'error'): Rule => ({
    ...RULES[0],
    id: 'TEST_RULE',
    severity,
    evaluate,
  });
  const resolved = resolveEndpoint({ model: {} });

  test('fills in id and severity, which a finding may lower', () => {
    const findings = evaluateRules(resolved, [rule(() => [{ message: 'a' }, { message: 'b', severity: 'warning' }])]);
    expect(findings).toStrictEqual([
      { rule: 'TEST_RULE', severity: 'error', message: 'a' },
      { rule: 'TEST_RULE', severity: 'warning', message: 'b' },
    ]);
  });

  test('turns a typed error of a rule into a finding, and lets a fault of ours through', () => {
    const typed = rule(() => {
      throw new SpecError('SPEC_TEST', 'typed', { fix: 'x' });
    });
    expect(evaluateRules(resolved, [typed])).toEqual([
      { rule: 'SPEC_TEST', severity: 'error', message: 'typed', fix: 'x' },
    ]);
    const fault = rule(() => {
      throw new TypeError('fault');
    });
    expect(() => evaluateRules(resolved, [fault])).toThrow(TypeError);
  });

  test('hears the rules after one that throws, and keeps their order', () => {
    const typed = rule(() => {
      throw new SpecError('SPEC_TEST', 'typed');
    });
    const warns = rule(() => [{ message: 'a', severity: 'warning' }]);
    const errs = rule(() => [{ message: 'b' }]);
    const messages = evaluateRules(resolved, [typed, warns, typed, errs, typed]).map(({ message }) => message);
    expect(messages).toEqual(['typed', 'typed', 'b', 'typed', 'a']);
  });

  test('makes the plan once, and only when it is asked for', () => {
    const context = ruleContext(resolveEndpoint({ model: { config: LLAMA_8B } }));
    expect(context.plan).toBe(context.plan);
    expect(context.given).toBe(context.spec);
  });
});

test('the verdict is the gravest severity', () => {
  const finding = { rule: 'R', message: 'm' };
  expect(verdictOf([])).toBe('ok');
  expect(verdictOf([{ ...finding, severity: 'warning' }])).toBe('warning');
  expect(
    verdictOf([
      { ...finding, severity: 'warning' },
      { ...finding, severity: 'error' },
    ]),
  ).toBe('error');
});

test.each(RULES_UNDER_TEST.map((rule) => [rule.id, rule] as const))(
  'check finds in the examples of %s what it finds',
  (id, rule) => {
    for (const spec of rule.examples.fails) expect(check(spec).findings.map((finding) => finding.rule)).toContain(id);
    for (const spec of rule.examples.passes)
      expect(check(spec).findings.map((finding) => finding.rule)).not.toContain(id);
  },
);
