import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '../..');
const REQUIREMENTS = path.join(import.meta.dirname, 'requirements.txt');

/** Source: ministack's own `Requires-Python`. */
const OLDEST_PYTHON = [3, 10];
const CANDIDATES = ['python3', 'python', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10'];

const POLL_MS = 200;

/**
 * The interpreter of a virtual environment under .cache/ that holds exactly what requirements.txt names. Made on the first
 * call, by one process; others that come meanwhile wait for it.
 *
 * @returns {Promise<string>} path of the interpreter
 */
export async function pythonEnvironment() {
  const { command, version } = await findPython();
  const digest = createHash('sha256').update(readFileSync(REQUIREMENTS)).update(version).digest('hex').slice(0, 12);
  const cache = path.join(ROOT, '.cache', 'local-aws');
  const folder = path.join(cache, `python-${digest}`);
  const interpreter = path.join(folder, 'bin', 'python');
  if (existsSync(interpreter)) return interpreter;
  mkdirSync(cache, { recursive: true });
  const lock = `${folder}.lock`;
  while (!takeLock(lock)) {
    await sleep(POLL_MS);
    if (existsSync(interpreter)) return interpreter;
  }
  try {
    if (!existsSync(interpreter)) await make(command, folder);
  } finally {
    rmSync(lock, { force: true });
  }
  return interpreter;
}

/** Made aside and renamed: an environment that is there is whole. */
async function make(command, folder) {
  const making = `${folder}-${process.pid}`;
  try {
    await output(command, ['-m', 'venv', making]);
    const pip = [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '--no-deps',
      '--requirement',
      REQUIREMENTS,
    ];
    await output(path.join(making, 'bin', 'python'), pip);
    renameSync(making, folder);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
}

/** True when this process holds the lock now. That of a process which is no more is taken away. */
function takeLock(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  if (!isAlive(holderOf(file))) rmSync(file, { force: true });
  return false;
}

function holderOf(file) {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    // Released in between.
    return 0;
  }
}

function isAlive(pid) {
  try {
    // Signal 0 asks only. The file of a lock just being taken is empty for a moment: its holder counts as alive.
    return pid === 0 || process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function findPython() {
  const seen = [];
  for (const command of CANDIDATES) {
    const version = await output(command, ['-c', 'import sys; print("%d.%d.%d" % sys.version_info[:3])']).catch(
      () => '',
    );
    if (version === '') continue;
    const [major, minor] = version.split('.').map(Number);
    if (major === OLDEST_PYTHON[0] && minor >= OLDEST_PYTHON[1]) return { command, version };
    seen.push(`${command} ${version}`);
  }
  const found = seen.length === 0 ? 'no Python was found' : `found ${seen.join(', ')}`;
  throw new Error(`the local AWS needs Python ${OLDEST_PYTHON.join('.')} or newer, ${found}`);
}

/** The command's stdout; an error with its stderr when it fails. */
function output(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data) => (stdout += data));
    child.stderr.on('data', (data) => (stderr += data));
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve(stdout.trim()) : reject(new Error(`${command} ${args.join(' ')} failed:\n${stderr.trim()}`)),
    );
  });
}

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
