// Runs jest, and says at the end what failed, a line each, and `N passed, N failed`: what a CI shows of a long run is its end.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';

const require = createRequire(import.meta.url);
const root = path.resolve(import.meta.dirname, '..');

/**
 * Builds what the tests read, and runs jest with these arguments, its progress on stderr. Returns an exit status: a run without a passed
 * test has failed.
 */
export async function runJest(...args) {
  for (const build of ['build-kernels.mjs', 'build-lambdas.mjs']) {
    const { status } = spawnSync(process.execPath, [path.join(import.meta.dirname, build)], { stdio: 'inherit' });
    if (status !== 0) return status ?? 1;
  }
  const scratch = mkdtempSync(path.join(tmpdir(), 'jest-summary-'));
  const summaryFile = path.join(scratch, 'summary.json');
  const jest = spawn(
    process.execPath,
    [require.resolve('jest/bin/jest'), '--json', `--outputFile=${summaryFile}`, ...args],
    {
      cwd: root,
      // With --json, stdout repeats the summary.
      stdio: ['ignore', 'ignore', 'inherit'],
      // The library is held to Node 20 on purpose; the SDK would say so in every test file.
      env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    },
  );
  // Ctrl-C reaches jest as well, which is of the same group; this process stays to clean up behind it.
  process.on('SIGINT', () => {});
  const status = await new Promise((resolve) => jest.on('close', resolve));
  let summary;
  try {
    summary = JSON.parse(readFileSync(summaryFile, 'utf8'));
  } catch {
    console.error('jest wrote no summary: it did not come to run the tests');
    return status || 1;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  const failures = failuresOf(summary);
  for (const failure of failures) console.log(`failed: ${failure}`);
  console.log(`${summary.numPassedTests} passed, ${failures.length} failed`);
  return failures.length > 0 || summary.numPassedTests === 0 ? 1 : 0;
}

/** A test file that does not load has no failed test of its own, but is one failure all the same. */
function failuresOf({ testResults }) {
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = path.relative(root, name);
    const failed = assertionResults.filter((test) => test.status === 'failed');
    if (failed.length === 0) return status === 'failed' ? [`${file}: ${gist(message)}`] : [];
    return failed.map(({ fullName, failureMessages }) => `${file} › ${fullName}: ${gist(failureMessages[0] ?? '')}`);
  });
}

/** The first lines of what jest says of a failure, as one. */
function gist(message) {
  const plain = message.replaceAll(/\u001b\[\d*m/g, '').split('\n    at ')[0];
  return plain.split(/\s+/).filter(Boolean).join(' ').slice(0, 300);
}
