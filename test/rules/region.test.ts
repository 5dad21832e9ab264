import { findingOf, spec } from './own-findings';

describe('REGION_UNKNOWN', () => {
  const region = (name: string) => findingOf('REGION_UNKNOWN', spec({ region: name }));
  test.each(['us-east-1', 'cn-northwest-1', 'eusc-de-east-1', '${Token[AWS.Region.4]}'])(
    '%s is known or not yet',
    (name) => {
      expect(region(name)).toBeUndefined();
    },
  );
  test.each([
    ['us-east1', 'error', 'use us-east-1'],
    ['eu-west-9', 'warning', 'use eu-west-1, or check images and instance types by hand'],
    ['nowhere', 'error', 'use a region such as us-east-1'],
    ['', 'error', 'use a region such as us-east-1'],
  ])('%p is %s', (name, severity, fix) => {
    expect(region(name)).toMatchObject({ severity, fix, path: '/region', got: name });
  });
});

describe('INSTANCE_NOT_IN_REGION', () => {
  const rule = 'INSTANCE_NOT_IN_REGION';
  test('names where the type is, and what is as good here', () => {
    expect(findingOf(rule, spec({ instanceType: 'ml.p5e.48xlarge', region: 'af-south-1' }))).toMatchObject({
      severity: 'error',
      path: '/instanceType',
      fix: expect.stringContaining('deploy in'),
    });
    const finding = findingOf(rule, spec({ instanceType: 'ml.g6e.xlarge', region: 'eu-west-1' }));
    expect(finding?.got).toBe('ml.g6e.xlarge in eu-west-1');
    expect(finding?.allowed).toMatch(/^eu-/);
  });
  test.each([
    ['ml.g5.xlarge', 'us-east-1'],
    ['ml.p3.2xlarge', 'us-east-1'],
    ['ml.g5.xlarge', 'cn-north-1'],
    ['ml.g5.3xlarge', 'us-east-1'],
  ])('%s in %s is not refused', (instanceType, region) => {
    expect(findingOf(rule, spec({ instanceType, region }))).toBeUndefined();
  });
});
