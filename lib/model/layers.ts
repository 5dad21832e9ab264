const ranges = new Map<number, readonly number[]>();

/** `[0, 1, … n - 1]`, one shared frozen array for each n: thousands of groups point to it. */
export function firstLayers(count: number): readonly number[] {
  let layers = ranges.get(count);
  if (layers === undefined) {
    layers = Object.freeze(Array.from({ length: count }, (_, index) => index));
    ranges.set(count, layers);
  }
  return layers;
}

/** The layers of `0 … count - 1` for which `chosen` holds. */
export function layersWhere(count: number, chosen: (layer: number) => boolean): readonly number[] {
  return firstLayers(count).filter(chosen);
}

/** Layers by kind, in the order the kinds first appear. */
export function layersByKind<K extends string>(kinds: readonly K[]): ReadonlyMap<K, readonly number[]> {
  const groups = new Map<K, number[]>();
  kinds.forEach((kind, layer) => {
    const group = groups.get(kind);
    if (group === undefined) groups.set(kind, [layer]);
    else group.push(layer);
  });
  return groups;
}
