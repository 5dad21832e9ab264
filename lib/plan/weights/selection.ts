import type { ModelDescription, WeightGroup } from '../../model/types';
import { ignoreMatcher, type ModuleMatcher } from '../../scheme/module-names';
import { moduleKey } from '../../scheme/modules';
import type { Scheme } from '../../scheme/types';
import { remembered } from '../remember';
import { moduleName } from './stored';

/** What the scheme quantizes of the model; the same object each time. */
export function selectionOf(model: ModelDescription, scheme: Scheme): Selection {
  return remembered(model, scheme, 'selection', () => new Selection(model, scheme));
}

/**
 * Which of a model's weights a scheme quantizes: the linear layers and experts of its text, encoder and decoder parts, and never
 * embeddings, norms, routers, convolutions or a vision tower. The head is quantized only by formats that say so. What the checkpoint
 * itself lists as unquantized is left alone.
 */
export class Selection {
  private readonly matches: ModuleMatcher;
  private readonly ignored = new Map<string, boolean>();
  private readonly listsNothing: boolean;
  private readonly takesHead: boolean;
  private readonly expertsOnly: boolean;
  private readonly plain: boolean;
  private readonly modules: Scheme['modules'];
  /** May layers of the same weights differ in what is quantized? Only if the checkpoint's list has numbers in it. */
  readonly dependsOnLayer: boolean;

  constructor(model: ModelDescription, scheme: Scheme) {
    const config = scheme.origin === 'checkpoint' ? model.quantization : undefined;
    // What ModelOpt left alone of a DeepSeek V4 whose experts alone it quantized is in FP8 all the same.
    const ignored = config === undefined || config.raw.moe_quant_algo !== undefined ? [] : config.ignored;
    this.matches = ignoreMatcher(ignored);
    this.listsNothing = ignored.length === 0;
    this.modules = config === undefined ? undefined : scheme.modules;
    this.dependsOnLayer = this.modules?.dependsOnLayer === true || ignored.some((pattern) => /\d/.test(pattern));
    this.takesHead =
      scheme.layout === 'neuron' || config?.raw.lm_head === true || this.modules?.of('lm_head') !== undefined;
    // MXFP4 as gpt-oss introduced it is a format for experts; a dense model has nothing else to quantize.
    this.expertsOnly = scheme.layout === 'mxfp4' && model.moe !== undefined;
    this.plain = scheme.layout === 'plain' || scheme.weightBits >= 16;
  }

  /** Is the group quantized in this layer? `layer` is ignored for groups outside the layers. */
  quantizes(group: WeightGroup, layer: number | undefined): boolean {
    if (this.plain || !this.mayQuantize(group)) return false;
    if (this.listsNothing && this.modules === undefined) return true;
    const module = moduleName(group, layer);
    if (this.modules !== undefined && this.modules.of(module) === undefined) return false;
    let isIgnored = this.ignored.get(module);
    if (isIgnored === undefined) this.ignored.set(module, (isIgnored = this.matches(module)));
    return !isIgnored;
  }

  /** As `quantizes`, of the layers that predict further tokens, which checkpoints may list by a name of their own. */
  quantizesPrediction(group: WeightGroup, like: number): boolean {
    if (!this.quantizes(group, like)) return false;
    return this.listsNothing || !this.matches(`mtp.layers.0.${moduleKey(group.name)}`);
  }

  private mayQuantize(group: WeightGroup): boolean {
    if (group.place === 'vision' || group.place === 'audio' || group.place === 'projector') return false;
    if (group.role === 'head') return this.takesHead;
    if (group.role === 'expert') return true;
    return group.role === 'linear' && group.shape.length === 2 && !this.expertsOnly;
  }
}
