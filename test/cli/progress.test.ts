import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';

const scratch = mkdtempSync(path.join(tmpdir(), 'progress-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const program = path.join(scratch, 'stdin.js');
beforeAll(async () => {
  await build({
    stdin: {
      contents: `
        import { PassThrough } from 'node:stream';
        import { ProgressBar } from './bin/simulate/progress';
        const stream = Object.assign(new PassThrough(), { isTTY: process.argv[2] === 'terminal', columns: 80, cursorTo() {}, clearLine() {} });
        let drawn = '';
        stream.on('data', (text) => (drawn += text));
        const bar = new ProgressBar({ quiet: process.argv[3] === 'quiet' }, 'quantizing', String, stream);
        const update = (doneBytes) => bar.update({ doneBytes, totalBytes: 10, tensors: 1, seconds: 1, secondsLeft: 3 });
        // It draws from the moment on that it is loaded.
        for (let turn = 0; turn < 1000 && drawn === ''; turn++) {
          update(5);
          await new Promise((resolve) => setTimeout(resolve, 5));
          if (process.argv[2] !== 'terminal' || process.argv[3] === 'quiet') break;
        }
        update(10);
        bar.stop();
        console.log(JSON.stringify(drawn));`,
      resolveDir: path.join(__dirname, '../..'),
    },
    outdir: scratch,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    logLevel: 'error',
  });
  writeFileSync(path.join(scratch, 'package.json'), '{ "type": "module" }');
});

function drawn(...words: string[]): string {
  const { stdout, stderr } = spawnSync(process.execPath, [program, ...words], { encoding: 'utf8' });
  expect(stderr).toBe('');
  return JSON.parse(stdout) as string;
}

test('a bar of the bundled command line shows what is done on a terminal', () => {
  expect(drawn('terminal')).toContain('quantizing');
  expect(drawn('terminal')).toContain('50 % · 5 of 10 · 3 s left');
});

test('nothing is drawn where nobody looks', () => {
  expect(drawn('pipe')).toBe('');
  expect(drawn('terminal', 'quiet')).toBe('');
});
