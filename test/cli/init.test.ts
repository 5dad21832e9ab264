import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { runCli } from '../../bin/program';
import { readLockFile } from '../../lib/lock/file';
import { QWEN_7B_AWQ } from '../constructs/models';
import { useTemporaryFolder } from '../format/temporary-folder';

const ROOT = path.join(__dirname, '../..');
const COMMIT = 'b25037543e9394b818fdfca67ab2a00ecc7dd641';
const temporary = useTemporaryFolder();

/** A hub with one model, whose weights are a header alone. */
function hub(gated: boolean): Promise<Server> {
  const header = Buffer.from(JSON.stringify({ 'a.weight': { dtype: 'F16', shape: [2], data_offsets: [0, 4] } }));
  const weights = Buffer.concat([Buffer.alloc(8), header, Buffer.alloc(4)]);
  weights.writeBigUInt64LE(BigInt(header.length));
  const files: Record<string, Buffer> = {
    'config.json': Buffer.from(JSON.stringify(QWEN_7B_AWQ)),
    'model.safetensors': weights,
  };
  const server = createServer((request, response) => {
    if (request.url!.startsWith('/api/models/org/model')) {
      const siblings = Object.entries(files).map(([rfilename, { length }]) => ({ rfilename, size: length }));
      response.end(JSON.stringify({ sha: COMMIT, gated, siblings }));
      return;
    }
    const bytes = files[path.basename(request.url!)];
    if (bytes === undefined) return void response.writeHead(404).end();
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    const part = from === undefined ? bytes : bytes.subarray(Number(from), Number(to) + 1);
    response.writeHead(from === undefined ? 200 : 206, { 'content-length': part.length }).end(part);
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

async function init(...argv: string[]): Promise<{ status: number; stdout: string }> {
  let stdout = '';
  const spies = [
    jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
      stdout += String(chunk);
      return true;
    }),
    jest.spyOn(process.stderr, 'write').mockImplementation(() => true),
  ];
  try {
    return { status: await runCli(['init', ...argv]), stdout };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

describe.each([
  ['a model for everybody', false],
  ['a gated model', true],
])('an app with %s', (_, gated) => {
  const environment = process.env;
  let server: Server;

  beforeAll(async () => {
    server = await hub(gated);
    process.env = { ...environment, HF_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  });
  afterAll(() => {
    process.env = environment;
    server.closeAllConnections();
    server.close();
  });

  test('is written with its model locked at a commit, and can be synthesized as it is', async () => {
    const directory = path.join(temporary(), 'my-chat');
    const { status, stdout } = await init(directory, '--model', 'org/model', '--json');
    expect(status).toBe(0);
    const { instanceType, files } = JSON.parse(stdout) as { instanceType: string; files: string[] };
    expect(files.filter((file) => !existsSync(path.join(directory, file)))).toEqual([]);
    expect(readLockFile(path.join(directory, 'quantized-endpoints.lock.json')).models).toEqual({
      'huggingface:org/model': expect.objectContaining({ revision: COMMIT, gated }),
    });
    const app = readFileSync(path.join(directory, 'app.ts'), 'utf8');
    expect(app).toContain(`InstanceType.of('${instanceType}')`);
    expect(app.includes('hubToken')).toBe(gated);

    const outdir = path.join(temporary(), 'cdk.out');
    const synth = spawnSync(process.execPath, [path.join(ROOT, 'tools/run-app.mjs'), 'app.ts'], {
      cwd: directory,
      encoding: 'utf8',
      env: {
        ...environment,
        CDK_VALIDATION: 'false',
        CDK_OUTDIR: outdir,
        CDK_DEFAULT_ACCOUNT: '123456789012',
        CDK_DEFAULT_REGION: 'us-east-1',
      },
    });
    expect(synth.stderr).not.toMatch(/ERROR/);
    expect(synth.status).toBe(0);
    expect(readdirSync(outdir)).toContain('MyChat.template.json');
  });

  test('names what to install, and the command line that fits', async () => {
    const directory = path.join(temporary(), 'chat');
    await init(directory, '--model', 'org/model', '--instance-type', 'ml.g5.2xlarge');
    const manifest = JSON.parse(readFileSync(path.join(directory, 'package.json'), 'utf8')) as {
      name: string;
      dependencies: object;
      devDependencies: Record<string, string>;
    };
    expect(manifest.name).toBe('chat');
    expect(Object.keys(manifest.dependencies)).toEqual(['cdk-quantized-endpoints', 'aws-cdk-lib', 'constructs']);
    expect(manifest.devDependencies['aws-cdk']).toMatch(/^2\./);
    expect(readFileSync(path.join(directory, 'app.ts'), 'utf8')).toContain("InstanceType.of('ml.g5.2xlarge')");
  });

  test.each([
    ['an instance type that nobody knows', ['--instance-type', 'ml.g99.huge'], 'INSTANCE_TYPE_UNKNOWN'],
    ['a region without any', ['--region', 'nowhere-1'], 'NO_INSTANCE_FOR_MODEL'],
    ['a model that is not of the hub', ['--model', 's3://bucket/model/'], 'INIT_MODEL_NOT_OF_HUB'],
    ['a model that is named by nothing', ['--model', 'a b'], 'MODEL_NAME_INVALID'],
  ])('is not begun with %s', async (_name, argv, rule) => {
    const directory = path.join(temporary(), 'none');
    const { status, stdout } = await init(directory, '--model', 'org/model', ...argv, '--json');
    expect(status).toBe(2);
    expect((JSON.parse(stdout) as { findings: { rule: string }[] }).findings[0].rule).toBe(rule);
    expect(existsSync(directory)).toBe(false);
  });

  test('is not written over another', async () => {
    writeFileSync(path.join(temporary(), 'app.ts'), 'mine');
    const { status, stdout } = await init(temporary(), '--model', 'org/model', '--json');
    expect(status).toBe(2);
    expect((JSON.parse(stdout) as { findings: { rule: string }[] }).findings[0].rule).toBe('INIT_DIRECTORY_IN_USE');
    expect(readFileSync(path.join(temporary(), 'app.ts'), 'utf8')).toBe('mine');
  });
});
