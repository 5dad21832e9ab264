import { expectationsOf } from '../../lib/observe';
import { QWEN_7B_AWQ } from '../constructs/models';

const SPEC = {
  model: { id: 'Qwen/Qwen2.5-7B-Instruct-AWQ', config: QWEN_7B_AWQ },
  container: { family: 'vllm' as const },
  instanceType: 'ml.g6.2xlarge',
  region: 'us-east-1',
  options: { maxModelLen: 16_384, maxNumSeqs: 16 },
};

test('a planned endpoint has a figure for everything that is measured', () => {
  const expected = expectationsOf(SPEC);
  expect(expected).toMatchObject({
    concurrency: 16,
    gpus: 1,
    engine: 'vllm',
    minInstanceCount: 1,
    maxInstanceCount: 1,
  });
  expect(expected.usdPerHour).toBeGreaterThan(0.5);
  // vLLM takes the share of the memory that it is told to, 0.9 unless otherwise said.
  expect(expected.gpuMemoryUtilization).toBeGreaterThan(80);
  expect(expected.gpuMemoryUtilization).toBeLessThan(100);
});

test('times are those of a full batch: a busy endpoint is as it should be', () => {
  const alone = expectationsOf({ ...SPEC, options: { ...SPEC.options, maxNumSeqs: 1 } });
  expect(expectationsOf(SPEC).interTokenMs!).toBeGreaterThan(alone.interTokenMs!);
});

test('memory of several GPUs is added up, as SageMaker adds it', () => {
  const { gpus, gpuMemoryUtilization } = expectationsOf({
    ...SPEC,
    instanceType: 'ml.g6.12xlarge',
    options: { ...SPEC.options, tensorParallelSize: 4 },
  });
  expect(gpus).toBe(4);
  expect(gpuMemoryUtilization).toBeGreaterThan(320);
});

test('GPUs that the model does not use are planned to be empty', () => {
  const { gpuMemoryUtilization } = expectationsOf({ ...SPEC, instanceType: 'ml.g6.12xlarge' });
  expect(gpuMemoryUtilization).toBeLessThan(100);
});

test('instances are counted as the endpoint scales', () => {
  const counts = (endpoint: object) => {
    const { minInstanceCount, maxInstanceCount } = expectationsOf({ ...SPEC, endpoint });
    return [minInstanceCount, maxInstanceCount];
  };
  expect(counts({ minInstanceCount: 0, maxInstanceCount: 3 })).toEqual([0, 3]);
  expect(counts({ initialInstanceCount: 2 })).toEqual([2, 2]);
});

test('what is not known is left out', () => {
  expect(expectationsOf({ model: { id: 'some/model' }, instanceType: 'ml.unknown.xlarge' })).toEqual({
    gpus: 0,
    minInstanceCount: 1,
    maxInstanceCount: 1,
  });
});
