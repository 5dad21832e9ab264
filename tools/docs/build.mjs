// Writes the generated parts of the documentation: a page for each rule, and API.md from the docstrings of the built package.
// Run `npm run build` first; `npm run docs -- --check` fails when what is committed is out of date.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..', '..');
const check = process.argv.includes('--check');
const require = createRequire(import.meta.url);

if (!existsSync(path.join(root, '.jsii'))) {
  console.error('no .jsii assembly here: run `npm run build` first');
  process.exit(2);
}

run([path.join(import.meta.dirname, 'rules.mjs'), ...(check ? ['--check'] : [])]);

const docgen = require.resolve('jsii-docgen/bin/jsii-docgen');
if (check) {
  const fresh = path.join(root, '.cache', 'API.fresh.md');
  run([docgen, '--output', path.relative(root, fresh)]);
  const same = readFileSync(fresh, 'utf8') === readFileSync(path.join(root, 'API.md'), 'utf8');
  rmSync(fresh);
  if (!same) {
    console.error('API.md is out of date: run `npm run build && npm run docs`');
    process.exit(1);
  }
} else {
  run([docgen, '--output', 'API.md']);
}

function run(args) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
