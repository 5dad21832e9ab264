import type { Checkpoint, CheckpointTensor } from '../../format';
import { ggufPlacer } from '../../format/gguf/hub-names';
import type { ImportanceMatrix } from '../../format/imatrix';
import type { Scheme } from '../../scheme';
import type { GgmlType } from '../../scheme/gguf/types';
import { importanceOfTensors } from './importance-of-tensors';

/** Tensors of a checkpoint that make one of a GGUF: experts in their order, or one alone. */
interface Stack {
  readonly name: string;
  readonly sources: CheckpointTensor[];
}

/**
 * What errors of each column weigh, by the names of a checkpoint: an importance matrix has those of a GGUF.
 *
 * @param types of the tensors; `main` for those that it does not have
 * @throws SimulationError `IMPORTANCE_*`
 */
export function importanceOfCheckpoint(
  checkpoint: Checkpoint,
  { ggufType = '' }: Scheme,
  types: ReadonlyMap<string, GgmlType>,
  main: GgmlType,
  matrix: ImportanceMatrix,
): ReadonlyMap<string, Float32Array> {
  const stacks = stacksOf(checkpoint);
  const tensors = stacks.map(({ name, sources }) => {
    const [{ name: source, shape, dtype: storedType }] = sources;
    const stacked = sources.length > 1 ? [sources.length, ...shape] : shape;
    return { name, shape: stacked, dtype: types.get(source) ?? main, storedType };
  });
  const { byTensor } = importanceOfTensors(matrix, tensors, ggufType);
  const found = new Map<string, Float32Array>();
  for (const { name, sources } of stacks) {
    const importance = byTensor.get(name);
    if (importance === undefined) continue;
    const each = importance.length / sources.length;
    sources.forEach((source, index) => found.set(source.name, importance.subarray(index * each, (index + 1) * each)));
  }
  return found;
}

function stacksOf(checkpoint: Checkpoint): readonly Stack[] {
  const placeOf = ggufPlacer(checkpoint);
  const stacks = new Map<string, Stack>();
  for (const tensor of checkpoint.tensors.values()) {
    const place = placeOf(tensor.name);
    if (place === undefined) continue;
    const stack = stacks.get(place.name) ?? { name: place.name, sources: [] };
    stack.sources[place.expert ?? 0] = tensor;
    stacks.set(place.name, stack);
  }
  // A checkpoint of which some experts are missing is read as far as it goes.
  return [...stacks.values()].map(({ name, sources }) => ({ name, sources: sources.filter(Boolean) }));
}
