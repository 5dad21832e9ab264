// Bundles each program of lambda/ into one file that a stack uploads as it is: dist/lambda/<name>/index.js. The AWS SDK is left to
// Lambda's Node.js runtime, which has it, so that the npm package stays small.
import { build } from 'esbuild';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

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
for (const { path: file, contents } of outputFiles) put(file, contents);

// Sources of images that are built in the user's account travel as they are.
for (const entry of readdirSync(path.join(root, 'images'), { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue;
  const file = path.join(entry.parentPath, entry.name);
  put(path.join(dist, path.relative(root, file)), readFileSync(file), statSync(file).mode);
}

/** Apps that are synthesized at the same time read these files: one that is there is whole, and stays while nothing has changed. */
function put(file, contents, mode = 0o644) {
  if (existsSync(file) && readFileSync(file).equals(contents)) return;
  mkdirSync(path.dirname(file), { recursive: true });
  // Not in the same folder, which may be read as a whole.
  const aside = path.join(dist, `.${path.basename(file)}.${process.pid}`);
  writeFileSync(aside, contents, { mode });
  renameSync(aside, file);
}
