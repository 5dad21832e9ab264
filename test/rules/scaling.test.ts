import { findingOf, findingsOf, spec } from './own-findings';

const endpoint = (parts: object, region?: string) => spec({ endpoint: parts, region });

describe('scale to zero', () => {
  test('needs inference components or asynchronous inference', () => {
    const rule = 'SCALE_TO_ZERO_NEEDS_COMPONENTS';
    expect(findingOf(rule, endpoint({ minInstanceCount: 0 }))).toMatchObject({
      severity: 'error',
      path: '/endpoint/minInstanceCount',
    });
    expect(
      findingOf(rule, endpoint({ minInstanceCount: 0, inferenceComponents: false, asyncInference: false })),
    ).toBeDefined();
    expect(findingOf(rule, endpoint({ minInstanceCount: 0, asyncInference: true }))).toBeUndefined();
    expect(findingOf(rule, endpoint({ minInstanceCount: 0, inferenceComponents: true }))).toBeUndefined();
    expect(findingOf(rule, endpoint({ minInstanceCount: 1 }))).toBeUndefined();
    expect(findingOf(rule, endpoint({}))).toBeUndefined();
  });
  test('is refused in eu-west-3', () => {
    const rule = 'SCALE_TO_ZERO_REFUSED_IN_REGION';
    const components = { minInstanceCount: 0, inferenceComponents: true };
    expect(findingOf(rule, endpoint(components, 'eu-west-3'))).toMatchObject({
      severity: 'error',
      got: 'minInstanceCount 0',
    });
    expect(findingOf(rule, endpoint(components, 'eu-west-1'))).toBeUndefined();
    expect(findingOf(rule, endpoint(components))).toBeUndefined();
    expect(findingOf(rule, endpoint({ minInstanceCount: 0, asyncInference: true }, 'eu-west-3'))).toBeUndefined();
  });
});

describe('instance counts', () => {
  const rule = 'INSTANCE_COUNTS_CONTRADICT';
  test.each([
    [{ initialInstanceCount: 0 }, '/endpoint/initialInstanceCount', 'set initialInstanceCount to 1'],
    [{ maxInstanceCount: 0 }, '/endpoint/maxInstanceCount', 'set maxInstanceCount to 1 or more'],
    [{ minInstanceCount: 3, maxInstanceCount: 2 }, '/endpoint/minInstanceCount', 'set minInstanceCount to 2 or less'],
    [
      { initialInstanceCount: 3, maxInstanceCount: 2 },
      '/endpoint/initialInstanceCount',
      'set initialInstanceCount to 2 or less',
    ],
  ])('%j', (parts, path, fix) => {
    expect(findingOf(rule, endpoint(parts))).toMatchObject({ severity: 'error', path, fix });
  });
  test('may be equal, and need not be given', () => {
    expect(findingsOf(rule, endpoint({ initialInstanceCount: 2, minInstanceCount: 2, maxInstanceCount: 2 }))).toEqual(
      [],
    );
    expect(findingsOf(rule, endpoint({ minInstanceCount: 3 }))).toEqual([]);
    expect(findingsOf(rule, spec())).toEqual([]);
  });
  test('begin at the minimum', () => {
    const warn = 'INITIAL_COUNT_BELOW_MINIMUM';
    expect(findingOf(warn, endpoint({ initialInstanceCount: 1, minInstanceCount: 2 }))).toMatchObject({
      severity: 'warning',
      fix: 'set initialInstanceCount to 2',
    });
    expect(findingOf(warn, endpoint({ initialInstanceCount: 2, minInstanceCount: 2 }))).toBeUndefined();
    expect(findingOf(warn, endpoint({ initialInstanceCount: 0, minInstanceCount: 2 }))).toBeUndefined();
    expect(findingOf(warn, endpoint({ minInstanceCount: 2 }))).toBeUndefined();
  });
});

describe('copies', () => {
  test('begin with one, and belong to inference components', () => {
    expect(findingOf('COPY_COUNT_ZERO', endpoint({ copyCount: 0 }))).toMatchObject({
      severity: 'error',
      fix: 'set copyCount to 1',
    });
    expect(findingOf('COPY_COUNT_ZERO', endpoint({ copyCount: 1 }))).toBeUndefined();
    expect(findingOf('COPIES_WITHOUT_COMPONENTS', endpoint({ copyCount: 2 }))).toMatchObject({
      severity: 'warning',
      got: 'copyCount 2',
    });
    expect(findingOf('COPIES_WITHOUT_COMPONENTS', endpoint({ copyCount: 1 }))).toBeUndefined();
    expect(
      findingOf('COPIES_WITHOUT_COMPONENTS', endpoint({ copyCount: 2, inferenceComponents: true })),
    ).toBeUndefined();
  });
  test('fit on the GPUs of the instances', () => {
    const rule = 'COPIES_DO_NOT_FIT';
    const on = (copyCount: number, tensorParallelSize: number, counts: object = {}, instanceType = 'ml.g5.12xlarge') =>
      spec({
        container: { family: 'vllm' },
        instanceType,
        options: { tensorParallelSize },
        endpoint: { inferenceComponents: true, copyCount, ...counts },
      });
    expect(findingOf(rule, on(4, 1))).toBeUndefined();
    expect(findingOf(rule, on(5, 1))).toMatchObject({
      severity: 'error',
      allowed: '4 or fewer',
      fix: 'set maxInstanceCount to 2, or copyCount to 4',
    });
    expect(findingOf(rule, on(3, 2))?.message).toContain(
      '3 copies of 2 GPUs do not fit: ml.g5.12xlarge takes 2, and there are at most 1 instance',
    );
    expect(findingOf(rule, on(8, 1, { maxInstanceCount: 2 }))).toBeUndefined();
    expect(findingOf(rule, on(8, 1, { initialInstanceCount: 2 }))).toBeUndefined();
    expect(findingOf(rule, on(9, 1, { initialInstanceCount: 2 }))?.message).toContain('2 instances');
    expect(findingOf(rule, on(9, 8))).toBeUndefined();
    expect(findingOf(rule, on(9, 1, { inferenceComponents: false }))).toBeUndefined();
    expect(findingOf(rule, on(9, 1, {}, 'ml.c7i.2xlarge'))).toBeUndefined();
  });

  test('and on Neuron devices, which have two cores each', () => {
    const rule = 'COPIES_DO_NOT_FIT';
    const on = (copyCount: number, parts: object = {}) =>
      findingOf(
        rule,
        spec({
          container: { family: 'hf-vllm-neuron' },
          instanceType: 'ml.inf2.48xlarge',
          options: { tensorParallelSize: 8 },
          endpoint: { inferenceComponents: true, copyCount },
          ...parts,
        }),
      );
    expect(on(3)).toBeUndefined();
    expect(on(4)?.message).toContain('4 copies of 4 devices do not fit: ml.inf2.48xlarge takes 3');
    // An odd core has its device for itself.
    expect(on(12, { options: { tensorParallelSize: 1 } })).toBeUndefined();
    expect(on(13, { options: { tensorParallelSize: 1 } })?.message).toContain('13 copies of 1 device do not fit');
    expect(on(4, { options: {} })).toBeUndefined();
    expect(on(4, { instanceType: 'ml.trn2.48xlarge', options: { tensorParallelSize: 16 } })).toBeUndefined();
    expect(on(5, { instanceType: 'ml.trn2.48xlarge', options: { tensorParallelSize: 16 } })).toBeDefined();
  });
});

test('the number of burstable instances is not scaled', () => {
  const of = (instanceType: string, parts: object) =>
    findingOf('BURSTABLE_NOT_SCALED', spec({ instanceType, endpoint: parts }));
  expect(of('ml.t2.xlarge', { minInstanceCount: 1, maxInstanceCount: 2 })).toMatchObject({ severity: 'error' });
  expect(of('ml.t2.xlarge', { initialInstanceCount: 2, maxInstanceCount: 2 })).toBeUndefined();
  expect(of('ml.t2.xlarge', { minInstanceCount: 1 })).toBeUndefined();
  expect(of('ml.trn1.2xlarge', { minInstanceCount: 1, maxInstanceCount: 2 })).toBeUndefined();
});
