import { SimulationError } from '../../errors';
import { ggufNameInBlock } from '../../format/gguf/hub-names';
import type { GgmlType } from '../../scheme/gguf/types';
import type { KeptLayers } from '../../simulate/write/keep';
import type { GgufModel } from './model';

/**
 * The types of kept layers by their names in the file: Q8_0 for INT8, else the type that they have now.
 *
 * @throws SimulationError `KEPT_LAYER_UNKNOWN`
 */
export function keptTensorTypes({ tensors }: GgufModel, keep: KeptLayers): ReadonlyMap<string, GgmlType> {
  const types = new Map(tensors.map(({ name, storedType }) => [name, storedType]));
  return new Map(
    keep.weights.map((weight) => {
      // A name that a GGUF file has already stays.
      const name = ggufNameInBlock(weight) ?? weight;
      const stored = types.get(name);
      if (stored === undefined) throw unknown(weight, name);
      return [name, (keep.as === 'int8' ? 'Q8_0' : stored) as GgmlType];
    }),
  );
}

/** What keeping single experts comes to: full sentences. */
export function keptNotes({ tensors }: GgufModel, keep: KeptLayers): readonly string[] {
  const asked = new Map<string, number>();
  for (const weight of keep.weights) {
    const name = ggufNameInBlock(weight) ?? weight;
    if (name !== weight) asked.set(name, (asked.get(name) ?? 0) + 1);
  }
  const whole = tensors.filter(({ name, parts }) => parts.length > (asked.get(name) ?? parts.length));
  if (whole.length === 0) return [];
  const names = whole.map(({ name, parts }) => `${name} (${parts.length})`).join(', ');
  return [`Experts of a layer have one type in a GGUF, and are kept with those that were asked for: ${names}.`];
}

function unknown(weight: string, name: string): SimulationError {
  return new SimulationError('KEPT_LAYER_UNKNOWN', `the model has no layer ${weight}`, {
    path: weight,
    got: name === weight ? weight : `${weight} (${name})`,
    allowed: 'a linear layer of a block',
    fix: 'name layers of this model, or give a report that was made of it',
  });
}
