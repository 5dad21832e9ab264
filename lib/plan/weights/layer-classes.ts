import type { ModelDescription, WeightGroup } from '../../model/types';
import { rememberedOfModel } from '../remember';

/** Layers that are made of the same weights. */
export interface LayerClass {
  readonly groups: readonly WeightGroup[];
  readonly layers: readonly number[];
  /** Numbers of the groups that an engine holds as one tensor, or of the one that is alone. */
  readonly fused: readonly (readonly number[])[];
  /**
   * Number of a projection for keys without one for values beside it (Gemma 4), which vLLM loads into both places.
   * Source: vllm/model_executor/models/gemma4.py, `k_eq_v_layer_indices`.
   */
  readonly keysAlone?: number;
}

/**
 * The model's layers by what they are made of: a dense decoder has one class, a mixture with dense first layers two, a hybrid one for each
 * kind. An encoder's layers count beside the decoder's of the same number; a tower deeper than the text model ends on the last layer.
 */
export function layerClasses(model: ModelDescription): readonly LayerClass[] {
  return rememberedOfModel(model, 'layer classes', () => classify(model));
}

function classify(model: ModelDescription): readonly LayerClass[] {
  const blocks = blocksOf(model);
  const inLayer: number[][] = Array.from({ length: model.numLayers }, () => []);
  blocks.forEach(([{ layers }], block) => {
    for (const layer of layers) inLayer[Math.min(layer, inLayer.length - 1)]?.push(block);
  });
  const classes = new Map<string, { inEach: readonly number[]; layers: number[] }>();
  inLayer.forEach((inEach, layer) => {
    const key = inEach.join();
    const found = classes.get(key);
    if (found === undefined) classes.set(key, { inEach, layers: [layer] });
    else found.layers.push(layer);
  });
  return Array.from(classes.values(), ({ inEach, layers }) => {
    const groups = inEach.flatMap((block) => blocks[block]);
    return { groups, layers, fused: fusedGroups(groups), keysAlone: keysWithoutValues(groups) };
  });
}

/** Groups that a description gives one list of layers: a few instead of dozens, to be told apart layer by layer. */
function blocksOf({ weights }: ModelDescription): readonly (readonly WeightGroup[])[] {
  const blocks = new Map<readonly number[], WeightGroup[]>();
  for (const group of weights) {
    const block = blocks.get(group.layers);
    if (block === undefined) blocks.set(group.layers, [group]);
    else block.push(group);
  }
  return [...blocks.values()];
}

function fusedGroups(groups: readonly WeightGroup[]): readonly (readonly number[])[] {
  const byName = new Map<string, number[]>();
  groups.forEach((group, index) => {
    const name = fusedName(group);
    const together = byName.get(name);
    if (together === undefined) byName.set(name, [index]);
    else together.push(index);
  });
  return [...byName.values()];
}

/** Names that an engine joins into one tensor. */
function fusedName({ name }: WeightGroup): string {
  return name
    .replace(/(q_proj|k_proj|v_proj)\./, 'qkv_proj.')
    .replace(/(gate_proj|up_proj)\./, 'gate_up_proj.')
    .replace(/\.(w1|w3)\./, '.w13.')
    .replace(/\.(query|key|value)\./, '.qkv.');
}

function keysWithoutValues(groups: readonly WeightGroup[]): number | undefined {
  if (groups.some(({ name }) => name.endsWith('self_attn.v_proj.weight'))) return undefined;
  const keys = groups.findIndex(({ name }) => name.endsWith('self_attn.k_proj.weight'));
  return keys < 0 ? undefined : keys;
}
