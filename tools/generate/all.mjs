/**
 * `npm run generate`: writes every `lib/<room>/data/*.json` from `data/sources/`.
 * Each generator in this folder exports `outputs()`, a list of `{ file, text }`; `file` is relative to the repository.
 * `--check` writes nothing and exits 1 if a file differs from what its generator makes.
 */
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { root } from './emit.mjs';

const folder = path.dirname(fileURLToPath(import.meta.url));
const helpers = new Set(['all.mjs', 'emit.mjs', 'made-checkpoints.mjs', 'made-imatrix.mjs']);

/** Every generated file: `[{ file, text, generator }]`. */
export async function allOutputs() {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.mjs') && !helpers.has(name)).sort();
  const made = [];
  for (const name of names) {
    const { outputs } = await import(pathToFileURL(path.join(folder, name)).href);
    if (typeof outputs !== 'function') throw new Error(`tools/generate/${name} exports no outputs()`);
    for (const output of await outputs()) made.push({ ...output, generator: name });
  }
  return made;
}

async function main() {
  const check = process.argv.includes('--check');
  let stale = 0;
  for (const { file, text, generator } of await allOutputs()) {
    const target = path.join(root, file);
    const present = await readFile(target, 'utf8').catch(() => undefined);
    if (present === text) continue;
    if (check) {
      stale++;
      console.error(`${file} is not what tools/generate/${generator} makes: run npm run generate`);
      continue;
    }
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(`${target}.part`, text);
    await rename(`${target}.part`, target);
    console.log(`${file}  ${text.length} bytes`);
  }
  if (stale > 0) process.exitCode = 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
