// `simulate` end to end on files in the page cache: throughput of a core by its processor time, what a second thread gives, and the memory peak on a
// checkpoint of 40 GB. Checkpoints are sparse files of zeros but for a stretch of weights, so that no disk is waited for.
// BENCH_GB (default 4) sets the timed one, BENCH_SPARSE_GB (default 40) the large one.
import { spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { bundleTypeScript } from '../tools/import-typescript.mjs';

const GB = 1e9;
const TIMED_GB = Number(process.env.BENCH_GB ?? 4);
const SPARSE_GB = Number(process.env.BENCH_SPARSE_GB ?? 40);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const SCHEMES = ['int8-weight-only', 'fp8', 'int4-rtn'];
/** Aims: GB/s of a core, how much faster two threads are, bytes of memory. */
const AIM_PACE = 1.2;
const AIM_SCALING = 1.8;
const AIM_MEMORY = 256 * 1024 * 1024;
/** A hidden size of 8192 as in the 70 B models. */
const LAYER = [
  ['self_attn.q_proj', 8192, 8192],
  ['self_attn.k_proj', 1024, 8192],
  ['self_attn.v_proj', 1024, 8192],
  ['self_attn.o_proj', 8192, 8192],
  ['mlp.gate_proj', 28672, 8192],
  ['mlp.up_proj', 28672, 8192],
  ['mlp.down_proj', 8192, 28672],
];
const LAYER_BYTES = LAYER.reduce((sum, [, rows, columns]) => sum + 2 * rows * columns, 0);

const root = path.resolve(import.meta.dirname, '..');
const cache = path.join(root, '.cache', 'bench');
mkdirSync(cache, { recursive: true });
spawnSync(process.execPath, [path.join(root, 'tools', 'build-kernels.mjs')], { stdio: 'inherit' });
const program = path.join(cache, 'simulate.mjs');
await bundleTypeScript('bench/simulate/run.ts', program);

let missed = 0;
const timed = checkpoint('timed', TIMED_GB, true);
try {
  run(timed, SCHEMES[0], 1);
  for (const scheme of SCHEMES) {
    const best = { 1: { pace: 0, corePace: 0 }, 2: { pace: 0, corePace: 0 } };
    for (let round = 0; round < ROUNDS; round++) {
      // Threads take turns, so that what else the machine does falls on both.
      for (const threads of [1, 2]) {
        const { pace, corePace } = run(timed, scheme, threads);
        best[threads].pace = Math.max(best[threads].pace, pace);
        best[threads].corePace = Math.max(best[threads].corePace, corePace);
      }
    }
    // Processor time is what others on the machine disturb least. Where they leave no core idle, two threads gain nothing that a clock
    // shows: then what they lose to each other says what idle cores would give.
    const [one, two] = [best[1], best[2]];
    report(`${scheme.padEnd(17)} ${one.corePace.toFixed(2)} GB/s a core`, `${AIM_PACE} GB/s`, one.corePace >= AIM_PACE);
    const idle = (2 * two.corePace) / one.corePace;
    report(
      `${''.padEnd(17)} two threads ${(two.pace / one.pace).toFixed(2)} × by the clock, ${idle.toFixed(2)} × by processor time`,
      `${AIM_SCALING} ×`,
      Math.max(two.pace / one.pace, idle) >= AIM_SCALING,
    );
  }
} finally {
  rmSync(timed, { recursive: true, force: true });
}

const sparse = checkpoint('sparse', SPARSE_GB, false);
try {
  const { pace, peakRssBytes } = run(sparse, 'int8-weight-only', availableParallelism());
  const megabytes = (peakRssBytes / 1024 / 1024).toFixed(0);
  report(
    `${SPARSE_GB} GB: ${megabytes} MiB of memory at most, ${pace.toFixed(2)} GB/s`,
    '256 MiB',
    peakRssBytes <= AIM_MEMORY,
  );
} finally {
  rmSync(sparse, { recursive: true, force: true });
}
process.exit(missed > 0 ? 1 : 0);

function report(text, aim, reached) {
  if (!reached) missed++;
  console.log(`${text}  aim ${aim} ${reached ? 'reached' : 'MISSED'}`);
}

/** A process of its own, so that its memory is the run's alone. */
function run(folder, scheme, threads) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, folder, scheme, String(threads)], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

/** A folder with one safetensors file of whole layers; `filled`: real values in every page, for the page cache to hold. */
function checkpoint(name, gigabytes, filled) {
  const folder = path.join(cache, name);
  mkdirSync(folder, { recursive: true });
  const layers = Math.max(1, Math.round((gigabytes * GB) / LAYER_BYTES));
  const header = {};
  let at = 0;
  for (let layer = 0; layer < layers; layer++) {
    for (const [module, rows, columns] of LAYER) {
      const bytes = 2 * rows * columns;
      header[`model.layers.${layer}.${module}.weight`] = {
        dtype: 'BF16',
        shape: [rows, columns],
        data_offsets: [at, at + bytes],
      };
      at += bytes;
    }
  }
  let json = Buffer.from(JSON.stringify(header));
  json = Buffer.concat([json, Buffer.alloc((8 - (json.length % 8)) % 8, 0x20)]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const file = openSync(path.join(folder, 'model.safetensors'), 'w');
  writeSync(file, length);
  writeSync(file, json);
  if (filled) {
    const stretch = weights(4 * 1024 * 1024);
    for (let done = 0; done < at; done += stretch.length)
      writeSync(file, stretch, 0, Math.min(stretch.length, at - done));
  } else {
    ftruncateSync(file, 8 + json.length + at);
  }
  closeSync(file);
  writeFileSync(path.join(folder, 'README'), 'made by bench/simulate.mjs\n');
  return folder;
}

function weights(bytes) {
  let state = 12345;
  const uniform = () => ((state = (Math.imul(state, 1664525) + 1013904223) | 0) >>> 0) / 2 ** 32 - 0.5;
  const value = new Float32Array(1);
  const bits = new Uint32Array(value.buffer);
  const values = new Uint16Array(bytes / 2);
  for (let i = 0; i < values.length; i++) {
    value[0] = 0.04 * (uniform() + uniform() + uniform());
    values[i] = bits[0] >>> 16;
  }
  return new Uint8Array(values.buffer);
}
