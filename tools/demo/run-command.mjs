import { spawn } from 'node:child_process';
import path from 'node:path';

export const ROOT = path.resolve(import.meta.dirname, '../..');

const LINES_SHOWN = 40;

/** A command that ended with a status that was not asked for; the message has what it wrote last. */
export class CommandError extends Error {}

/**
 * Runs a Node script of this checkout and answers what it wrote.
 *
 * @param {readonly string[]} args script and its arguments, relative to the checkout
 * @param {object} [options]
 * @param {Record<string, string>} [options.environment] default: this process's
 * @param {number} [options.status] the exit status that is right; default 0
 * @param {AbortSignal} [options.signal] ends the command
 * @returns {Promise<string>} stdout and stderr, as they came
 */
export function runScript(args, { environment = process.env, status: expected = 0, signal } = {}) {
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    // A process group of its own, so that the command ends together with everything that it started.
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const end = () => process.kill(-child.pid, 'SIGKILL');
    signal?.addEventListener('abort', end, { once: true });
    let output = '';
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (output += data));
    child.on('error', reject);
    child.on('close', (status) => {
      signal?.removeEventListener('abort', end);
      if (status === expected) return resolve(output);
      const tail = output.trimEnd().split('\n').slice(-LINES_SHOWN).join('\n');
      reject(new CommandError(`node ${args.join(' ')} ended with ${status}, not ${expected}:\n${tail}`));
    });
  });
}
