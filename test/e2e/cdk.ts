import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { createInterface } from 'node:readline';

export const ROOT = path.resolve(__dirname, '../..');

const CDK = path.join(ROOT, 'node_modules/aws-cdk/bin/cdk');

/** A local AWS of this test file's own, and the CDK command line that deploys onto it. */
export interface Deployment {
  /** For the SDK's clients. */
  readonly clientOptions: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  /** A folder that is removed at the end. */
  readonly scratch: string;
  /** Runs `cdk <args>`; what it wrote, and its exit status. */
  cdk(...args: readonly string[]): Promise<{ status: number | null; output: string }>;
  stop(): Promise<void>;
}

/** @param more options of the local AWS */
export async function startDeployment(...more: readonly string[]): Promise<Deployment> {
  const scratch = mkdtempSync(path.join(tmpdir(), 'e2e-'));
  const start = path.join(ROOT, 'tools/local-aws/start.mjs');
  const starter = spawn(process.execPath, [start, '--port', '0', '--json', ...more], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let errors = '';
  starter.stderr.on('data', (data) => (errors += data));
  const ended = new Promise<void>((resolve) => starter.on('close', () => resolve()));
  const ready = new Promise<string>((resolve) => createInterface({ input: starter.stdout }).once('line', resolve));
  const failed = ended.then(() => Promise.reject(new Error(`the local AWS did not start: ${errors}`)));
  const { endpoint, region, environment } = JSON.parse(await Promise.race([ready, failed]));
  return {
    clientOptions: {
      endpoint,
      region,
      credentials: { accessKeyId: environment.AWS_ACCESS_KEY_ID, secretAccessKey: 'local' },
    },
    scratch,
    cdk: (...args) => run([...args, '--output', path.join(scratch, 'cdk.out'), '--no-color'], environment),
    stop: async () => {
      starter.stdin.end();
      await ended;
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}

/** Bootstraps the account, and expects that done. */
export async function bootstrap({ cdk, clientOptions }: Deployment): Promise<void> {
  const { status, output } = await cdk('bootstrap', `aws://000000000000/${clientOptions.region}`);
  expectDone(status, output);
}

/** Runs a command of the CDK on an app of this folder, its settings given as context. */
export function runApp(
  deployment: Deployment,
  app: string,
  command: string,
  settings: Readonly<Record<string, string>>,
  ...more: readonly string[]
): ReturnType<Deployment['cdk']> {
  return deployment.cdk(
    command,
    ...['--app', `node tools/run-app.mjs test/e2e/${app}`],
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ...more,
  );
}

function run(
  args: readonly string[],
  environment: Record<string, string>,
): Promise<{ status: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [CDK, ...args], {
      cwd: ROOT,
      env: { ...withoutAws(process.env), ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (output += data));
    child.on('close', (status) => resolve({ status, output }));
  });
}

/** Nothing of the user's own account may reach the command line. */
function withoutAws(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !/^(AWS|CDK)_/.test(name)));
}

const LINES_SHOWN = 40;

/** Fails with what the command wrote last, not with a number alone. */
export function expectDone(status: number | null, output: string): void {
  if (status === 0) return;
  const tail = output.trimEnd().split('\n').slice(-LINES_SHOWN).join('\n');
  throw new Error(`the command ended with ${status}:\n${tail}`);
}
