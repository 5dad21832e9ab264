import { SimulationError } from '../../errors';

/** How a layer that a scheme would hurt is stored instead: with INT8 weights in the scheme's own layout, or as it was. */
export const KEPT_AS = ['int8', 'stored'] as const;
export type KeptAs = (typeof KEPT_AS)[number];

/** Layers at higher precision than the scheme's. */
export interface KeptLayers {
  /** Tensor names. */
  readonly weights: readonly string[];
  readonly as: KeptAs;
}

/** Layers that engines compute as one, and so load in one scheme only, and the names under which they do. */
const FUSED = [
  { parts: ['q_proj', 'k_proj', 'v_proj'], whole: 'qkv_proj' },
  { parts: ['gate_proj', 'up_proj'], whole: 'gate_up_proj' },
];

/**
 * The layers to keep, with those that engines fuse with them: vLLM computes query, key and value as one, and gate and up, and refuses a
 * checkpoint in which they differ. Calibrated scales, which all readers of an input share, want the same.
 *
 * @param known names of the layers that the scheme would quantize
 * @throws SimulationError `KEPT_LAYER_UNKNOWN`
 */
export function keptWithFused(kept: readonly string[], known: ReadonlySet<string>): ReadonlySet<string> {
  const unknown = kept.find((name) => !known.has(name));
  if (unknown !== undefined) {
    throw new SimulationError('KEPT_LAYER_UNKNOWN', `${unknown} is no layer that this scheme would quantize here`, {
      path: unknown,
      got: unknown,
      allowed: [...known].slice(0, 3).join(', ') + (known.size > 3 ? '…' : ''),
      fix: 'name layers of this checkpoint, or give a report that was made of it',
    });
  }
  const all = kept.flatMap((name) => [name, ...fusedWith(name).filter((other) => known.has(other))]);
  return new Set(all);
}

function fusedWith(name: string): string[] {
  const { prefix, last } = split(name.replace(/\.weight$/, ''));
  const fused = FUSED.find(({ parts }) => parts.includes(last));
  return (fused?.parts ?? []).filter((other) => other !== last).map((other) => `${prefix}${other}.weight`);
}

/**
 * Patterns for the names of modules, as compressed-tensors and gptqmodel match them: one a module, and one for all of those that
 * engines fuse, which fits the name of the whole as well: `^model\.layers\.0\.self_attn\.(?:q_proj|k_proj|v_proj|qkv_proj)$`.
 */
export function modulePatterns(modules: readonly string[]): string[] {
  const all = new Set(modules);
  return [...new Set(modules.map((module) => modulePattern(module, all)))];
}

function modulePattern(module: string, all: ReadonlySet<string>): string {
  const { prefix, last } = split(module);
  const fused = FUSED.find(({ parts }) => parts.includes(last) && parts.every((part) => all.has(`${prefix}${part}`)));
  const names = fused === undefined ? escape(last) : `(?:${[...fused.parts, fused.whole].join('|')})`;
  return `^${escape(prefix)}${names}$`;
}

/** A module's name without and with what stands before its last dot. */
function split(module: string): { readonly prefix: string; readonly last: string } {
  const dot = module.lastIndexOf('.') + 1;
  return { prefix: module.slice(0, dot), last: module.slice(dot) };
}

function escape(text: string): string {
  return text.replace(/[.\\+*?^$()[\]{}|]/g, '\\$&');
}
