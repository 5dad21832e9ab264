// Writes the model and the importance matrix of test/convert/imatrix-model.ts into a folder, for tools/generate/imatrix-reference.py.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { importTypeScript } from '../import-typescript.mjs';

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error('usage: node tools/generate/made-imatrix.mjs DIR');
  process.exit(2);
}
const { writeImatrixModel } = await importTypeScript('test/convert/imatrix-model.ts');
mkdirSync(path.resolve(folder), { recursive: true });
console.log(Object.values(writeImatrixModel(path.resolve(folder))).join('\n'));
