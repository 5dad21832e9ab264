import type { ConfigReader } from '../config';

/** How far back each layer looks. */
export interface Windows {
  /** One of `full_attention`, `sliding_attention`, `chunked_attention`, or a family's own kind, for each layer. */
  readonly kinds: readonly string[];
  /** Tokens, for those that do not look back to the start. */
  readonly window?: number;
}

const everyLayer = new Map<string, readonly string[]>();

/** The same kind for all layers. */
export function allLayers(kind: string, layers: number): readonly string[] {
  const key = `${kind}:${layers}`;
  let kinds = everyLayer.get(key);
  if (kinds === undefined) {
    kinds = Object.freeze(new Array<string>(layers).fill(kind));
    everyLayer.set(key, kinds);
  }
  return kinds;
}

export function noWindow(layers: number): Windows {
  return { kinds: allLayers('full_attention', layers) };
}

/** `layer_types` when the config has it. */
export function layerTypes(config: ConfigReader, layers: number): readonly string[] | undefined {
  const kinds = config.strings('layer_types');
  if (kinds === undefined) return undefined;
  if (kinds.length < layers) {
    throw config.fail(
      'layer_types',
      `${kinds.length} entries`,
      `one entry for each of the ${layers} layers`,
      'give the checkpoint’s own config.json',
    );
  }
  return kinds.length === layers ? kinds : kinds.slice(0, layers);
}

/** Every layer slides when a window is set (Mistral, Phi-3). */
export function windowEverywhere(config: ConfigReader, layers: number): Windows {
  const window = config.tokens('sliding_window');
  const kinds = layerTypes(config, layers);
  if (kinds !== undefined) return { kinds, window };
  return window === undefined ? noWindow(layers) : { kinds: allLayers('sliding_attention', layers), window };
}

/** A full layer after every `pattern - 1` sliding ones (Gemma 2 and 3, Cohere 2, gpt-oss). */
export function windowByPattern(config: ConfigReader, layers: number, fallbackPattern: number): Windows {
  const window = config.tokens('sliding_window');
  const kinds = layerTypes(config, layers);
  if (kinds !== undefined) return { kinds, window };
  if (window === undefined) return noWindow(layers);
  const pattern = config.sizeOr(fallbackPattern, 'sliding_window_pattern', '_sliding_window_pattern');
  return {
    kinds: Array.from({ length: layers }, (_, layer) =>
      (layer + 1) % pattern === 0 ? 'full_attention' : 'sliding_attention',
    ),
    window,
  };
}

/** The Qwen 2 family: a window only when switched on, and then from layer `max_window_layers`. */
export function windowWhenUsed(config: ConfigReader, layers: number): Windows {
  if (!config.flag('use_sliding_window', false)) return noWindow(layers);
  const window = config.tokens('sliding_window');
  const kinds = layerTypes(config, layers);
  if (kinds !== undefined) return { kinds, window };
  if (window === undefined) return noWindow(layers);
  const first = config.count(0, 'max_window_layers');
  return {
    kinds: Array.from({ length: layers }, (_, layer) => (layer >= first ? 'sliding_attention' : 'full_attention')),
    window,
  };
}
