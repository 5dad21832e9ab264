/**
 * The forward pass: products of matrices in GFLOP/s on one core, with and without fused multiply-add, as a ratio to torch on the
 * same core in the same run; then 8,192 tokens through a decoder of SmolLM2-135M's shape on two threads.
 * `node bench/forward.mjs [--python PATH] [--no-torch]`: without --python, a virtual environment with torch is made in .cache.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { pathToFileURL } from 'node:url';
import { bundleTypeScript } from '../tools/import-typescript.mjs';

const SIZE = 1024;
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 20);
const TOKENS = Number(process.env.BENCH_TOKENS ?? 8192);
const TORCH = 'torch==2.9.1';
const TARGETS = { plain: 35, relaxed: 40, seconds: 60 };

const { values } = parseArgs({ options: { python: { type: 'string' }, 'no-torch': { type: 'boolean' } } });
const root = path.resolve(import.meta.dirname, '..');
const cache = path.join(root, '.cache');
mkdirSync(cache, { recursive: true });
const scratch = mkdtempSync(path.join(cache, 'bench-forward-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
const outfile = path.join(scratch, 'measure.mjs');
await bundleTypeScript('bench/forward/measure.ts', outfile);

const paces = {};
for (const kind of ['plain', 'relaxed']) paces[kind] = measure(`gemmPace('${kind}', ${SIZE}, ${ROUNDS})`);
const torch = values['no-torch'] ? undefined : torchPace(values.python ?? makeEnvironment());
for (const [kind, pace] of Object.entries(paces)) {
  const ratio = torch === undefined ? '' : `  ${(pace / torch).toFixed(2)} of torch's ${torch.toFixed(1)}`;
  console.log(`GEMM ${kind.padEnd(8)} ${pace.toFixed(1)} GFLOP/s a core${ratio}  (target ${TARGETS[kind]})`);
}
const { seconds, cpuSeconds, gflopsPerCore } = measure(`await decoderPace(${TOKENS}, 2, 0)`);
console.log(
  `forward  ${TOKENS} tokens, 135 M parameters, 2 threads  ${seconds.toFixed(1)} s by the clock, ${cpuSeconds.toFixed(1)} s of the processor` +
    ` (${(cpuSeconds / 2).toFixed(1)} s on two idle cores, ${gflopsPerCore.toFixed(1)} GFLOP/s a core)  (target ${TARGETS.seconds} s for 8192)`,
);

/** Relaxed SIMD lies behind a flag in Node 20, and a process of its own keeps one measurement's memory from the next. */
function measure(expression) {
  const flags = Number(process.versions.node.split('.')[0]) < 22 ? ['--experimental-wasm-relaxed-simd'] : [];
  const program = `import { gemmPace, decoderPace } from ${JSON.stringify(pathToFileURL(outfile).href)};
console.log(JSON.stringify(${expression}));`;
  const { stdout, stderr, status } = spawnSync(process.execPath, [...flags, '--input-type=module', '-e', program], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${expression} ended with ${status}: ${stderr.slice(0, 2000)}`);
  return JSON.parse(stdout);
}

function torchPace(python) {
  const program = `
import time, torch
torch.set_num_threads(1)
a, b = torch.rand(${SIZE}, ${SIZE}), torch.rand(${SIZE}, ${SIZE})
best = 1e9
for _ in range(${ROUNDS}):
    start = time.process_time()
    torch.mm(a, b.t())
    best = min(best, time.process_time() - start)
print(2 * ${SIZE} ** 3 / best / 1e9)`;
  return Number(execFileSync(python, ['-c', program], { encoding: 'utf8' }));
}

function makeEnvironment() {
  const folder = path.join(cache, 'bench-forward-python');
  const python = path.join(folder, 'bin', 'python');
  if (!existsSync(python)) {
    execFileSync('python3', ['-m', 'venv', folder], { stdio: 'inherit' });
    execFileSync(python, ['-m', 'pip', 'install', '--quiet', 'numpy', TORCH], { stdio: 'inherit' });
  }
  return python;
}
