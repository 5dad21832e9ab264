import type { ModelDescription, WeightGroup } from '../../model/types';
import type { Scheme } from '../../scheme/types';
import { remembered, rememberedOfModel } from '../remember';
import { selectionOf } from './selection';

/** A matrix that tensor parallelism cuts, as the engine holds it. */
export interface SplitLayer {
  /** Module name without layer index: `mlp.down_proj`, `self_attn.qkv_proj`. */
  readonly name: string;
  readonly kind: 'linear' | 'expert';
  readonly split: 'column' | 'row' | 'expert';
  readonly inFeatures: number;
  /** Of each matrix that the engine loads as one (query, key, value); one entry for a matrix alone. */
  readonly parts: readonly LayerPart[];
  /** Is it quantized in at least one layer? */
  readonly quantized: boolean;
}

export interface LayerPart {
  readonly outFeatures: number;
  /** Keys and values: copied, not cut, where there are fewer KV heads than ranks. */
  readonly keyOrValue: boolean;
}

const KEY_OR_VALUE = /(^|\.)(k_proj|v_proj|wk|wv)$/;
/** Matrices that engines load as one. */
const FUSIONS: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/(^|\.)(q_proj|k_proj|v_proj|wq|wk|wv)$/, 'qkv_proj'],
  [/(^|\.)(gate_proj|up_proj|w1|w3)$/, 'gate_up_proj'],
  [/(^|\.)(in_proj_b|in_proj_a)$/, 'in_proj_ba'],
];

/** A model, and how it is stored. */
interface Stored {
  readonly model?: ModelDescription;
  readonly scheme: Scheme;
}

/** Every matrix of the text model that tensor parallelism cuts; worked out once for a model and a scheme. */
export function splitLayers({ model, scheme }: Stored): readonly SplitLayer[] {
  return model === undefined ? [] : remembered(model, scheme, 'split layers', () => makeLayers(model, scheme));
}

function makeLayers(model: ModelDescription, scheme: Scheme): readonly SplitLayer[] {
  const selection = selectionOf(model, scheme);
  const layers = new Map<string, SplitLayer>();
  for (const { group, isAlone, name, part } of cutMatrices(model)) {
    const [first] = group.layers;
    const quantized =
      first === undefined || !selection.dependsOnLayer
        ? selection.quantizes(group, first)
        : group.layers.some((layer) => selection.quantizes(group, layer));
    const inFeatures = group.shape[1];
    const key = `${name} ${inFeatures} ${group.split} ${quantized}`;
    const before = layers.get(key);
    // The same module in other layers may have another size; only the parts of one fused matrix are joined.
    if (before !== undefined && isAlone) continue;
    layers.set(key, {
      name,
      kind: group.role === 'expert' ? 'expert' : 'linear',
      split: group.split as SplitLayer['split'],
      inFeatures,
      parts: [...(before?.parts ?? []), part],
      quantized,
    });
  }
  return [...layers.values()];
}

interface CutMatrix {
  readonly group: WeightGroup;
  /** Module name without layer index, of the matrix that the engine loads. */
  readonly name: string;
  /** Is it that matrix, and not one of several? */
  readonly isAlone: boolean;
  readonly part: LayerPart;
}

function cutMatrices(model: ModelDescription): readonly CutMatrix[] {
  return rememberedOfModel(model, 'cut matrices', () =>
    model.weights.filter(isCut).map((group) => {
      const module = moduleName(group.name);
      const name = fusedName(module, group);
      const part = { outFeatures: group.shape[0], keyOrValue: KEY_OR_VALUE.test(module) };
      return { group, name, isAlone: name === module, part };
    }),
  );
}

function isCut(group: WeightGroup): boolean {
  if (group.role !== 'linear' && group.role !== 'expert') return false;
  if (group.place === 'vision' || group.place === 'audio' || group.place === 'projector') return false;
  return group.shape.length === 2 && (group.split === 'column' || group.split === 'row' || group.split === 'expert');
}

function moduleName(name: string): string {
  return name
    .replace(/\.weight$/, '')
    .replace(/^.*\{layer\}\./, '')
    .replace(/\.\{expert\}/, '');
}

function fusedName(module: string, group: WeightGroup): string {
  if (group.split === 'row') return module;
  const fusion = FUSIONS.find(([pattern]) => pattern.test(module));
  return fusion === undefined ? module : module.replace(/[^.]+$/, fusion[1]);
}

/** Input features that one rank holds; not whole where the degree does not divide. */
export function inputShare(layer: SplitLayer, degree: number): number {
  return layer.split === 'row' ? layer.inFeatures / degree : layer.inFeatures;
}

/** Output features of each part that one rank holds. */
export function outputShares(layer: SplitLayer, degree: number, headDim: number): readonly number[] {
  if (layer.split === 'row') return layer.parts.map((part) => part.outFeatures);
  return layer.parts.map(({ outFeatures, keyOrValue }) =>
    keyOrValue ? Math.max(outFeatures / degree, headDim) : outFeatures / degree,
  );
}
