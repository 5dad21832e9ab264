// `recommend` over every instance and scheme of a region: the whole process, start included.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { mixedSpecs } from './inputs/specs.mjs';

const RUNS = 5;
const qe = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', 'dist', 'bin', 'qe.js');
if (!existsSync(qe)) {
  console.error(`${qe} is not there: npm run build:cli first`);
  process.exit(2);
}

const folder = await mkdtemp(path.join(tmpdir(), 'qe-bench-'));
try {
  const { id, model } = JSON.parse((await mixedSpecs(1))[0]);
  const config = { ...model.config };
  // An unquantized checkpoint has the most ways to be served.
  delete config.quantization_config;
  const spec = {
    id,
    model: { ...model, config },
    region: 'us-east-1',
    workload: { inputTokens: 1024, outputTokens: 256, concurrency: 8 },
  };
  const file = path.join(folder, 'spec.json');
  await writeFile(file, JSON.stringify(spec));
  let best = Infinity;
  let combinations = 0;
  for (let run = 0; run < RUNS; run++) {
    const start = process.hrtime.bigint();
    const { stdout, stderr, status } = spawnSync(process.execPath, [qe, 'recommend', file, '--json'], {
      maxBuffer: 1 << 28,
      encoding: 'utf8',
    });
    const seconds = Number(process.hrtime.bigint() - start) / 1e9;
    if (status !== 0) throw new Error(`qe recommend ended with ${status}: ${stderr.slice(0, 500)}`);
    const answer = JSON.parse(stdout);
    combinations = answer.candidates.length + answer.rejected.length;
    best = Math.min(best, seconds);
  }
  console.log(
    `qe recommend  ${combinations} combinations of us-east-1  ${(best * 1000).toFixed(0)} ms  (whole process, best of ${RUNS}; target 1000 ms)`,
  );
} finally {
  await rm(folder, { recursive: true });
}
