import { sglangImageShare } from '../../endpoint/sglang-memory';
import { contextLimit } from '../../model';
import { kvGroups, type KvLayout } from '../kv/groups';
import { sglangLatentLayout } from '../latent';
import { withDraftCache, withDraftWeights } from '../speculative';
import type { Subject } from '../subject';
import { loadedBytes } from '../weights/loaded';
import { GIB } from '../../units';
import { pagedMemory } from './paged';
import { sglangCapacity } from './sglang-pools';
import type { EngineMemory } from './types';

/**
 * A CUDA context and what libraries take before the weights are loaded: 0.70 to 0.75 GiB on three H100 of 79.18 GiB (logs of 0.5.8 and
 * 0.5.19), 0.30 on an A10G (0.4.3).
 */
function contextBytes(sm: number | undefined): number {
  return (sm === undefined || sm >= HOPPER ? 0.71 : 0.3) * GIB;
}

const HOPPER = 90;

/**
 * What ranks need to talk: `Init torch distributed ends. mem usage`, 0.13 GiB of four A10G; over NVLink 1.16 GiB with two, 1.77 to 2.01 with
 * eight.
 */
function communicationBytes(ranks: number, hasNvlink: boolean): number {
  return (hasNvlink ? 0.92 + 0.12 * ranks : 0.13) * GIB;
}

/**
 * SGLang: `mem_fraction_static` of the memory that is free at start is for weights and cache; activations and graphs live in the rest.
 * Source: sglang/srt/model_executor/model_runner.py, `profile_max_num_token`.
 */
export function sglangMemory(subject: Subject): EngineMemory {
  const { model, scheme, options, accelerator, kvElementBytes } = subject;
  const ranks = options.tensorParallelSize;
  const { attention = ranks } = subject.loader.parallelism;
  const runtime = contextBytes(accelerator?.sm) + (ranks > 1 ? communicationBytes(ranks, subject.hasNvlink) : 0);
  const total = accelerator?.memoryBytesUsable;
  const free = total === undefined ? undefined : Math.max(0, total - runtime);
  const share = options.gpuMemoryUtilization * (model.multimodal ? sglangImageShare(subject.engineVersion) : 1);
  const layout: KvLayout | undefined =
    kvElementBytes === undefined
      ? undefined
      : {
          tensorParallel: attention,
          pipelineParallel: options.pipelineParallelSize,
          keyBytes: kvElementBytes,
          valueBytes: kvElementBytes,
          ...sglangLatentLayout(model, {
            dtype: options.kvCacheDtype,
            elementBytes: kvElementBytes,
            sm: accelerator?.sm,
          }),
        };
  const ofGroup = pagedMemory({
    total,
    usable: free === undefined ? undefined : Math.floor(free * share),
    weights: withDraftWeights(loadedBytes(model, scheme, subject.loader), subject.draft),
    // Both come out of the fraction that is not static, so that they do not reduce the cache.
    activations: 0,
    graphs: 0,
    budgetsGraphs: false,
    runtime: 0,
    groups: layout === undefined ? undefined : withDraftCache(kvGroups(model, layout), subject.draft, layout),
    context: options.maxModelLen,
    modelContext: contextLimit(model),
    paging: (groups, available, context) =>
      sglangCapacity(groups, available, context, {
        architecture: model.architecture,
        prefixCaching: options.enablePrefixCaching !== false,
        sequences: options.maxNumSeqs,
      }),
  });
  return attention === ranks ? ofGroup : ofGroups(ofGroup, Math.floor(ranks / attention));
}

/** Ranks that attend in groups keep a cache for each: together they hold as many times the tokens, but no longer request. */
function ofGroups(one: EngineMemory, groups: number): EngineMemory {
  const { kvCacheTokens: tokens, maxConcurrency: concurrency } = one;
  return {
    ...one,
    kvCacheTokens: tokens === null ? null : tokens * groups,
    maxConcurrency: concurrency === null ? null : concurrency * groups,
  };
}
