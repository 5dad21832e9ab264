import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

const root = path.resolve(__dirname, '../..');

test('every generated data file is what its generator makes of data/sources', async () => {
  const { stderr } = await promisify(execFile)(process.execPath, ['tools/generate/all.mjs', '--check'], { cwd: root });
  expect(stderr).toBe('');
});
