// Writes the checkpoints of test/convert/checkpoints.ts into a folder, for tools/generate/gguf-reference.py.
import path from 'node:path';
import { importTypeScript } from '../import-typescript.mjs';

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error('usage: node tools/generate/made-checkpoints.mjs DIR');
  process.exit(2);
}
const { MADE_CHECKPOINTS, MADE_EXPERTS, writeCheckpoint } = await importTypeScript('test/convert/checkpoints.ts');
for (const made of [...MADE_CHECKPOINTS, ...MADE_EXPERTS]) console.log(writeCheckpoint(path.resolve(folder), made));
