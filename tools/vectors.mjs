// Runs the cases of a folder of golden vectors through the library: `npm run vectors -- DIR`. Ends with `N passed, N failed`.
// The library is TypeScript: it is bundled first, into .cache.
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const root = path.resolve(import.meta.dirname, '..');
const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error('usage: npm run vectors -- DIR   (a folder with manifest.json, inputs and outputs)');
  process.exit(2);
}
const kernels = spawnSync(process.execPath, [path.join(root, 'tools', 'build-kernels.mjs')], { stdio: 'inherit' });
if (kernels.status !== 0) process.exit(kernels.status ?? 1);

mkdirSync(path.join(root, '.cache'), { recursive: true });
const scratch = mkdtempSync(path.join(root, '.cache', 'vectors-'));
try {
  const outfile = path.join(scratch, 'run.mjs');
  await build({
    absWorkingDir: root,
    entryPoints: ['tools/vectors/run.ts'],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
  });
  const { runVectors } = await import(pathToFileURL(outfile).href);
  let passed = 0;
  let failed = 0;
  for (const { id, problems } of runVectors(path.resolve(folder))) {
    if (problems.length === 0) passed++;
    else {
      failed++;
      console.log(`FAILED ${id}\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    }
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
