// Bundles each program of lambda/ into one file that a stack uploads as it is: dist/lambda/<name>/index.js. The AWS SDK is left to
// Lambda's Node.js runtime, which has it, so that the npm package stays small.
import { build } from 'esbuild';
import { cpSync, existsSync, readdirSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const programs = readdirSync(path.join(root, 'lambda'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(path.join(root, 'lambda', entry.name, 'index.ts')))
  .map((entry) => entry.name);

await build({
  absWorkingDir: root,
  entryPoints: Object.fromEntries(programs.map((name) => [`${name}/index`, `lambda/${name}/index.ts`])),
  outdir: path.join(root, 'dist', 'lambda'),
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node22',
  external: ['@aws-sdk/*', '@smithy/*'],
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
});

// Sources of images that are built in the user's account travel as they are.
cpSync(path.join(root, 'images'), path.join(root, 'dist', 'images'), { recursive: true });
