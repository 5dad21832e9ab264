import { GIB, MIB } from '../../units';

/** Tells whether an engine is of a release or later. */
export interface EngineRelease {
  since(...least: number[]): boolean;
}

/** How the ranks of a server are joined. */
export interface Links {
  readonly tensorParallel: number;
  readonly nvlink: boolean;
  /** Compute capability × 10. */
  readonly sm: number | undefined;
  /** Whether a compiled model's all-reduce is computed together with the norm that follows it. */
  readonly compiled: boolean;
}

/**
 * What the ranks take of each GPU to speak to each other, as far as the engine counts it: NCCL's channels of each communicator, and the
 * workspace of the all-reduce that is fused with a norm. Bytes of one rank.
 */
export function communicationBytes(version: EngineRelease, links: Links): number {
  if (links.tensorParallel === 1) return 0;
  // Over PCIe the channels are in the host's memory: 0.15 GiB in published logs, whatever the number of ranks.
  if (!links.nvlink) return looksAfterJoining(version) ? 0 : 0.15 * GIB;
  return communicatorBytes(version, links) + fusedWorkspace(version, links);
}

/**
 * Two communicators are made: vLLM's own as the ranks join, and PyTorch's when the logits are gathered. From 0.11 the first look at the
 * memory comes after the ranks have joined, so that only the second counts; from 0.25 vLLM's own gathers, too.
 * Source: vllm/distributed/device_communicators/cuda_communicator.py of 0.24.0 and 0.25.0, `all_gather`.
 */
function communicatorBytes(version: EngineRelease, links: Links): number {
  if (version.since(0, 25)) return 0;
  const each = channelBytes(version, links);
  return looksAfterJoining(version) ? each : 2 * each + kernelBytes(version);
}

/** Source: vllm/v1/worker/gpu_worker.py of 0.10.2 and 0.11.0, `init_device`. */
function looksAfterJoining(version: EngineRelease): boolean {
  return version.since(0, 11);
}

/**
 * Channels of one communicator over NVLink, measured with NCCL 2.18.1 to 2.28.9 on two to four H200 (November 2026; the same MiB in each of
 * them): 546, 748 and 786 MiB while vLLM sets NCCL_CUMEM_ENABLE=0, which it does until 0.10.1; 484 whatever the number of ranks where NCCL
 * may map other GPUs' memory. It then reduces in the switch of Hopper and later, if more than two ranks are there: 64 MiB more for each of
 * them (logs of 0.10.2: 1.72 GiB for four ranks, 1.26 for two).
 * Source of the versions: vllm/env_override.py of 0.10.1.1 and 0.10.2.
 */
function channelBytes(version: EngineRelease, { tensorParallel, sm }: Links): number {
  if (version.since(0, 10, 2)) {
    const inSwitch = sm !== undefined && sm >= HOPPER && tensorParallel > 2;
    return (484 + (inSwitch ? 64 * tensorParallel : 0)) * MIB;
  }
  return (tensorParallel === 2 ? 546 : 748 + 38 * (tensorParallel - 3)) * MIB;
}

/** NCCL's kernels, which the first communicator loads: measured with 2.20 and 2.21 (until 0.8), 2.26 and 2.27 (from 0.9). */
function kernelBytes(version: EngineRelease): number {
  return (version.since(0, 9) ? 270 : 148) * MIB;
}

/** Largest tensor of a fused all-reduce in MiB, by compute capability and ranks. Source: vllm/config/compilation.py of 0.19.1 and 0.26.0, `FI_ALLREDUCE_FUSION_MAX_SIZE_MB`. */
const FUSED_MIB: Record<number, Record<number, number>> = {
  90: { 2: 64, 4: 2, 8: 1 },
  100: { 2: 64, 4: 32, 8: 1 },
  103: { 2: 64, 4: 64, 8: 2 },
};

/**
 * FlashInfer's all-reduce, fused with the norm behind it in compiled models from 0.17: each rank holds every rank's tensor, once and in
 * three turns, beside a few flags; from 0.25 in three turns alone.
 * Sources: vllm/config/vllm.py of 0.17.0, `enable_allreduce_rms_fusion`; flashinfer/comm/trtllm_ar.py,
 * `trtllm_create_ipc_workspace_for_all_reduce_fusion`, and trtllm_mnnvl_ar.py, `get_required_buffer_size_bytes`, of 0.6.
 */
function fusedWorkspace(version: EngineRelease, { tensorParallel, sm = 0, compiled }: Links): number {
  const largest = FUSED_MIB[sm]?.[tensorParallel];
  if (!compiled || largest === undefined || !version.since(0, 17)) return 0;
  const tensors = tensorParallel * largest;
  if (version.since(0, 25)) return 3 * tensors * MIB;
  const granule = version.since(0, 22) ? 2 : MULTICAST_GRANULE_MIB;
  const allocations = [tensors, granule, 3 * tensors].map((size) => Math.ceil(size / granule) * granule);
  return allocations.reduce((sum, size) => sum + size, 0) * MIB;
}

/**
 * What the driver recommends as granule of memory that a switch may multicast, 512 MiB with Hopper and Blackwell. FlashInfer rounds each of
 * its allocations up to it, multicast or not, until its 0.6.10 lets PyTorch allocate; vLLM takes that with 0.22.
 * Sources: flashinfer/comm/mnnvl.py of 0.6.4 and 0.6.8.post1, `SymmDeviceMemory._get_allocation_prop`, and
 * torch_symmetric_memory.py of 0.6.10; requirements of vLLM 0.21.0 (flashinfer-python 0.6.8.post1) and 0.22.0 (0.6.11.post2).
 */
const MULTICAST_GRANULE_MIB = 512;

const HOPPER = 90;
