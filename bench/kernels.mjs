// Kernels against eager PyTorch on one core: the same bf16 matrix, the same formulas, the same error figures, taking turns in
// one run. Processor time is compared, best of the rounds: it is what others on the machine disturb least.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { importTypeScript } from '../tools/import-typescript.mjs';
import { pythonWith } from './peers/environment.mjs';

const ROWS = 4096;
const COLUMNS = 4096;
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 7);
/** Names, and the ratio that is aimed at. */
const SCHEMES = [
  ['bf16-decode', undefined],
  ['int8-channel', 3.5],
  ['neuron-int8', 3.5],
  ['fp8-channel', 5],
  ['int4-g128', 3.5],
  ['awq-g128', 3.5],
];

const root = path.resolve(import.meta.dirname, '..');
const cache = path.join(root, '.cache', 'bench');
mkdirSync(cache, { recursive: true });
spawnSync(process.execPath, [path.join(root, 'tools', 'build-kernels.mjs')], { stdio: 'inherit' });
const { createBench } = await importTypeScript('bench/kernels/ours.ts');

const weights = gaussianBf16(ROWS * COLUMNS);
const weightsFile = path.join(cache, 'weights.bin');
writeFileSync(weightsFile, weights);
const ours = createBench(weights, ROWS, COLUMNS);
const peer = await startPeer();

const best = new Map(SCHEMES.map(([name]) => [name, { ours: Infinity, peer: Infinity, noise: [] }]));
for (let round = 0; round < ROUNDS; round++) {
  for (const [name] of SCHEMES) {
    const entry = best.get(name);
    const start = process.cpuUsage();
    const noise = ours.run(name);
    const { user, system } = process.cpuUsage(start);
    entry.ours = Math.min(entry.ours, (user + system) / 1e6);
    if (peer === undefined) continue;
    const answer = await peer.run(name);
    entry.peer = Math.min(entry.peer, answer.seconds);
    entry.noise = [noise, answer.noise];
  }
}
peer?.end();

const gigabytes = (ROWS * COLUMNS * 2) / 1e9;
console.log(
  `${ROWS} × ${COLUMNS} bf16, one core, best of ${ROUNDS}; ${peer?.version ?? 'PyTorch could not be installed: ours alone'}`,
);
let missed = 0;
for (const [name, target] of SCHEMES) {
  const { ours: own, peer: other, noise } = best.get(name);
  const parts = [name.padEnd(14), `${(gigabytes / own).toFixed(2)} GB/s`];
  if (peer !== undefined) {
    const ratio = other / own;
    const reached = target === undefined || ratio >= target;
    if (!reached) missed++;
    parts.push(`torch ${(gigabytes / other).toFixed(2)} GB/s`, `${ratio.toFixed(2)} ×`);
    if (target !== undefined) parts.push(`aim ${target} × ${reached ? 'reached' : 'MISSED'}`);
    if (noise[0] !== undefined) parts.push(`Σe² ${noise[0].toPrecision(6)} and ${noise[1].toPrecision(6)}`);
  }
  console.log(parts.join('  '));
}
process.exit(missed > 0 ? 1 : 0);

function gaussianBf16(count) {
  let state = 12345;
  const uniform = () => ((state = (Math.imul(state, 1664525) + 1013904223) | 0) >>> 0) / 2 ** 32;
  const value = new Float32Array(1);
  const bits = new Uint32Array(value.buffer);
  const values = new Uint16Array(count);
  for (let i = 0; i < count; i++) {
    value[0] = 0.02 * Math.sqrt(-2 * Math.log(uniform() + 1e-9)) * Math.cos(2 * Math.PI * uniform());
    values[i] = (bits[0] + 0x8000) >>> 16;
  }
  return new Uint8Array(values.buffer);
}

async function startPeer() {
  const python = pythonWith(['torch==2.9.0', 'numpy']);
  if (python === undefined) return undefined;
  const child = spawn(
    python,
    [path.join(import.meta.dirname, 'peers', 'torch_peer.py'), weightsFile, String(ROWS), String(COLUMNS)],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => JSON.parse((await lines.next()).value);
  const { torch, capability } = await next();
  return {
    version: `torch ${torch}, ${capability}`,
    run: (scheme) => {
      child.stdin.write(`${JSON.stringify({ scheme })}\n`);
      return next();
    },
    end: () => child.stdin.end(),
  };
}
