import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { S3Server } from '../s3-server';

const server = new S3Server();
const scratch = mkdtempSync(path.join(tmpdir(), 'bundled-'));
afterAll(async () => {
  await server.stop();
  rmSync(scratch, { recursive: true, force: true });
});

test('S3 is read in a bundle of ES modules, as the command line is one', async () => {
  const endpoint = await server.start();
  server.put('bucket/model/a.bin', 'hello');
  await build({
    stdin: {
      contents: `
        import { S3Folder, closeS3 } from './lib/format/node';
        const folder = S3Folder.open('s3://bucket/model/');
        const [{ name }] = await folder.list();
        const bytes = await (await folder.open(name)).read(1, 3);
        console.log(name, new TextDecoder().decode(bytes));
        await closeS3();`,
      resolveDir: path.join(__dirname, '../../..'),
    },
    outdir: scratch,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    minify: true,
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    logLevel: 'error',
  });
  writeFileSync(path.join(scratch, 'package.json'), '{ "type": "module" }');
  const child = spawn(process.execPath, [path.join(scratch, 'stdin.js')], {
    env: {
      ...process.env,
      AWS_ENDPOINT_URL_S3: endpoint,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_MAX_ATTEMPTS: '1',
    },
  });
  let said = '';
  child.stdout.on('data', (text: Buffer) => (said += text.toString()));
  await new Promise((resolve) => child.on('close', resolve));
  expect(said).toBe('a.bin ell\n');
});
