// Puts the command line into dist/bin.
import { readFile, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { bundleCli } from './bundle-cli.mjs';
import { putFile } from './put-file.mjs';

const root = path.resolve(import.meta.dirname, '..');
const outdir = path.join(root, 'dist', 'bin');
const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));

const files = await bundleCli(root, outdir, version);
for (const [file, contents] of files) putFile(file, contents);
// What an earlier build has left, a package must not carry along.
for (const name of await readdir(outdir, { recursive: true })) {
  const file = path.join(outdir, name);
  if (name !== 'chunks' && !files.has(file)) await rm(file);
}
