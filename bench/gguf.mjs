// GGUF kernels against stock ggml on one core: the same bf16 matrix, byte-equal blocks, taking turns in one run. Processor time is
// compared, best of the rounds: it is what others on the machine disturb least.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { importTypeScript } from '../tools/import-typescript.mjs';
import { pythonWith } from './peers/environment.mjs';

const ROWS = 256;
const COLUMNS = 4096;
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 9);
/** Types, and the ratio that is aimed at. */
const TYPES = [
  ['Q8_0', 5],
  ['Q4_0', 2],
  ['Q4_1', undefined],
  ['Q5_0', undefined],
  ['Q5_1', undefined],
  ['Q4_K', 5],
  ['Q5_K', 3],
  ['Q6_K', 3],
  ['Q3_K', 3],
  ['Q2_K', 3],
  ['IQ4_NL', undefined],
];

const root = path.resolve(import.meta.dirname, '..');
const cache = path.join(root, '.cache', 'bench');
mkdirSync(cache, { recursive: true });
spawnSync(process.execPath, [path.join(root, 'tools', 'build-kernels.mjs')], { stdio: 'inherit' });
const { createBench } = await importTypeScript('bench/gguf/ours.ts');

const weights = gaussianBf16(ROWS * COLUMNS);
const weightsFile = path.join(cache, 'gguf-weights.bin');
writeFileSync(weightsFile, weights);
const ours = createBench(weights, ROWS, COLUMNS);
const peer = await startPeer();

const best = new Map(
  TYPES.map(([type]) => [type, { ours: Infinity, figures: Infinity, peer: Infinity, equal: false }]),
);
for (let round = 0; round < ROUNDS; round++) {
  for (const [type] of TYPES) {
    const entry = best.get(type);
    entry.figures = Math.min(
      entry.figures,
      processorTime(() => ours.run(type, true)),
    );
    entry.ours = Math.min(
      entry.ours,
      processorTime(() => ours.run(type, false)),
    );
    if (peer === undefined) continue;
    const answer = await peer.run(type);
    entry.peer = Math.min(entry.peer, answer.seconds);
    entry.equal = answer.digest === ours.digest(type);
  }
}
peer?.end();

const gigabytes = (ROWS * COLUMNS * 2) / 1e9;
console.log(
  `${ROWS} × ${COLUMNS} bf16, one core, best of ${ROUNDS}; ${peer?.version ?? 'llama-cpp-python could not be installed: ours alone'}`,
);
let missed = 0;
for (const [type, target] of TYPES) {
  const entry = best.get(type);
  const parts = [
    type.padEnd(7),
    `${(gigabytes / entry.ours).toFixed(3)} GB/s`,
    `with figures ${(gigabytes / entry.figures).toFixed(3)}`,
  ];
  if (peer !== undefined) {
    const ratio = entry.peer / entry.ours;
    const reached = entry.equal && (target === undefined || ratio >= target);
    if (!reached) missed++;
    parts.push(`ggml ${(gigabytes / entry.peer).toFixed(3)}`, `${ratio.toFixed(2)} ×`);
    if (target !== undefined) parts.push(`aim ${target} × ${reached ? 'reached' : 'MISSED'}`);
    parts.push(entry.equal ? 'same bytes' : 'OTHER BYTES');
  }
  console.log(parts.join('  '));
}
process.exit(missed > 0 ? 1 : 0);

function processorTime(work) {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

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
  const python = pythonWith(['llama-cpp-python==0.3.36']);
  if (python === undefined) return undefined;
  const script = path.join(import.meta.dirname, 'peers', 'ggml_peer.py');
  const child = spawn(python, [script, weightsFile, String(ROWS), String(COLUMNS)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => JSON.parse((await lines.next()).value);
  const { version } = await next();
  return {
    version: `ggml of llama-cpp-python ${version}`,
    run: (type) => {
      child.stdin.write(`${JSON.stringify({ type })}\n`);
      return next();
    },
    end: () => child.stdin.end(),
  };
}
