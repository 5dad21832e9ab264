import { describeModelOnce } from '../endpoint/describe-once';
import type { ModelDescription } from '../model/types';
import { resolveScheme } from '../scheme';
import type { SpeculativeSpec } from '../spec/types';
import { kvGroups, type KvGroup, type KvLayout } from './kv/groups';
import { loadedBytes } from './weights/loaded';
import type { Loader } from './weights/loader';

/** What guesses tokens ahead, beside the model that checks them. Bytes on one accelerator. */
export interface Draft {
  /** Null where nothing is known of it, or where they are part of the model's own checkpoint. */
  readonly weights: number | null;
  /** Its own cache; undefined for what keeps none. */
  readonly model?: ModelDescription;
  /** Layers of the checked model's kind that it adds to the cache: the head of EAGLE and of multi-token prediction is one. */
  readonly headLayers: number;
}

/** Guesses from the text itself. */
const WITHOUT_MODEL = /^(ngram|suffix)$/;

/** One decoder layer of the model it guesses for. Source: EAGLE, arXiv 2401.15077, section 4; vllm/model_executor/models/llama_eagle.py. */
const HEADS = /^(eagle3?|medusa|.*mtp|mlp_speculator)$/;

/**
 * The draft as it is loaded: split over as many ranks as the model itself.
 * Source: vllm/config/speculative.py, `draft_tensor_parallel_size`.
 */
export function draftOf(speculative: SpeculativeSpec | undefined, loader: Loader): Draft | undefined {
  if (speculative === undefined) return undefined;
  const { config, weightBytes, method = 'draft' } = speculative;
  if (WITHOUT_MODEL.test(method)) return undefined;
  const isHead = HEADS.test(method);
  const model = config === undefined ? undefined : describeModelOnce(config);
  return {
    weights:
      weightBytes !== undefined
        ? weightBytes / loader.parallelism.tensor
        : model === undefined
          ? null
          : loadedBytes(model, resolveScheme({ model: { config } }, model), { ...loader, loras: undefined }),
    model: isHead ? undefined : model,
    headLayers: isHead ? 1 : 0,
  };
}

/** Weights of both; what nobody knows is left out, and a finding of whoever asked. */
export function withDraftWeights(weights: number | null, draft: Draft | undefined): number | null {
  return weights === null || draft === undefined ? weights : weights + (draft.weights ?? 0);
}

/**
 * The caches of both: one token of the text takes its place in each.
 * Source: vllm/v1/worker/gpu_model_runner.py, `get_kv_cache_spec`, which counts the drafter's layers among the model's.
 */
export function withDraftCache(
  groups: readonly KvGroup[],
  draft: Draft | undefined,
  layout: KvLayout,
): readonly KvGroup[] {
  if (draft === undefined) return groups;
  const own = draft.model === undefined ? [] : kvGroups(draft.model, { ...layout, pipelineParallel: 1 });
  const added = own.reduce((sum, { layers, bytesPerToken }) => sum + layers * bytesPerToken, 0);
  const at = groups.findIndex(({ window, bytesPerToken }) => window === undefined && bytesPerToken > 0);
  return groups.map((group, index) =>
    index === at
      ? // Spread over the layers there are: the number of blocks is that of the model.
        {
          ...group,
          bytesPerToken: group.bytesPerToken * (1 + draft.headLayers / group.layers) + added / group.layers,
        }
      : group,
  );
}
