import type { WeightGroup, WeightPlace, WeightRole } from './types';

export type Split = WeightGroup['split'];

const NO_LAYERS: readonly number[] = [];

/** Collects the weight groups of a model. Names are written as the checkpoint has them. */
export class WeightList {
  readonly groups: WeightGroup[] = [];

  /** Weights outside the layers. */
  root(prefix: string, place: WeightPlace = 'text'): WeightScope {
    return new WeightScope(this.groups, prefix, NO_LAYERS, place);
  }

  /** Weights of these layers; `prefix` contains `{layer}`. No layers: nothing is added. */
  layers(prefix: string, layers: readonly number[], place: WeightPlace = 'text'): WeightScope {
    return new WeightScope(layers.length === 0 ? [] : this.groups, prefix, layers, place);
  }
}

/** Adds weights under one prefix, in one place, for the same layers. */
export class WeightScope {
  constructor(
    private readonly groups: WeightGroup[],
    private readonly prefix: string,
    private readonly onLayers: readonly number[],
    private readonly place: WeightPlace,
  ) {}

  /** The same layers, further down. */
  under(prefix: string): WeightScope {
    return new WeightScope(this.groups, this.prefix + prefix, this.onLayers, this.place);
  }

  /** The same place in some of the layers. */
  on(layers: readonly number[]): WeightScope {
    return new WeightScope(layers.length === 0 ? [] : this.groups, this.prefix, layers, this.place);
  }

  /** `y = x Wᵀ (+ b)`; W is `[outFeatures, inFeatures]`. A bias follows the split of the outputs. */
  linear(name: string, outFeatures: number, inFeatures: number, split: Split, bias = false): this {
    this.add(`${name}.weight`, 'linear', [outFeatures, inFeatures], split);
    if (bias) this.add(`${name}.bias`, 'bias', [outFeatures], split === 'column' ? 'column' : 'replicated');
    return this;
  }

  /** The gate of a mixture of experts; small, and kept unquantized by every format. */
  router(name: string, experts: number, inFeatures: number, bias = false): this {
    this.add(`${name}.weight`, 'router', [experts, inFeatures], 'replicated');
    if (bias) this.add(`${name}.bias`, 'bias', [experts], 'replicated');
    return this;
  }

  /** One matrix `[outFeatures, inFeatures]` for each expert; a name without `{expert}` is one fused tensor over all. */
  expert(name: string, experts: number, outFeatures: number, inFeatures: number): this {
    return this.add(name, 'expert', [outFeatures, inFeatures], 'expert', experts);
  }

  /** One vector for each expert. */
  expertBias(name: string, experts: number, size: number): this {
    return this.add(name, 'bias', [size], 'expert', experts);
  }

  embedding(name: string, rows: number, size: number, split: Split = 'vocabulary'): this {
    return this.add(`${name}.weight`, 'embedding', [rows, size], split);
  }

  head(name: string, vocabulary: number, size: number, bias = false): this {
    this.add(`${name}.weight`, 'head', [vocabulary, size], 'vocabulary');
    if (bias) this.add(`${name}.bias`, 'bias', [vocabulary], 'vocabulary');
    return this;
  }

  norm(name: string, size: number, bias = false): this {
    this.add(`${name}.weight`, 'norm', [size], 'replicated');
    if (bias) this.add(`${name}.bias`, 'norm', [size], 'replicated');
    return this;
  }

  /** A convolution's kernel, in the shape the checkpoint has. */
  conv(name: string, shape: readonly number[], split: Split = 'replicated', bias = false): this {
    this.add(`${name}.weight`, 'conv', shape, split);
    if (bias) this.add(`${name}.bias`, 'bias', [shape[0]], split);
    return this;
  }

  /** Anything else, under its full name. */
  parameter(name: string, shape: readonly number[], split: Split = 'replicated', role: WeightRole = 'other'): this {
    return this.add(name, role, shape, split);
  }

  private add(name: string, role: WeightRole, shape: readonly number[], split: Split, experts = 1): this {
    let size = 1;
    for (const dimension of shape) size *= dimension;
    const count = Math.max(1, this.onLayers.length) * experts;
    this.groups.push({
      name: this.prefix + name,
      role,
      place: this.place,
      shape,
      layers: this.onLayers,
      experts,
      count,
      elements: size * count,
      split,
    });
    return this;
  }
}
