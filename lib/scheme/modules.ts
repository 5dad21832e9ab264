import type { Scheme } from './types';

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

/** What a module is stored in, which may be said of all experts together; undefined: it is not quantized. */
export function schemeOfModule(modules: ReadonlyMap<string, Scheme>, name: string): Scheme | undefined {
  const key = moduleKey(name);
  const own = modules.get(key);
  if (own !== undefined) return own;
  const experts = key.lastIndexOf('experts.');
  return experts < 0 ? undefined : modules.get(key.slice(0, experts + 'experts'.length));
}
