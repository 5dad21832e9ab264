// Bundles each program of lambda/ into one file that a stack uploads as it is: dist/lambda/<name>/index.js. The AWS SDK is left to
// Lambda's Node.js runtime, which has it, so that the npm package stays small.
import { build } from 'esbuild';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { putFile } from './put-file.mjs';

const root = path.resolve(import.meta.dirname, '..');
const dist = path.join(root, 'dist');
const programs = readdirSync(path.join(root, 'lambda'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(path.join(root, 'lambda', entry.name, 'index.ts')))
  .map((entry) => entry.name);

const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: Object.fromEntries(programs.map((name) => [`${name}/index`, `lambda/${name}/index.ts`])),
  outdir: path.join(dist, 'lambda'),
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node22',
  external: ['@aws-sdk/*', '@smithy/*'],
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
  write: false,
});
for (const { path: file, contents } of outputFiles) putFile(file, contents);

// Sources of images that are built in the user's account travel as they are.
for (const entry of readdirSync(path.join(root, 'images'), { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue;
  const file = path.join(entry.parentPath, entry.name);
  putFile(path.join(dist, path.relative(root, file)), readFileSync(file), statSync(file).mode);
}
