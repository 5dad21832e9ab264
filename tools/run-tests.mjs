// Runs jest over the sources and ends with the plain line `N passed, N failed` that any CI can read.
// Arguments are handed to jest: `npm test -- test/rules`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';

const require = createRequire(import.meta.url);
for (const build of ['build-kernels.mjs', 'build-lambdas.mjs']) {
  const { status } = spawnSync(process.execPath, [path.join(import.meta.dirname, build)], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

const scratch = mkdtempSync(path.join(tmpdir(), 'jest-summary-'));
const summaryFile = path.join(scratch, 'summary.json');
const jest = spawnSync(
  process.execPath,
  [require.resolve('jest/bin/jest'), '--json', `--outputFile=${summaryFile}`, '--silent', ...process.argv.slice(2)],
  { stdio: ['ignore', 'ignore', 'inherit'] },
);
let summary;
try {
  summary = JSON.parse(readFileSync(summaryFile, 'utf8'));
} catch {
  console.error('jest wrote no summary: it did not come to run the tests');
  process.exit(jest.status || 1);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
// A test file that does not load has no failed test of its own, but is one failure all the same.
const failed = summary.numFailedTests + summary.numRuntimeErrorTestSuites;
console.log(`${summary.numPassedTests} passed, ${failed} failed`);
process.exit(failed > 0 || summary.numPassedTests === 0 ? 1 : 0);
