// Bundles the command line: one small entry, each command a chunk of its own that is loaded when it is called,
// so that `qe check` does not pay for the AWS SDK or the simulator at start.
import { build } from 'esbuild';
import { readFile, readdir, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { putFile } from './put-file.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const outdir = path.join(root, 'dist', 'bin');
const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));

const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: { qe: 'bin/qe.ts' },
  outdir,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  minify: true,
  legalComments: 'none',
  chunkNames: 'chunks/[name]-[hash]',
  define: { 'process.env.QE_VERSION': JSON.stringify(version) },
  banner: {
    // Some bundled CommonJS packages call require(); an ES module has none of its own.
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  logLevel: 'warning',
  write: false,
});
// The entry comes last: whoever starts it finds every chunk that it names.
const files = new Map(outputFiles.map(({ path: file, contents }) => [file, contents]));
files.set(path.join(outdir, 'package.json'), Buffer.from('{ "type": "module" }\n'));
const entry = path.join(outdir, 'qe.js');
for (const [file, contents] of files) if (file !== entry) putFile(file, contents);
putFile(entry, files.get(entry));
// What an earlier build has left, a package must not carry along.
for (const name of await readdir(outdir, { recursive: true })) {
  const file = path.join(outdir, name);
  if (name !== 'chunks' && !files.has(file)) await rm(file);
}
