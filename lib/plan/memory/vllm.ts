import { isSince } from '../../endpoint/version';
import type { EffectiveOptions } from '../../endpoint/types';
import { shortestContext } from '../../model';
import type { Subject } from '../subject';
import { compressedCapacity, keepsCompressed } from '../kv/deepseek-v4';
import { kvGroups, type KvLayout } from '../kv/groups';
import { latentLayout } from '../latent';
import { withDraftCache, withDraftWeights } from '../speculative';
import { loadedBytes } from '../weights/loaded';
import { GIB } from '../../units';
import { compilationBytes, reservedByCompilation, type Compiled } from './compilation';
import { dummyPrompts } from './dummy-prompts';
import { expertWorkspaceElements } from './expert-workspace';
import { stepsInFlight } from './in-flight';
import { pagedMemory, type PagedTerms } from './paged';
import { sparseWorkspaceBytes } from './sparse-workspace';
import { guessedStateBytes, stateBlocks } from './state-blocks';
import type { EngineMemory } from './types';
import { videoRoom } from './video-room';
import { activationBytes, graphBytes, profileRun, runtimeBytes, VllmVersion } from './vllm-profile';

/** What vLLM takes where a config names no length. Source: vllm/config/model.py, `_get_and_verify_max_len`. */
const CONTEXT_WITHOUT_CONFIG = 2048;

/**
 * vLLM: `total × gpu_memory_utilization`, less the weights, the peak of a profiling run, what is taken outside PyTorch, and from 0.20 the
 * CUDA graphs, is the KV cache.
 * Source: vllm/v1/worker/gpu_worker.py, `determine_available_memory`; vllm/worker/worker.py before 0.8.
 */
export function vllmMemory(subject: Subject): EngineMemory {
  const { model, scheme, options, accelerator, elementBytes, kvElementBytes } = subject;
  const version = vllmVersion(subject);
  const tensorParallel = options.tensorParallelSize;
  const context = options.maxModelLen ?? CONTEXT_WITHOUT_CONFIG;
  const step = profileRun(options, context, version);
  const stepTokens = step.tokens * stepsInFlight(subject);
  const { mediaLimits: media } = subject;
  const run = dummyPrompts(model, step, context, media, version) ?? {
    ...step,
    pixels: media.pixels,
    videoRoom: videoRoom(model, context, media, version),
  };
  const compiled: Compiled = { model, options, version, elementBytes };
  const { expertParallel } = options;
  const kernel = { scheme, ranks: expertParallel ? 1 : tensorParallel, apart: expertParallel, sm: accelerator?.sm };
  const workspace = expertWorkspaceElements(model, kernel, version);
  const gathered = sparseWorkspaceBytes(model, version, { context, tokens: step.tokens });
  const total = accelerator?.memoryBytesUsable;
  const layout: KvLayout | undefined =
    kvElementBytes === undefined
      ? undefined
      : {
          tensorParallel,
          pipelineParallel: options.pipelineParallelSize,
          keyBytes: kvElementBytes,
          valueBytes: kvElementBytes,
          guessedStateBytes: guessedStateBytes(subject),
          ...latentLayout(model, scheme, subject.engineVersion, {
            computed: elementBytes,
            cached: kvElementBytes,
            dtype: options.kvCacheDtype,
            sm: accelerator?.sm,
            ranks: tensorParallel,
          }),
        };
  const groups = layout === undefined ? undefined : withDraftCache(kvGroups(model, layout), subject.draft, layout);
  // A cache of a set size may take what the share of the memory would leave.
  const share = fixedCache(subject) === undefined ? options.gpuMemoryUtilization : 1;
  return pagedMemory({
    total,
    usable: total === undefined ? undefined : Math.floor(total * share),
    cache: fixedCache(subject),
    weights: withoutOffloaded(withDraftWeights(loadedBytes(model, scheme, subject.loader), subject.draft), options),
    activations: Math.max(
      activationBytes(model, run, version, tensorParallel, elementBytes, workspace, gathered),
      compilationBytes(compiled, run.tokens),
    ),
    graphs: graphBytes(model, options, version, tensorParallel),
    budgetsGraphs: version.budgetsGraphs,
    runtime:
      runtimeBytes(version, {
        tensorParallel,
        nvlink: subject.hasNvlink,
        sm: accelerator?.sm,
        compiled: !options.enforceEager,
      }) + reservedByCompilation(compiled, scheme),
    groups,
    context,
    modelContext: shortestContext(model)?.tokens,
    paging: keepsCompressed(model)
      ? compressedPaging(subject, stepTokens)
      : {
          blockTokens: 16,
          stepTokens,
          hybrid: version.hasHybridCache,
          countsConcurrency: version.countsConcurrency,
          stateBlocks: stateBlocks(subject),
        },
  });
}

export function vllmVersion(subject: Subject): VllmVersion {
  const { engineVersion, usesV1, asksForFlashInferSampler, usesSecondRunner } = subject;
  return new VllmVersion(engineVersion, usesV1, asksForFlashInferSampler, usesSecondRunner);
}

/** DeepSeek V4's own layout of the cache. */
function compressedPaging(subject: Subject, stepTokens: number): PagedTerms['paging'] {
  const { model, options, engineVersion, draft } = subject;
  return (groups, available, context) => {
    // What guesses ahead keeps a window too, and nothing compressed.
    const windows = groups.reduce(
      (total, { kind, layers }) => total + (kind === 'sliding' ? layers : 0),
      draft?.headLayers ?? 0,
    );
    const { pipelineParallelSize: pipelineParallel } = options;
    return compressedCapacity(
      { model, windows, pipelineParallel, stepTokens, version: engineVersion },
      available,
      context,
    );
  };
}

/** Source: vllm/v1/worker/gpu_worker.py, `determine_available_memory`: `kv_cache_memory_bytes`, from 0.10.2. */
function fixedCache({ options, engineVersion }: Subject): number | undefined {
  return isSince(engineVersion, 0, 10, 2) ? options.kvCacheBytes : undefined;
}

/** Layers move to the host's memory until so much of them has. Source: vllm/model_executor/models/utils.py, `maybe_offload_to_cpu`. */
function withoutOffloaded(weights: number | null, { cpuOffloadGib = 0 }: EffectiveOptions): number | null {
  return weights === null ? null : Math.max(0, weights - Math.max(0, cpuOffloadGib) * GIB);
}
