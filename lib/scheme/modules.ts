import { ignoreMatcher } from './module-names';
import type { ModuleSchemes, Scheme } from './types';

/**
 * The name of a module without what comes before its layer, without the layer and without the number of an expert:
 * `model.layers.3.mlp.experts.0.up_proj` and `layers.{layer}.mlp.experts.{expert}.up_proj.weight` are both `mlp.experts.up_proj`.
 */
export function moduleKey(name: string): string {
  return name
    .replace(/^.*?\blayers\.[^.]+\./, '')
    .replace(/\bexperts\.(?:\d+|\{expert\})\./, 'experts.')
    .replace(/\.weight$/, '');
}

/** Of a list of modules, by `moduleKey`: what is not listed is not quantized, and what is said of all experts together holds for each. */
export function byList(listed: ReadonlyMap<string, Scheme>): ModuleSchemes {
  return {
    dependsOnLayer: false,
    of: (module) => {
      const key = moduleKey(module);
      const own = listed.get(key);
      if (own !== undefined) return own;
      const experts = key.lastIndexOf('experts.');
      return experts < 0 ? undefined : listed.get(key.slice(0, experts + 'experts'.length));
    },
  };
}

export interface TargetedScheme {
  /** Names of modules, expressions for them, or the class of the modules that are meant. */
  readonly targets: readonly string[];
  readonly scheme: Scheme;
}

const PARTS_OF_EXPERTS = ['gate_proj', 'up_proj', 'down_proj'];

/**
 * Of groups with targets: the first whose targets name the module, else the first that means every linear layer. A server keeps the head in
 * a class of its own, which is no linear layer. Experts may be held together by one checkpoint and apart by another.
 * Source: vllm/model_executor/layers/quantization/compressed_tensors/utils.py, `find_matched_target`.
 */
export function byTargets(groups: readonly TargetedScheme[]): ModuleSchemes {
  const named = groups.map(({ targets, scheme }) => ({ matches: ignoreMatcher(targets.map(fromLayer)), scheme }));
  const linear = groups.find(({ targets }) => targets.some((target) => /^linear$/i.test(target)))?.scheme;
  const known = new Map<string, Scheme | undefined>();
  const find = (module: string): Scheme | undefined => {
    const names = namesOfExperts(module);
    const own = named.find(({ matches }) => names.some((name) => matches(name)))?.scheme;
    return own ?? (/\blm_head$/.test(module) ? undefined : linear);
  };
  return {
    dependsOnLayer: groups.some(({ targets }) => targets.some((target) => /layers\W*[\d([]/.test(target))),
    of: (module) => {
      if (!known.has(module)) known.set(module, find(module));
      return known.get(module);
    },
  };
}

/** A name without what comes before its layer, which the wrappers of multimodal models are not agreed on. */
function fromLayer(target: string): string {
  return target.startsWith('re:') ? target : target.replace(/^.*?\b(?=layers\.\d)/, '');
}

function namesOfExperts(module: string): readonly string[] {
  const at = /\bexperts\./.exec(module)?.index;
  if (at === undefined) return [module];
  const experts = `${module.slice(0, at)}experts`;
  return [module, experts, ...PARTS_OF_EXPERTS.map((part) => `${experts}.0.${part}`)];
}
