/**
 * Reading the headers of a 140 GB checkpoint as `qe inspect --json` does: Llama-3.1-70B's 723 tensors in 15 shards, as
 * sparse files, so that the headers are real and the data takes no disk. A second one has 91,000 tensors in 163 shards,
 * the shape of DeepSeek-V3. Each run is a process of its own; the best time and the largest memory count.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, openSync, closeSync, ftruncateSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const TARGET_SECONDS = 1;
const TARGET_MB = 100;

const root = path.resolve(import.meta.dirname, '..');
mkdirSync(path.join(root, '.cache'), { recursive: true });
const scratch = mkdtempSync(path.join(root, '.cache', 'bench-header-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

await build({
  absWorkingDir: root,
  entryPoints: { inspect: 'bin/commands/inspect.ts', terminal: 'bin/terminal.ts', format: 'lib/format/index.ts' },
  outdir: path.join(scratch, 'bundle'),
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  minify: true,
  banner: {
    js: "import { createRequire as __require } from 'node:module'; const require = __require(import.meta.url);",
  },
  logLevel: 'warning',
});
const { layoutCheckpoint } = await import(pathToFileURL(path.join(scratch, 'bundle', 'format.mjs')).href);
const runner = path.join(scratch, 'bundle', 'run.mjs');
writeFileSync(
  runner,
  `import { inspect } from './inspect.mjs';
import { Terminal } from './terminal.mjs';
await inspect([process.argv[2]], {}, new Terminal({ json: true }));
process.stderr.write(JSON.stringify({ ms: performance.now(), kb: process.resourceUsage().maxRSS }));
`,
);

/** Names and shapes of Llama-3.1-70B, in the order in which Transformers saves them. */
function llama70b() {
  const tensors = [{ name: 'model.embed_tokens.weight', shape: [128256, 8192] }];
  for (let layer = 0; layer < 80; layer++) {
    const add = (name, ...shape) => tensors.push({ name: `model.layers.${layer}.${name}.weight`, shape });
    add('self_attn.q_proj', 8192, 8192);
    add('self_attn.k_proj', 1024, 8192);
    add('self_attn.v_proj', 1024, 8192);
    add('self_attn.o_proj', 8192, 8192);
    add('mlp.gate_proj', 28672, 8192);
    add('mlp.up_proj', 28672, 8192);
    add('mlp.down_proj', 8192, 28672);
    add('input_layernorm', 8192);
    add('post_attention_layernorm', 8192);
  }
  tensors.push({ name: 'model.norm.weight', shape: [8192] }, { name: 'lm_head.weight', shape: [128256, 8192] });
  return tensors.map((tensor) => ({ ...tensor, dtype: 'BF16' }));
}

/** As many tensors as DeepSeek-V3 has: 58 layers of 256 experts in FP8, each weight with its scales. */
function manyExperts() {
  const tensors = [];
  for (let layer = 3; layer < 61; layer++)
    for (let expert = 0; expert < 256; expert++)
      for (const [name, rows, columns] of [
        ['gate_proj', 2048, 7168],
        ['up_proj', 2048, 7168],
        ['down_proj', 7168, 2048],
      ]) {
        const full = `model.layers.${layer}.mlp.experts.${expert}.${name}.weight`;
        tensors.push({ name: full, dtype: 'F8_E4M3', shape: [rows, columns] });
        tensors.push({ name: `${full}_scale_inv`, dtype: 'F32', shape: [rows / 128, columns / 128] });
      }
  return tensors;
}

function writeSparse(name, tensors, maxShardBytes) {
  const folder = path.join(scratch, name);
  mkdirSync(folder);
  const layout = layoutCheckpoint({ tensors, metadata: new Map([['format', 'pt']]) }, maxShardBytes);
  let headerBytes = 0;
  for (const { name: file, header, fileBytes } of layout.shards) {
    const descriptor = openSync(path.join(folder, file), 'w');
    writeSync(descriptor, header);
    ftruncateSync(descriptor, fileBytes);
    closeSync(descriptor);
    headerBytes += header.byteLength;
  }
  writeFileSync(path.join(folder, 'model.safetensors.index.json'), layout.index);
  return {
    folder,
    shards: layout.shards.length,
    tensors: tensors.length,
    gigabytes: layout.dataBytes / 1e9,
    headerBytes,
  };
}

function measure({ folder, shards, tensors, gigabytes, headerBytes }, target) {
  let [seconds, megabytes] = [Infinity, 0];
  for (let round = 0; round < ROUNDS; round++) {
    const command = `"${process.execPath}" "${runner}" "${folder}" 2>&1 >/dev/null`;
    const { ms, kb } = JSON.parse(execFileSync('sh', ['-c', command], { encoding: 'utf8' }));
    seconds = Math.min(seconds, ms / 1000);
    megabytes = Math.max(megabytes, kb / 1024);
  }
  const bar = target ? ` (target ≤ ${TARGET_SECONDS} s, ≤ ${TARGET_MB} MB)` : '';
  console.log(
    `${gigabytes.toFixed(0)} GB, ${shards} shards, ${tensors} tensors, ${(headerBytes / 1024).toFixed(0)} KiB of headers: ` +
      `${seconds.toFixed(3)} s with Node's start, peak ${megabytes.toFixed(0)} MB${bar}`,
  );
  return !target || (seconds <= TARGET_SECONDS && megabytes <= TARGET_MB);
}

const met = measure(writeSparse('70b', llama70b(), 9_700_000_000), true);
measure(writeSparse('experts', manyExperts(), 4_100_000_000), false);
process.exitCode = met ? 0 : 1;
