import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { capacityOf, pack, reservationOf } from '../../lib/fleet';
import { findInstance } from '../../lib/hardware';
import { makePlan } from '../../lib/plan';
import type { EndpointSpec } from '../../lib/spec/types';
import { LLAMA_8B, LLAMA_70B } from '../../lib/rules/helpers/samples';

const GIB = 2 ** 30;

function reserve(instanceType: string, spec: Omit<EndpointSpec, 'instanceType'>) {
  const resolved = resolveEndpoint({ ...spec, instanceType });
  const instance = findInstance(instanceType)!;
  return { reserves: reservationOf(resolved, makePlan(resolved), instance), capacity: capacityOf(instance) };
}
const gpu = (instanceType: string, tensorParallelSize: number, config: object = LLAMA_8B, quantization = 'awq') =>
  reserve(instanceType, {
    model: { config: { ...config } },
    quantization,
    container: { family: 'vllm' },
    options: { tensorParallelSize, maxModelLen: 4096 },
  });

describe('what a copy reserves', () => {
  test('its GPUs, and host memory for the weights that pass through', () => {
    const { reserves } = gpu('ml.g5.12xlarge', 1);
    expect(reserves).toMatchObject({ accelerators: 1, cpuCores: 0 });
    // 5.7 GB of INT4 weights beside a process of 4 GiB.
    expect(reserves.memoryBytes / GIB).toBeGreaterThan(8);
    expect(reserves.memoryBytes / GIB).toBeLessThan(11);
  });

  test('never more of the host than its share of the GPUs, so that as many copies fit as there are GPUs', () => {
    const { reserves, capacity } = gpu('ml.g6.12xlarge', 4, LLAMA_70B, 'fp8');
    expect(reserves.memoryBytes).toBeLessThanOrEqual(capacity.memoryBytes);
    const eight = gpu('ml.g5.48xlarge', 1);
    expect(pack([{ id: 'a', copies: 8, reserves: eight.reserves }], eight.capacity)!.instances).toHaveLength(1);
  });

  test('half of the host where nothing is known of the model', () => {
    const { reserves, capacity } = reserve('ml.g5.2xlarge', { model: {}, container: { family: 'vllm' } });
    expect(reserves.memoryBytes).toBeCloseTo(capacity.memoryBytes / 2 + 4 * GIB, -6);
  });

  test('on a CPU, all of its plan, and the cores in proportion', () => {
    const spec = (maxModelLen: number): Omit<EndpointSpec, 'instanceType'> => ({
      model: { config: LLAMA_8B },
      quantization: 'gguf:Q4_K_M',
      container: { family: 'llama-cpp' },
      options: { maxModelLen, slots: 1 },
    });
    const short = reserve('ml.c7i.8xlarge', spec(2048));
    const long = reserve('ml.c7i.8xlarge', spec(65_536));
    expect(short.reserves.accelerators).toBe(0);
    // 128 KiB for each token of the cache.
    expect((long.reserves.memoryBytes - short.reserves.memoryBytes) / GIB).toBeGreaterThan(7);
    expect(long.reserves.cpuCores).toBeGreaterThan(short.reserves.cpuCores);
  });

  test('on Neuron, the chips that hold its cores', () => {
    const { reserves } = reserve('ml.inf2.24xlarge', {
      model: { config: LLAMA_8B },
      container: { family: 'hf-vllm-neuron' },
      options: { tensorParallelSize: 6, batchSize: 1, sequenceLength: 2048 },
    });
    expect(reserves.accelerators).toBe(3);
  });
});
