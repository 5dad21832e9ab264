import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { ROOT } from './cdk';

test('the demonstration, interrupted while it deploys, stops everything and removes every file', async () => {
  const demo = spawn(process.execPath, [path.join(ROOT, 'tools/demo/demo.mjs')], { stdio: ['ignore', 'pipe', 'pipe'] });
  const left = () => readdirSync(tmpdir()).filter((name) => name.includes(`-${demo.pid}-`));
  let output = '';
  demo.stdout.on('data', (data) => {
    output += data;
    if (output.includes('[5/9]')) demo.kill('SIGINT');
  });
  const [status] = await once(demo, 'close');
  expect([status, output]).toEqual([130, expect.not.stringContaining('Done in')]);
  expect(output).toContain('QUANTIZATION_NEEDS_NEWER_GPU');
  expect(left()).toEqual([]);
});
