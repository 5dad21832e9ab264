import { describeModelOnce } from '../endpoint/describe-once';
import type { Speculation } from '../endpoint/speculation';
import type { ModelDescription } from '../model/types';
import { resolveScheme } from '../scheme';
import type { Scheme } from '../scheme/types';
import { kvGroups, type KvGroup, type KvLayout } from './kv/groups';
import { loadedBytes, loadedLayerBytes } from './weights/loaded';
import type { Loader } from './weights/loader';
import { joiningElements, predictionLayers } from './weights/prediction';

/** What guesses tokens ahead, beside the model that checks them. Bytes on one accelerator. */
export interface Draft {
  /** Null where nothing is known of it. */
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

/** Whom it guesses for, and how that is loaded. */
interface Target {
  readonly model: ModelDescription;
  readonly id?: string;
  readonly scheme: Scheme;
  readonly loader: Loader;
}

/**
 * The draft as it is loaded: split over as many ranks as the model itself, unless told otherwise.
 * Source: vllm/config/speculative.py, `draft_tensor_parallel_size`.
 */
export function draftOf(speculation: Speculation | undefined, target: Target): Draft | undefined {
  if (speculation === undefined) return undefined;
  const { method = 'draft' } = speculation;
  if (WITHOUT_MODEL.test(method)) return undefined;
  const isHead = HEADS.test(method);
  const model = speculation.config === undefined ? undefined : describeModelOnce(speculation.config);
  return {
    weights: draftBytes(speculation, model, target) ?? (isHead ? ownLayersBytes(speculation, target) : null),
    model: isHead ? undefined : model,
    headLayers: isHead ? 1 : 0,
  };
}

function draftBytes(
  { config, weightBytes, draftTensorParallelSize }: Speculation,
  model: ModelDescription | undefined,
  { loader }: Target,
): number | null {
  const tensor = draftTensorParallelSize ?? loader.parallelism.tensor;
  if (weightBytes !== undefined) return weightBytes / tensor;
  if (config === undefined || model === undefined) return null;
  const parallelism = { ...loader.parallelism, tensor };
  return loadedBytes(model, resolveScheme({ model: { config } }, model), { ...loader, parallelism, loras: undefined });
}

/** The layers that the model's own checkpoint brings: one of them guesses every token, with the embedding and the head of the model. */
function ownLayersBytes({ model: named }: Speculation, { model, id, scheme, loader }: Target): number | null {
  const like = named === undefined || named === id ? predictionLayers(model, id)?.like : undefined;
  if (like === undefined) return null;
  const layer = loadedLayerBytes(model, scheme, { ...loader, loras: undefined }, like);
  return layer === null ? null : layer + joiningElements(model) * loader.plainBytes;
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
      ? // A draft model's are spread over the layers there are: the number of blocks is that of the model.
        {
          ...group,
          layers: group.layers + draft.headLayers,
          bytesPerToken: group.bytesPerToken + added / group.layers,
        }
      : group,
  );
}
