import { findInstance, findPrice, instanceTypes } from '../../lib/hardware';
import type { Instance } from '../../lib/hardware/types';
import { findingOf, findingsOf, spec } from './own-findings';

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

describe.each(['us-east-1', 'eu-central-1', 'af-south-1', 'ap-southeast-3'])('what is proposed in %s', (region) => {
  const all = instanceTypes()
    .map((type) => findInstance(type))
    .filter((instance): instance is Instance => instance !== undefined);
  const accelerator = ({ accelerator: of }: Instance) => [of?.memoryBytesUsable ?? 0, of?.sm ?? 0] as const;
  const isAsGood = (other: Instance, instance: Instance): boolean =>
    other.kind === instance.kind &&
    other.acceleratorCount >= instance.acceleratorCount &&
    accelerator(other).every((value, index) => value >= accelerator(instance)[index]);
  const price = ({ instanceType }: Instance): number => findPrice(instanceType, region)?.usdPerHour ?? Infinity;
  const missing = all.filter(({ regions }) => regions.length > 0 && !regions.includes(region));

  test('is as good, is there, and is the cheapest such', () => {
    expect(missing.length).toBeGreaterThan(0);
    for (const instance of missing) {
      const fix = findingOf('INSTANCE_NOT_IN_REGION', spec({ instanceType: instance.instanceType, region }))?.fix;
      const proposed = /^use (ml\.[\w.-]+), or deploy in /.exec(fix ?? '')?.[1];
      const candidates = all.filter((other) => other.regions.includes(region) && isAsGood(other, instance));
      expect({ instance: instance.instanceType, found: proposed !== undefined }).toEqual({
        instance: instance.instanceType,
        found: candidates.length > 0,
      });
      if (proposed === undefined) {
        expect(fix).toMatch(/^deploy in [a-z]/);
        continue;
      }
      const better = candidates.find(({ instanceType }) => instanceType === proposed);
      expect({ instance: instance.instanceType, proposed, isAsGood: better !== undefined }).toMatchObject({
        isAsGood: true,
      });
      if (better !== undefined && price(better) < Infinity)
        expect(price(better)).toBe(Math.min(...candidates.map((other) => price(other))));
    }
  });

  test('leaves the data as they were', () => {
    const [instance] = missing;
    const before = [...instance.regions];
    findingOf('INSTANCE_NOT_IN_REGION', spec({ instanceType: instance.instanceType, region }));
    expect(findInstance(instance.instanceType)?.regions).toEqual(before);
  });
});

test.each([
  ['eu-south-1', true, 1],
  ['af-south-1', true, 1],
  ['eu-south-1', false, 0],
  ['us-east-1', true, 0],
])('asynchronous inference in %s (%p)', (region, asyncInference, findings) => {
  expect(findingsOf('ASYNC_NOT_IN_REGION', spec({ region, endpoint: { asyncInference } }))).toHaveLength(findings);
});
