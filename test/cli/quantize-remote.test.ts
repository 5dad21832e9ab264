import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { CreateProjectCommandInput } from '@aws-sdk/client-codebuild';
import type { BuildAccount, BuildState } from '../../bin/quantize/remote/account';
import { projectOf, remoteJob } from '../../bin/quantize/remote/job';
import { quantizeRemotely } from '../../bin/quantize/remote/run';
import { Terminal } from '../../bin/terminal';

const folder = mkdtempSync(path.join(tmpdir(), 'remote-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ROLE = 'arn:aws:iam::123456789012:role/quantize';
const OPTIONS = { scheme: 'awq', out: 's3://models/quantized/awq/', role: ROLE };
const job = (more: Record<string, unknown> = {}, model = 's3://models/full/') =>
  remoteJob(model, { ...OPTIONS, ...more }, (name) => name.endsWith('.json'));

/** An account in which each look at a build shows the next of its states. */
class Account implements BuildAccount {
  readonly objects = new Set<string>();
  readonly uploaded: string[] = [];
  readonly projects: CreateProjectCommandInput[] = [];
  readonly stopped: string[] = [];
  deleted = 0;
  constructor(private readonly states: (BuildState | Error)[]) {}
  upload = async (_file: string, { bucket, key }: { bucket: string; key: string }) => {
    this.objects.add(`${bucket}/${key}`);
    this.uploaded.push(`${bucket}/${key}`);
  };
  remove = async ({ bucket, key }: { bucket: string; key: string }) => void this.objects.delete(`${bucket}/${key}`);
  readText = async () => JSON.stringify({ scheme: 'awq', format: 'awq', files: ['out/model.safetensors'], notes: [] });
  createProject = async (project: CreateProjectCommandInput) => void this.projects.push(project);
  deleteProject = async () => void this.deleted++;
  start = async (name: string) => `${name}:1`;
  state = async () => {
    const next = this.states.length > 1 ? this.states.shift()! : this.states[0];
    if (next instanceof Error) throw next;
    return next;
  };
  stop = async (id: string) => void this.stopped.push(id);
  close = () => undefined;
}

const program = path.join(folder, 'bin');
mkdirSync(path.join(program, 'chunks'), { recursive: true });
writeFileSync(path.join(program, 'qe.js'), '');
writeFileSync(path.join(program, 'chunks', 'a.js'), '');

const running = (phase: string): BuildState => ({ status: 'IN_PROGRESS', phase });
const DONE: BuildState = { status: 'SUCCEEDED', phase: 'COMPLETED' };
const run = (account: Account, { signal = new AbortController().signal, from = program } = {}) =>
  quantizeRemotely(job(), {
    account,
    program: from,
    terminal: new Terminal({ quiet: true }),
    signal,
    pollMilliseconds: 1,
  });

describe('a remote job', () => {
  test('is the same command, with its files beside the program', () => {
    const { args, inputs, out } = job({
      calibration: '/texts/a.json',
      imatrix: 'm.gguf',
      keep: 'a.json',
      groupSize: '64',
    });
    expect(args).toEqual([
      ...['quantize', 's3://models/full/', '--out', 'out', '--scheme', 'awq', '--group-size', '64'],
      ...['--calibration', 'inputs/calibration/a.json', '--imatrix', 'inputs/imatrix/m.gguf'],
      ...['--keep', 'inputs/keep/a.json'],
    ]);
    expect([...inputs]).toEqual([
      ['inputs/calibration/a.json', '/texts/a.json'],
      ['inputs/imatrix/m.gguf', 'm.gguf'],
      ['inputs/keep/a.json', 'a.json'],
    ]);
    expect(out).toEqual({ bucket: 'models', key: 'quantized/awq' });
    expect(job({ keep: '*.down_proj' }).args).toContain('*.down_proj');
  });

  test.each([
    ['a local checkpoint', {}, './model', 'REMOTE_NEEDS_S3'],
    ['a local folder to write into', { out: 'out' }, undefined, 'REMOTE_NEEDS_S3'],
    ['a bucket without a folder', { out: 's3://models/' }, undefined, 'REMOTE_NEEDS_S3'],
    ['no role', { role: undefined }, undefined, 'REMOTE_NEEDS_ROLE'],
  ])('is refused with %s', (_what, options, model, id) => {
    expect(() => job(options, model)).toThrow(expect.objectContaining({ id }));
  });

  test('keeps each argument one word of the shell, whatever it holds', () => {
    const { source } = projectOf('name', job({ keep: "a'; rm -rf $HOME `x`" }), { bucket: 'models', key: 'p/' });
    const { phases } = JSON.parse(source!.buildspec!) as { phases: { build: { commands: string[] } } };
    expect(phases.build.commands[1]).toContain("--keep 'a'\\''; rm -rf $HOME `x`' --json");
  });

  test('leaves its result where it was asked to, and has no limit but CodeBuild\u2019s', () => {
    const project = projectOf('name', job(), { bucket: 'models', key: 'p/' });
    expect(project).toMatchObject({
      artifacts: { type: 'S3', location: 'models', path: 'quantized', name: 'awq', packaging: 'NONE' },
      source: { type: 'S3', location: 'models/p/' },
      environment: { computeType: 'BUILD_GENERAL1_LARGE' },
      serviceRole: ROLE,
      timeoutInMinutes: 2160,
    });
    expect(projectOf('n', job({ out: 's3://models/awq' }), { bucket: 'b', key: 'p/' }).artifacts).toMatchObject({
      path: '',
      name: 'awq',
    });
  });
});

describe('a remote run', () => {
  test('uploads the program, waits, and removes project and program', async () => {
    const account = new Account([running('QUEUED'), running('BUILD'), DONE]);
    expect(await run(account)).toMatchObject({ files: ['s3://models/quantized/awq/model.safetensors'] });
    expect(account.uploaded.map((key) => key.replace(/\/[0-9a-f]{16}\//, '/DIGEST/'))).toEqual([
      'models/quantized/awq.qe/DIGEST/chunks/a.js',
      'models/quantized/awq.qe/DIGEST/qe.js',
    ]);
    expect([account.objects.size, account.deleted]).toEqual([0, 1]);
  });

  test('tells why a build failed, and where its log is', async () => {
    const failed = { status: 'FAILED', phase: 'COMPLETED', message: 'exit status 2', log: 'https://log' };
    const account = new Account([running('BUILD'), failed]);
    await expect(run(account)).rejects.toMatchObject({
      id: 'REMOTE_QUANTIZE_FAILED',
      got: 'exit status 2',
      fix: expect.stringContaining('https://log'),
    });
    expect([account.objects.size, account.deleted]).toEqual([0, 1]);
  });

  test('stops the build when it is interrupted', async () => {
    const interrupt = new AbortController();
    const account = new Account([running('QUEUED'), running('BUILD')]);
    const look = account.state;
    account.state = async () => {
      const state = await look();
      if (state.phase === 'BUILD') interrupt.abort();
      return state;
    };
    await expect(run(account, { signal: interrupt.signal })).rejects.toMatchObject({ name: 'AbortError' });
    expect(account.stopped).toHaveLength(1);
    expect([account.objects.size, account.deleted]).toEqual([0, 1]);
  });

  test('cleans up where the account cannot be asked any more', async () => {
    const account = new Account([new Error('throttled')]);
    await expect(run(account)).rejects.toThrow('throttled');
    expect([account.objects.size, account.deleted]).toEqual([0, 1]);
  });

  test('needs the command line in one piece', async () => {
    await expect(run(new Account([DONE]), { from: folder })).rejects.toMatchObject({ id: 'REMOTE_PROGRAM_MISSING' });
  });
});
