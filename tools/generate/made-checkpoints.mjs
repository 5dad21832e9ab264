// Writes the checkpoints of test/convert/checkpoints.ts into a folder, for tools/generate/gguf-reference.py.
import { build } from 'esbuild';
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const root = path.resolve(import.meta.dirname, '..', '..');
const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error('usage: node tools/generate/made-checkpoints.mjs DIR');
  process.exit(2);
}
mkdirSync(path.join(root, '.cache'), { recursive: true });
const outfile = path.join(root, '.cache', `made-checkpoints-${process.pid}.mjs`);
try {
  await build({
    absWorkingDir: root,
    entryPoints: ['test/convert/checkpoints.ts'],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
  });
  const { MADE_CHECKPOINTS, writeCheckpoint } = await import(pathToFileURL(outfile).href);
  for (const made of MADE_CHECKPOINTS) console.log(writeCheckpoint(path.resolve(folder), made));
} finally {
  rmSync(outfile, { force: true });
}
