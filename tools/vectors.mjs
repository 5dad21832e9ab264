// Runs the cases of a folder of golden vectors through the library: `npm run vectors -- DIR`. Ends with `N passed, N failed`.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { importTypeScript } from './import-typescript.mjs';

const root = path.resolve(import.meta.dirname, '..');
const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error('usage: npm run vectors -- DIR   (a folder with manifest.json, inputs and outputs)');
  process.exit(2);
}
const kernels = spawnSync(process.execPath, [path.join(root, 'tools', 'build-kernels.mjs')], { stdio: 'inherit' });
if (kernels.status !== 0) process.exit(kernels.status ?? 1);

const { runVectors } = await importTypeScript('tools/vectors/run.ts');
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
