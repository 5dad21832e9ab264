import path from 'node:path';
import { runVectors } from '../../tools/vectors/run';

/** Outputs of the reference libraries for given inputs; what made each stands in its manifest. */
const FOLDERS = ['vectors', 'vectors/imatrix'];

describe.each(FOLDERS)('golden vectors of the reference libraries: %s', (folder) => {
  for (const { id, problems } of runVectors(path.join(__dirname, folder))) {
    test(id, () => expect(problems).toEqual([]));
  }
});
