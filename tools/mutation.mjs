// Mutation testing, one folder at a time: npm run mutation -- lib/rules/scaling [lib/plan/kv …]
// Results are kept in .cache/mutation, so that a second run tests only what has changed.
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const folders = process.argv.slice(2);
if (folders.length === 0 || !folders.every((folder) => /^lib\/[\w-]+/.test(folder))) {
  console.error('usage: npm run mutation -- lib/plan/kv …');
  process.exit(2);
}
const root = path.resolve(import.meta.dirname, '..');
let status = 0;
for (const folder of folders) {
  const plain = folder.replace(/\/+$/, '');
  const options = [
    ...['--mutate', `${plain}/*.ts,!lib/rules/helpers/samples.ts`],
    ...['--incrementalFile', path.join('.cache/mutation', `${plain.replaceAll('/', '-')}.json`)],
  ];
  const run = spawnSync('npx', ['stryker', 'run', ...options], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, MUTATION_ROOM: plain.split('/')[1], MUTATION_FOLDER: plain },
  });
  status ||= run.status ?? 1;
}
process.exit(status);
