/**
 * `npm run e2e`: deploys, updates, rolls back and destroys through the real CDK command line and SDK, on a local AWS. Ends with the
 * line `N passed, N failed`. Arguments are handed to jest: `npm run e2e -- -t rolls`.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';

const require = createRequire(import.meta.url);
const scratch = mkdtempSync(path.join(tmpdir(), 'e2e-summary-'));
const summaryFile = path.join(scratch, 'summary.json');

const jest = spawn(
  process.execPath,
  [
    require.resolve('jest/bin/jest'),
    '--testMatch',
    '**/test/e2e/**/*.e2e.ts',
    '--verbose',
    '--json',
    `--outputFile=${summaryFile}`,
    ...process.argv.slice(2),
  ],
  // jest shows its progress on stderr; with --json, stdout repeats the summary.
  { stdio: ['ignore', 'ignore', 'inherit'] },
);
// Ctrl-C reaches jest as well, which is of the same group; this process stays to clean up behind it.
process.on('SIGINT', () => {});
const status = await new Promise((resolve) => jest.on('close', resolve));
let summary;
try {
  summary = JSON.parse(readFileSync(summaryFile, 'utf8'));
} catch {
  console.error('jest wrote no summary: it did not come to run the tests');
  process.exit(status || 1);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
// A test file that does not load has no failed test of its own, but is one failure all the same.
const failed = summary.numFailedTests + summary.numRuntimeErrorTestSuites;
console.log(`${summary.numPassedTests} passed, ${failed} failed`);
process.exit(failed > 0 || summary.numPassedTests === 0 ? 1 : 0);
