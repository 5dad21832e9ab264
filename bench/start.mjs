// What `qe check` of one spec takes beyond the start of Node itself: interleaved with an empty program, the shortest of each,
// which is what a busy machine disturbs least.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { plainEnvironment } from './inputs/environment.mjs';

const ROUNDS = 15;
const TARGET_MS = 150;

const root = path.resolve(import.meta.dirname, '..');
const scratch = mkdtempSync(path.join(tmpdir(), 'bench-start-'));
const spec = path.join(scratch, 'spec.json');
writeFileSync(
  spec,
  JSON.stringify({
    model: { id: 'Qwen/Qwen2.5-7B-Instruct-AWQ' },
    container: { family: 'lmi' },
    instanceType: 'ml.g6.2xlarge',
    region: 'us-east-1',
    options: { maxModelLen: 16_384 },
  }),
);

/** Milliseconds from start to end of one run. */
function timed(args) {
  const started = performance.now();
  const { status } = spawnSync(process.execPath, args, { stdio: 'ignore', env: plainEnvironment });
  if (status !== 0 && status !== 1) throw new Error(`node ${args.join(' ')} ended with ${status}`);
  return performance.now() - started;
}

const runs = { node: [], check: [] };
for (let round = 0; round < ROUNDS; round++) {
  runs.node.push(timed(['-e', '0']));
  runs.check.push(timed([path.join(root, 'dist/bin/qe.js'), 'check', spec]));
}
rmSync(scratch, { recursive: true });
const [node, check] = [Math.min(...runs.node), Math.min(...runs.check)];
console.log(`node alone ${node.toFixed(0)} ms, qe check ${check.toFixed(0)} ms (shortest of ${ROUNDS})`);
console.log(
  `beyond node: ${(check - node).toFixed(0)} ms, target at most ${TARGET_MS} ms: ${check - node <= TARGET_MS ? 'met' : 'MISSED'}`,
);
