import { fleetFindings, idleInstances, packFleet, type Fleet, type FleetMember } from '../../lib/fleet';
import { findInstance } from '../../lib/hardware';

const GIB = 2 ** 30;
const member = (id: string, accelerators: number, more: Partial<FleetMember> = {}): FleetMember => ({
  id,
  reserves: { accelerators, cpuCores: 0, memoryBytes: 4 * GIB },
  minCopies: 1,
  initialCopies: 1,
  maxCopies: 1,
  ...more,
});
const fleet = (members: readonly FleetMember[], maxInstances = 1, instanceType = 'ml.g6.12xlarge'): Fleet => ({
  instance: findInstance(instanceType)!,
  minInstances: 1,
  maxInstances,
  members,
});

describe('the models of a fleet', () => {
  test('that fit together have nothing to report', () => {
    expect(fleetFindings(fleet([member('a', 2), member('b', 1), member('c', 1)]))).toEqual([]);
  });

  test('that do not fit together are refused with the sum, at the one that is too many', () => {
    const [finding, ...more] = fleetFindings(fleet([member('a', 2), member('b', 2), member('c', 1)]));
    expect(more).toEqual([]);
    expect(finding).toMatchObject({
      rule: 'FLEET_DOES_NOT_FIT',
      severity: 'error',
      message: expect.stringMatching(/^with c, .* 1 × ml\.g6\.12xlarge .* need 2 instances$/),
      fix: expect.stringContaining('set maxInstanceCount to 2'),
    });
    expect(fleetFindings(fleet([member('a', 2), member('b', 2), member('c', 1)], 2))).toEqual([]);
  });

  test('that cannot all have their most copies at once are a warning', () => {
    expect(fleetFindings(fleet([member('a', 1, { maxCopies: 3 }), member('b', 2)]))).toMatchObject([
      { rule: 'FLEET_MAXIMA_DO_NOT_FIT', severity: 'warning', fix: expect.stringContaining('to 2') },
    ]);
  });

  test('one that is larger than the instance is refused, with one that holds it', () => {
    expect(fleetFindings(fleet([member('a', 8)]))).toMatchObject([
      { rule: 'FLEET_MODEL_EXCEEDS_INSTANCE', got: '8', allowed: 'up to 4', fix: 'use ml.g6.48xlarge' },
    ]);
    const memory = member('a', 1, { reserves: { accelerators: 1, cpuCores: 0, memoryBytes: 500 * GIB } });
    expect(fleetFindings(fleet([memory]))).toMatchObject([
      { rule: 'FLEET_MODEL_EXCEEDS_INSTANCE', got: '500.0 GiB', message: expect.stringContaining('host memory') },
    ]);
  });

  test.each([
    [{ initialCopies: 0, minCopies: 0 }, 'set initialCopies to 1'],
    [{ minCopies: 2 }, 'set minCopies to 1'],
    [{ initialCopies: 2 }, 'set initialCopies to 1'],
    [{ minCopies: 2, maxCopies: 3 }, 'set initialCopies to 2'],
    [{ maxCopies: 1.5 }, 'give whole numbers'],
    [{ minCopies: -1 }, 'give whole numbers'],
  ])('with %j are refused', (copies, fix) => {
    expect(fleetFindings(fleet([member('a', 1, copies)]))).toMatchObject([
      { rule: 'FLEET_COPIES_OUT_OF_RANGE', severity: 'error', fix },
    ]);
  });

  test('may leave instances without work', () => {
    const members = [member('a', 1, { maxCopies: 4 })];
    expect(idleInstances({ ...fleet(members, 3), minInstances: 3 })).toBe(2);
    expect(idleInstances(fleet(members, 3))).toBe(0);
    expect(idleInstances(fleet([member('a', 8)]))).toBe(0);
  });

  test('are packed by the number of copies that is asked about', () => {
    const members = [member('a', 2, { minCopies: 0, maxCopies: 3 })];
    expect(packFleet(fleet(members), 'minCopies')!.instances).toHaveLength(0);
    expect(packFleet(fleet(members), 'initialCopies')!.instances).toHaveLength(1);
    expect(packFleet(fleet(members), 'maxCopies')!.instances).toHaveLength(2);
  });
});
