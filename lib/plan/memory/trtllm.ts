import { contextLimit } from '../../model';
import { kvGroups } from '../kv/groups';
import type { Subject } from '../subject';
import { loadedBytes } from '../weights/loaded';
import { GIB } from '../../units';
import { pagedMemory } from './paged';
import type { EngineMemory } from './types';

/** CUDA context, cuBLAS and NCCL. Source: TensorRT-LLM docs, "Memory usage of TensorRT-LLM". */
const RUNTIME_BYTES = 0.8 * GIB;

/**
 * TensorRT-LLM: weights and the engine's activation memory are taken first; of what is free then, `kv_cache_free_gpu_mem_fraction` is
 * the cache. Activations are planned by TensorRT for `max_num_tokens`, with tensors of disjoint lifetimes sharing memory.
 * Source: TensorRT-LLM docs, "Memory usage of TensorRT-LLM".
 */
export function trtllmMemory(subject: Subject): EngineMemory {
  const { model, scheme, options, accelerator, elementBytes, kvElementBytes } = subject;
  const total = accelerator?.memoryBytesUsable;
  const weights = loadedBytes(model, scheme, subject.loader);
  const tokens = options.maxNumBatchedTokens ?? 8192;
  const activations =
    tokens * elementBytes * (3 * model.hiddenSize + (3 * model.intermediateSize) / options.tensorParallelSize);
  const fraction = options.gpuMemoryUtilization;
  const taken = weights === null ? undefined : weights + activations + RUNTIME_BYTES;
  return pagedMemory({
    total,
    usable:
      total === undefined || taken === undefined
        ? undefined
        : // Where what is taken first does not fit, there is no more than all.
          Math.floor(Math.min(total, taken + Math.max(0, total - taken) * fraction)),
    weights,
    activations,
    graphs: 0,
    budgetsGraphs: false,
    runtime: RUNTIME_BYTES,
    groups:
      kvElementBytes === undefined
        ? undefined
        : kvGroups(model, {
            tensorParallel: options.tensorParallelSize,
            pipelineParallel: options.pipelineParallelSize,
            keyBytes: kvElementBytes,
            valueBytes: kvElementBytes,
          }),
    context: options.maxModelLen,
    modelContext: contextLimit(model),
    paging: { blockTokens: 64, stepTokens: tokens, hybrid: true, countsConcurrency: false },
  });
}
