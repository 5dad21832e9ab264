// `npm test`: jest over the sources, ending with the plain line `N passed, N failed`. Arguments are handed to jest:
// `npm test -- test/rules`.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { runJest } from './run-jest.mjs';

for (const build of ['build-kernels.mjs', 'build-lambdas.mjs']) {
  const { status } = spawnSync(process.execPath, [path.join(import.meta.dirname, build)], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
process.exit(await runJest('--silent', ...process.argv.slice(2)));
