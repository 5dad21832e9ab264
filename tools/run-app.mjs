/**
 * Runs a CDK app written in TypeScript from this checkout, for `cdk.json`: `node tools/run-app.mjs bin/app.ts`.
 * `cdk-quantized-endpoints` means the sources next to this file, so that an example reads here as it does in a project of its own.
 */
import { build } from 'esbuild';
import { mkdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
// The programs that constructs upload, as they are in this checkout.
import './build-lambdas.mjs';

const root = path.resolve(import.meta.dirname, '..');
const entry = path.resolve(process.argv[2] ?? '');
const bundle = path.join(
  root,
  '.cache',
  'apps',
  `${path.relative(root, entry).replace(/[^\w.-]/g, '-')}.${process.pid}.cjs`,
);

mkdirSync(path.dirname(bundle), { recursive: true });
await build({
  entryPoints: [entry],
  outfile: bundle,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  sourcemap: 'inline',
  packages: 'external',
  alias: { 'cdk-quantized-endpoints': path.join(root, 'index.ts') },
  // The checkout's own settings, not those that jsii leaves behind.
  tsconfigRaw: '{}',
  logLevel: 'warning',
});
// CDK tells where in the app a finding was caused; the bundle would say nothing to anyone.
process.setSourceMapsEnabled(true);
process.on('exit', () => rmSync(bundle, { force: true }));
createRequire(import.meta.url)(bundle);
