import type { ModelDescription, WeightGroup } from '../../model/types';
import { isEmbeddingOrHead, predictionLayers } from '../weights/prediction';

/**
 * Models whose converter keeps the layers that predict further tokens, as blocks behind the last; llama.cpp loads them for speculation only.
 * Other converters leave them out.
 * Source: llama.cpp conversion/glm.py (`block_count` with `num_nextn_predict_layers`, `skip_mtp`).
 */
const KEEPS_PREDICTION: ReadonlySet<string> = new Set(['glm4_moe', 'glm_moe_dsa']);

/** The model as its GGUF file holds it. */
export function withPredictionLayers(model: ModelDescription): ModelDescription {
  const prediction = KEEPS_PREDICTION.has(model.modelType) ? predictionLayers(model) : undefined;
  if (prediction === undefined) return model;
  const { hiddenSize, numLayers } = model;
  const added = Array.from({ length: prediction.count }, (_, at) => numLayers + at);
  const within = (name: string, role: WeightGroup['role'], shape: readonly number[]): WeightGroup => ({
    name: `model.layers.{layer}.nextn.${name}.weight`,
    role,
    place: 'text',
    shape,
    layers: added,
    experts: 1,
    count: added.length,
    elements: added.length * shape.reduce((product, dimension) => product * dimension, 1),
    split: 'replicated',
  });
  const weights = model.weights.map((group) =>
    group.layers.includes(prediction.like) ? { ...group, layers: [...group.layers, ...added] } : group,
  );
  const copies = prediction.copiesEmbeddings
    ? model.weights.filter(isEmbeddingOrHead).map(({ role, shape }) => within(`own_${role}`, 'linear', shape))
    : [];
  const joining = [
    within('eh_proj', 'linear', [hiddenSize, 2 * hiddenSize]),
    ...['enorm', 'hnorm', 'shared_head_norm'].map((name) => within(name, 'norm', [hiddenSize])),
  ];
  return { ...model, numLayers: numLayers + added.length, weights: [...weights, ...copies, ...joining] };
}
