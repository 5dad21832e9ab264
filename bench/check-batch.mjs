// `qe check --batch` (and `qe plan --batch`) over 10,000 mixed specs: specs a second of the whole process, start included, on one core.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { plainEnvironment } from './inputs/environment.mjs';
import { mixedSpecs } from './inputs/specs.mjs';

const COUNT = 10_000;
const RUNS = 3;
const qe = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', 'dist', 'bin', 'qe.js');
if (!existsSync(qe)) {
  console.error(`${qe} is not there: npm run build:cli first`);
  process.exit(2);
}

const folder = await mkdtemp(path.join(tmpdir(), 'qe-bench-'));
try {
  const file = path.join(folder, 'specs.ndjson');
  await writeFile(file, (await mixedSpecs(COUNT)).join('\n') + '\n');
  for (const command of ['check', 'plan']) {
    let best = Infinity;
    for (let run = 0; run < RUNS; run++) {
      const start = process.hrtime.bigint();
      const { stdout, stderr, status } = spawnSync(process.execPath, [qe, command, file, '--batch'], {
        maxBuffer: 1 << 28,
        encoding: 'utf8',
        env: plainEnvironment,
      });
      const seconds = Number(process.hrtime.bigint() - start) / 1e9;
      const answers = stdout.split('\n').length - 1;
      if (status > 1 || answers !== COUNT)
        throw new Error(`qe ${command} answered ${answers} of ${COUNT}, status ${status}: ${stderr.slice(0, 500)}`);
      best = Math.min(best, seconds);
    }
    console.log(
      `qe ${command} --batch  ${COUNT} specs  ${Math.round(COUNT / best)} specs/s  (${best.toFixed(2)} s, best of ${RUNS}; target 5000 specs/s)`,
    );
  }
} finally {
  await rm(folder, { recursive: true });
}
