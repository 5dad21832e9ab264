import path from 'node:path';
import { runVectors } from '../../tools/vectors/run';

/** Outputs of the reference libraries for given inputs; what made each stands in its manifest. */
const FOLDER = path.join(__dirname, 'vectors');

describe('golden vectors of the reference libraries', () => {
  for (const { id, problems } of runVectors(FOLDER)) {
    test(id, () => expect(problems).toEqual([]));
  }
});
