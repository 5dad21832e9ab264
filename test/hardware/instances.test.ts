import { ProductionVariantInstanceType } from '@aws-sdk/client-sagemaker';
import fc from 'fast-check';
import {
  accelerators,
  findInstance,
  instanceTypes,
  isOffered,
  knownRegions,
  nearestInstanceTypes,
  requireInstance,
} from '../../lib/hardware';
import { UnknownNameError } from '../../lib/errors';

const GIB = 1024 ** 3;

describe('instance types', () => {
  test('are exactly those of the SageMaker hosting API model', () => {
    expect([...instanceTypes()].sort()).toEqual(Object.values(ProductionVariantInstanceType).sort());
  });

  test('carry what a planner needs: accelerators, memory, disk, network', () => {
    const instance = findInstance('ml.g5.12xlarge');
    expect(instance).toMatchObject({
      family: 'g5',
      size: '12xlarge',
      kind: 'gpu',
      vcpus: 48,
      memoryBytes: 192 * GIB,
      cpuArchitecture: 'x86_64',
      localNvmeBytes: 3800e9,
      networkBandwidth: 5e9,
      volumeSizeAllowed: false,
      acceleratorCount: 4,
    });
    expect(instance?.accelerator).toMatchObject({ key: 'A10G', sm: 86, bandwidth: 600e9 });
  });

  test('are the same object each time they are asked for', () => {
    expect(findInstance('ml.p5.48xlarge')).toBe(findInstance('ml.p5.48xlarge'));
  });

  test.each([
    ['ml.g4dn.xlarge', 'T4', 75],
    ['ml.p4d.24xlarge', 'A100-40', 80],
    ['ml.p4de.24xlarge', 'A100-80', 80],
    ['ml.g6.xlarge', 'L4', 89],
    ['ml.g6e.xlarge', 'L40S', 89],
    ['ml.p5.4xlarge', 'H100', 90],
    ['ml.p5en.48xlarge', 'H200', 90],
    ['ml.p6-b200.48xlarge', 'B200', 100],
    ['ml.p6-b300.48xlarge', 'B300', 103],
    ['ml.g7e.2xlarge', 'RTX PRO 6000', 120],
  ])('%s has %s with compute capability %d', (type, key, sm) => {
    expect(findInstance(type)?.accelerator).toMatchObject({ key, sm });
  });

  test('Neuron instances count their cores and have no compute capability', () => {
    const instance = findInstance('ml.inf2.48xlarge');
    expect(instance?.kind).toBe('neuron');
    expect(instance?.acceleratorCount).toBe(12);
    expect(instance?.accelerator?.neuronCores).toBe(2);
    expect(instance?.accelerator?.sm).toBeUndefined();
  });

  test('accept a volume only without local disk, and say so where that is not known', () => {
    expect(findInstance('ml.inf2.xlarge')?.volumeSizeAllowed).toBe(true);
    expect(findInstance('ml.g6e.xlarge')?.volumeSizeAllowed).toBe(false);
    expect(findInstance('ml.g7.2xlarge')?.volumeSizeAllowed).toBeUndefined();
  });

  test('are built for every row without a missing figure', () => {
    for (const type of instanceTypes()) {
      const instance = requireInstance(type);
      expect(instance.vcpus).toBeGreaterThan(0);
      expect(instance.memoryBytes).toBeGreaterThanOrEqual(GIB);
      expect(instance.acceleratorCount > 0).toBe(instance.accelerator !== undefined);
      expect(instance.kind === 'cpu').toBe(instance.accelerator === undefined);
      expect(instance.kind !== 'cpu' || instance.simd !== undefined).toBe(true);
    }
  });
});

describe('an accelerator', () => {
  test('never has more usable than advertised memory', () => {
    for (const accelerator of accelerators.values())
      expect(accelerator.memoryBytesUsable).toBeLessThanOrEqual(accelerator.memoryBytesAdvertised);
  });
  test('computes at least as fast in a narrower type, where it has one', () => {
    for (const { key, flops } of accelerators.values())
      if (flops.fp8 !== undefined && flops.fp16 !== undefined)
        expect([key, flops.fp8 >= flops.fp16]).toEqual([key, true]);
  });
});

describe('an unknown instance type', () => {
  test.each([
    ['ml.g5.3xlarge', 'ml.g5.2xlarge'],
    ['g5.2xlarge', 'ml.g5.2xlarge'],
    ['ml.g6e.2xlrge', 'ml.g6e.2xlarge'],
    ['ML.P5.48XLARGE', 'ml.p5.48xlarge'],
  ])('%s proposes %s', (name, expected) => {
    expect(nearestInstanceTypes(name)).toContain(expected);
  });

  test('is a typed error that names the nearest', () => {
    const attempt = () => requireInstance('ml.g5.3xlarge');
    expect(attempt).toThrow(UnknownNameError);
    expect(attempt).toThrow(expect.objectContaining({ id: 'INSTANCE_TYPE_UNKNOWN', got: 'ml.g5.3xlarge' }));
  });

  test('whatever its name, is never found and never a TypeError', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), (name) => {
        fc.pre(!instanceTypes().includes(name));
        expect(findInstance(name)).toBeUndefined();
        expect(() => requireInstance(name)).toThrow(UnknownNameError);
      }),
      { seed: 11, numRuns: 200 },
    );
  });

  test.each(['__proto__', 'constructor', 'toString'])('%s is not found', (name) => {
    expect(findInstance(name)).toBeUndefined();
  });
});

describe('a region', () => {
  test('offers some types and not others', () => {
    expect(isOffered(requireInstance('ml.g5.xlarge'), 'us-east-1')).toBe(true);
    expect(isOffered(requireInstance('ml.p5e.48xlarge'), 'af-south-1')).toBe(false);
  });
  test('is not judged where the data does not reach', () => {
    expect(isOffered(requireInstance('ml.g5.xlarge'), 'eusc-de-east-1')).toBeUndefined();
    expect(isOffered(requireInstance('ml.p3.2xlarge'), 'us-east-1')).toBeUndefined();
    expect(knownRegions).not.toContain('cn-north-1');
  });
});
