import type { ModelDescription, WeightGroup } from '../../model/types';

/** Layers that are made of the same weights. */
export interface LayerClass {
  readonly groups: readonly WeightGroup[];
  readonly layers: readonly number[];
}

const known = new WeakMap<ModelDescription, readonly LayerClass[]>();

/**
 * The model's layers by what they are made of: a dense decoder has one class, a mixture with dense first layers two, a hybrid one for each
 * kind. An encoder's layers count beside the decoder's of the same number; a tower deeper than the text model ends on the last layer.
 */
export function layerClasses(model: ModelDescription): readonly LayerClass[] {
  let classes = known.get(model);
  if (classes === undefined) {
    classes = classify(model);
    known.set(model, classes);
  }
  return classes;
}

function classify(model: ModelDescription): readonly LayerClass[] {
  const inLayer: WeightGroup[][] = Array.from({ length: model.numLayers }, () => []);
  for (const group of model.weights)
    for (const layer of group.layers) inLayer[Math.min(layer, inLayer.length - 1)]?.push(group);
  const numbers = new Map(model.weights.map((group, index) => [group, index]));
  const classes = new Map<string, { groups: readonly WeightGroup[]; layers: number[] }>();
  inLayer.forEach((groups, layer) => {
    const key = groups.map((group) => numbers.get(group)).join();
    const found = classes.get(key);
    if (found === undefined) classes.set(key, { groups, layers: [layer] });
    else found.layers.push(layer);
  });
  return [...classes.values()];
}
