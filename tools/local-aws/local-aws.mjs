import { spawn } from 'node:child_process';
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pythonEnvironment } from './python-environment.mjs';

/** The account that the local AWS plays; ministack takes an access key of twelve digits for the account. */
export const ACCOUNT = '000000000000';
const DEFAULT_REGION = 'us-east-1';

const START_SECONDS = 240;
const STOP_SECONDS = 5;
const LOG_LINES_SHOWN = 20;

/**
 * Starts a local AWS of its own: nothing is shared with another one but the Python environment.
 *
 * @param {object} [options]
 * @param {number} [options.port] default: a free one
 * @param {string} [options.region] default: us-east-1
 * @param {readonly string[]} [options.noCapacity] instance types for which SageMaker finds no capacity
 * @param {number} [options.timeScale] seconds to wait for each second of a deployment's waits; default 0.01
 * @param {string} [options.faults] errors that operations answer first: `CreateOptimizationJob=ThrottlingException:3,…`
 * @param {string} [options.publicHub] JSON file with models of JumpStart's public hub: an array of ImportHubContent requests
 * @param {string} [options.logFile] default: a file that goes when the local AWS stops
 * @returns {Promise<LocalAws>}
 *
 * @typedef {object} LocalAws
 * @property {string} endpoint
 * @property {string} region
 * @property {Record<string, string>} environment for the CDK CLI and the SDKs: only this endpoint, and no other credentials
 * @property {string} logFile
 * @property {Promise<number | null>} ended the exit status, when it ends by itself
 * @property {() => Promise<void>} stop ends every process and removes every file of it
 */
export async function startLocalAws(options = {}) {
  const python = await pythonEnvironment();
  const port = await freePort(options.port);
  const region = options.region ?? DEFAULT_REGION;
  const work = mkdtempSync(path.join(tmpdir(), `local-aws-${process.pid}-`));
  const logFile = options.logFile ?? path.join(work, 'local-aws.log');
  const child = spawn(python, ['-m', 'local_aws'], {
    cwd: import.meta.dirname,
    env: serverEnvironment(port, region, work, options),
    stdio: ['pipe', 'pipe', 'pipe'],
    // A process group of its own: Ctrl-C goes to the starter, which stops it in order; and it can be ended as a whole.
    detached: true,
  });
  const log = createWriteStream(logFile);
  child.stdout.pipe(log);
  child.stderr.pipe(log);
  const ended = new Promise((resolve) => child.on('close', resolve));
  const stop = async () => {
    child.stdin.destroy();
    await Promise.race([ended, sleep(STOP_SECONDS * 1000)]);
    killGroup(child.pid);
    rmSync(work, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  };
  // A crash of the starter closes stdin, upon which the other side ends itself; its files are removed here.
  process.once('exit', () => {
    killGroup(child.pid);
    rmSync(work, { recursive: true, force: true });
  });
  const endpoint = `http://localhost:${port}`;
  try {
    await ready(endpoint, ended);
  } catch (error) {
    const tail = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-LOG_LINES_SHOWN).join('\n');
    await stop();
    throw new Error(`the local AWS did not start: ${error.message}\n${tail}`);
  }
  return { endpoint, region, environment: clientEnvironment(port, region), logFile, ended, stop };
}

function serverEnvironment(port, region, work, { noCapacity = [], timeScale, faults, publicHub }) {
  return {
    PATH: process.env.PATH,
    HOME: work,
    // All that is written lies in one folder, which is removed.
    TMPDIR: work,
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONUNBUFFERED: '1',
    GATEWAY_PORT: String(port),
    MINISTACK_REGION: region,
    MINISTACK_ACCOUNT_ID: ACCOUNT,
    // Listeners on fixed ports that nobody asked for.
    IOT_MTLS_ENABLED: '0',
    SFTP_ENABLED: '0',
    DOCKER_HOST: 'unix:///nonexistent',
    LOCAL_AWS_NODE: process.execPath,
    LOCAL_AWS_ENGINE: path.join(import.meta.dirname, 'engine', 'main.mjs'),
    LOCAL_AWS_WORK_DIRECTORY: work,
    LOCAL_AWS_NO_CAPACITY: noCapacity.join(','),
    // Lambda's Node.js runtime has the AWS SDK; here it is the checkout's.
    NODE_PATH: path.join(import.meta.dirname, '../../node_modules'),
    ...(faults === undefined ? {} : { LOCAL_AWS_FAULTS: faults }),
    ...(publicHub === undefined ? {} : { LOCAL_AWS_PUBLIC_HUB: path.resolve(publicHub) }),
    ...(timeScale === undefined ? {} : { LOCAL_AWS_TIME_SCALE: String(timeScale) }),
  };
}

/** The user's environment, in which every way to a real account is cut. */
function clientEnvironment(port, region) {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_') && !name.startsWith('CDK_'));
  return {
    ...Object.fromEntries(kept),
    AWS_ENDPOINT_URL: `http://localhost:${port}`,
    // An address instead of a name makes the SDKs put the bucket into the path, not into the host name.
    AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${port}`,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: ACCOUNT,
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    CDK_DISABLE_CLI_TELEMETRY: 'true',
  };
}

async function ready(endpoint, ended) {
  let isOver = false;
  ended.then(() => (isOver = true));
  const deadline = Date.now() + START_SECONDS * 1000;
  while (Date.now() < deadline) {
    if (isOver) throw new Error('it ended at once');
    const answers = await fetch(`${endpoint}/_ministack/health`).then(
      (response) => response.ok,
      () => false,
    );
    if (answers) return;
    await sleep(100);
  }
  throw new Error(`no answer within ${START_SECONDS} s`);
}

function killGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}

/** The port that is wished for, or any. */
function freePort(wish = 0) {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', (error) => reject(error.code === 'EADDRINUSE' ? new Error(`port ${wish} is taken`) : error));
    probe.listen(wish, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
