/**
 * Holds the readers against the reference packages: `node tools/differential.mjs [COUNT] [--seed N] [--python PATH]`.
 * Both sides read COUNT inputs (20,000 if left out) of each kind, made as the fuzzing makes them. They must accept the
 * same, with the same contents; every difference must be one that tools/differential/argued.mjs argues. Without --python,
 * a virtual environment with PyPI safetensors and gguf is made in .cache.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ARGUED } from './differential/argued.mjs';
import { importTypeScript } from './import-typescript.mjs';

const PACKAGES = ['safetensors==0.8.0', 'gguf==0.19.0', 'numpy==2.4.6'];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string', default: '500000000' }, python: { type: 'string' } },
});
const count = Number(positionals[0] ?? 20_000);
const seed = Number(values.seed);
if (!Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(seed)) {
  console.error('usage: node tools/differential.mjs [COUNT] [--seed N] [--python PATH]');
  process.exit(2);
}

const root = path.resolve(import.meta.dirname, '..');
const cache = path.join(root, '.cache');
mkdirSync(cache, { recursive: true });
const scratch = mkdtempSync(path.join(cache, 'differential-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
const python = values.python ?? makeEnvironment();

const { makeInput, readOurs } = await importTypeScript('tools/differential/ours.ts');

let unargued = 0;
for (const kind of ['safetensors', 'gguf', 'llama.cpp']) compare(kind);
console.log(unargued === 0 ? 'no difference that is not argued' : `${unargued} differences that are not argued`);
process.exit(unargued === 0 ? 0 : 1);

/** llama.cpp as node-llama-cpp brings it, built by its own release. Only on Linux is it a library that Python can load. */
function libraryOf(kind) {
  if (kind !== 'llama.cpp') return kind;
  const builds = path.join(
    root,
    'node_modules/@node-llama-cpp',
    `linux-${process.arch}`,
    'bins',
    `linux-${process.arch}`,
  );
  return path.join(builds, 'libggml-base.so');
}

function compare(kind) {
  const reader = libraryOf(kind);
  if (kind === 'llama.cpp' && !existsSync(reader)) {
    console.log(`llama.cpp: left out, there is no ${path.relative(root, reader)}`);
    return;
  }
  const inputs = Array.from({ length: count }, (_, index) => makeInput(kind, seed + index));
  const pack = path.join(scratch, `${kind}.pack`);
  writeFileSync(
    pack,
    Buffer.concat(
      inputs.flatMap((input) => {
        const length = Buffer.alloc(4);
        length.writeUInt32LE(input.byteLength);
        return [length, input];
      }),
    ),
  );
  const { stdout, stderr, status } = spawnSync(
    python,
    [path.join(root, 'tools/differential/reference.py'), reader, pack],
    {
      encoding: 'utf8',
      maxBuffer: 2 ** 31 - 1,
    },
  );
  if (status !== 0) throw new Error(`the reference did not finish: ${stderr}`);
  const answers = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  if (answers.length !== count) throw new Error(`the reference answered ${answers.length} of ${count} inputs`);

  const tally = { 'both accept, same contents': 0, 'both refuse': 0 };
  for (const [index, theirs] of answers.entries()) {
    const ours = readOurs(kind, inputs[index]);
    const difference = differenceOf(kind, ours, theirs);
    tally[difference.label] = (tally[difference.label] ?? 0) + 1;
    if (difference.argued) continue;
    unargued++;
    if (unargued <= 10)
      console.log(
        `  seed ${seed + index}: ${difference.label}\n    ours   ${JSON.stringify(ours)}\n    theirs ${JSON.stringify(theirs)}`,
      );
  }
  console.log(`${kind}, ${count} inputs`);
  for (const [label, times] of Object.entries(tally).sort(([, left], [, right]) => right - left))
    console.log(`  ${String(times).padStart(8)}  ${label}`);
}

function differenceOf(kind, ours, theirs) {
  const stopped = /HANG|CRASH.*/.exec(theirs.error ?? '')?.[0];
  if (ours.error !== undefined && theirs.error !== undefined) {
    const label = stopped === undefined ? 'both refuse' : `we refuse with ${ours.error}, the reference: ${stopped}`;
    return { label, argued: true };
  }
  const read = JSON.stringify(ours.ok ?? null);
  const reason = ARGUED[kind].find(
    (entry) =>
      (entry.ours !== undefined
        ? entry.ours === ours.error
        : (theirs.error?.includes(entry.theirs) ?? entry.contents === true)) &&
      (entry.where === undefined || read.includes(entry.where)),
  );
  const argued = reason !== undefined;
  if (ours.error !== undefined) return { label: `we refuse with ${ours.error}, the reference accepts`, argued };
  if (theirs.error !== undefined) {
    const what = theirs.error.replace(/\d+/g, 'N').slice(0, 80);
    return { label: `we accept, the reference refuses: ${what}`, argued };
  }
  if (read === JSON.stringify(theirs.ok)) return { label: 'both accept, same contents', argued: true };
  return { label: `both accept, other contents${argued ? ` (${reason.where})` : ''}`, argued };
}

function makeEnvironment() {
  const folder = path.join(cache, 'differential', 'venv');
  const interpreter = path.join(folder, 'bin', 'python');
  if (!existsSync(interpreter)) {
    execFileSync('python3', ['-m', 'venv', folder], { stdio: 'inherit' });
    execFileSync(interpreter, ['-m', 'pip', 'install', '--quiet', ...PACKAGES], { stdio: 'inherit' });
  }
  return interpreter;
}
