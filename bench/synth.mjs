/**
 * What a QuantizedEndpoint adds to synth, against the same resources written as L1s, for 1 and for 100 endpoints.
 * Processor time. The two alternate, each run in a process of its own; the best of them counts.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const TARGET_MS = 20;

const root = path.resolve(import.meta.dirname, '..');
const bundle = path.join(root, '.cache', 'bench', 'synth.cjs');
mkdirSync(path.dirname(bundle), { recursive: true });
await build({
  entryPoints: [path.join(root, 'bench/synth/app.ts')],
  outfile: bundle,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  packages: 'external',
  alias: { 'cdk-quantized-endpoints': path.join(root, 'index.ts') },
  tsconfigRaw: '{}',
});

const counts = [1, 100];
const best = {};
for (let round = 0; round < ROUNDS; round++)
  for (const count of counts)
    for (const kind of ['l1', 'ours']) {
      const ms = Number(execFileSync(process.execPath, [bundle, kind, String(count)], { cwd: root, encoding: 'utf8' }));
      best[`${kind} ${count}`] = Math.min(best[`${kind} ${count}`] ?? Infinity, ms);
    }
rmSync(bundle, { force: true });

for (const count of counts) {
  const [ours, l1] = [best[`ours ${count}`], best[`l1 ${count}`]];
  const more = (ours - l1) / count;
  console.log(
    `synth of ${String(count).padStart(3)}: ${ours.toFixed(0)} ms, as L1s ${l1.toFixed(0)} ms, ` +
      `${more.toFixed(1)} ms more an endpoint${count > 1 ? ` (target ≤ ${TARGET_MS} ms)` : ' (first use of code and data included)'}`,
  );
}
const perEndpoint = (best['ours 100'] - best['ours 1']) / 99;
console.log(
  `each further endpoint: ${perEndpoint.toFixed(1)} ms, as L1s ${((best['l1 100'] - best['l1 1']) / 99).toFixed(1)} ms`,
);
