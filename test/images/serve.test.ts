import { spawnSync } from 'node:child_process';
import * as path from 'node:path';

test('the entry point of the vLLM-Neuron image passes its own tests', () => {
  const { status, stderr } = spawnSync('python3', [path.join(__dirname, 'test_serve.py'), '-v'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  const [, count] = /Ran (\d+) tests/.exec(stderr)!;
  expect(Number(count)).toBeGreaterThanOrEqual(16);
  expect(stderr).toMatch(/\nOK\n/);
});
