import { communicationBytes } from '../../lib/plan/memory/communicators';
import { VllmVersion } from '../../lib/plan/memory/vllm-profile';
import { GIB, MIB } from '../../lib/units';

const taken = (release: string, tensorParallel: number, sm: number | undefined, parts = {}) =>
  communicationBytes(new VllmVersion(release.split('.').map(Number)), {
    tensorParallel,
    sm,
    nvlink: true,
    compiled: false,
    ...parts,
  });

describe('what ranks take to speak to each other', () => {
  test('is nothing for one', () => {
    expect(taken('0.9.2', 1, 90)).toBe(0);
    expect(taken('0.28.0', 1, 90, { compiled: true })).toBe(0);
  });

  test.each([
    ['0.10.2', 2, 89, 0.15],
    ['0.10.2', 4, 90, 0.15],
    ['0.11.0', 2, 89, 0],
    ['0.26.0', 8, 89, 0],
  ])('over PCIe in %s with %i ranks is in the host’s memory, but for little', (release, ranks, sm, gib) => {
    expect(taken(release, ranks, sm, { nvlink: false })).toBe(gib * GIB);
  });

  // MiB as measured with NCCL on two to four H200: the first communicator, with NCCL's kernels, and each further one.
  test.each([
    ['0.6.3', 'NCCL 2.20.5', 2, 686, 546],
    ['0.6.3', 'NCCL 2.20.5', 3, 890, 748],
    ['0.6.3', 'NCCL 2.20.5', 4, 926, 784],
    ['0.8.5', 'NCCL 2.21.5', 2, 694, 544],
    ['0.8.5', 'NCCL 2.21.5', 3, 898, 748],
    ['0.8.5', 'NCCL 2.21.5', 4, 934, 784],
    ['0.9.2', 'NCCL 2.26.2', 2, 816, 544],
    ['0.9.2', 'NCCL 2.26.2', 4, 1056, 784],
    ['0.10.1', 'NCCL 2.27.5', 3, 1036, 748],
    ['0.10.1', 'NCCL 2.27.5', 4, 1072, 784],
  ])('in %s are two communicators, as measured with %s on %i ranks', (release, _nccl, ranks, first, further) => {
    expect(Math.abs(taken(release, ranks, 90) / MIB / (first + further) - 1)).toBeLessThan(0.015);
  });

  test.each([
    ['0.10.2', 2, 90, 1.26],
    ['0.10.2', 4, 90, 1.72],
  ])(
    'in %s on %i ranks is what logs print, with the buffers of Hopper’s switch from three ranks on',
    (release, ranks, sm, gib) => {
      expect(Math.abs(taken(release, ranks, sm) / GIB - gib)).toBeLessThan(0.06);
    },
  );

  test('counts only the communicator of the gathered logits once the engine looks after joining', () => {
    expect(taken('0.11.0', 2, 90)).toBe(484 * MIB);
    expect(taken('0.11.0', 4, 90)).toBe((484 + 256) * MIB);
    expect(taken('0.24.0', 8, 80)).toBe(484 * MIB);
    expect(taken('0.24.0', 8, undefined)).toBe(484 * MIB);
  });

  // vLLM 0.26.0 on four H200: 0.086 GiB outside of PyTorch, as with one rank.
  test('counts none once the engine’s own communicator gathers', () => {
    expect(taken('0.25.0', 4, 90)).toBe(0);
    expect(taken('0.33.0', 8, 100)).toBe(0);
  });

  test.each([
    ['0.16.0', 2, 90, 0],
    // vLLM 0.17.1 to 0.20.0 on four H200 and on four B200: 1.5 GiB more than 0.16.
    ['0.17.0', 2, 90, 3 * 512],
    ['0.19.1', 4, 90, 3 * 512],
    ['0.20.0', 4, 100, 3 * 512],
    ['0.21.0', 4, 103, 512 + 512 + 1024],
    ['0.22.0', 4, 90, 4 * 4 * 2 + 2],
    ['0.24.0', 2, 90, 4 * 2 * 64 + 2],
    ['0.26.0', 2, 90, 3 * 2 * 64],
    ['0.26.0', 4, 100, 3 * 4 * 32],
    ['0.26.0', 6, 90, 0],
    ['0.26.0', 2, 80, 0],
    ['0.26.0', 2, undefined, 0],
  ])(
    'in a compiled model of %s on %i ranks (compute capability %p) holds the tensors of fused all-reduces',
    (release, ranks, sm, mib) => {
      const fused = taken(release, ranks, sm, { compiled: true }) - taken(release, ranks, sm);
      expect(fused).toBe(mib * MIB);
    },
  );
});
