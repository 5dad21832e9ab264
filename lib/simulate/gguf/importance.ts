import type { Checkpoint } from '../../format';
import { ggufNamer } from '../../format/gguf/hub-names';
import type { ImportanceMatrix } from '../../format/imatrix';
import type { Scheme } from '../../scheme';
import type { GgmlType } from '../../scheme/gguf/types';
import { importanceOfTensors } from './importance-of-tensors';

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
  const nameOf = ggufNamer(checkpoint);
  const tensors = [...checkpoint.tensors.values()].flatMap(({ name: source, shape, dtype: storedType }) => {
    const name = nameOf(source);
    return name === undefined ? [] : [{ source, name, shape, dtype: types.get(source) ?? main, storedType }];
  });
  const { byTensor } = importanceOfTensors(matrix, tensors, ggufType);
  const found = new Map<string, Float32Array>();
  for (const { source, name } of tensors) {
    const importance = byTensor.get(name);
    if (importance !== undefined) found.set(source, importance);
  }
  return found;
}
