import { spawn } from 'node:child_process';

/** Runs a program to its end: its status, and what it wrote to either stream. */
export function run(program, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let output = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
      output += chunk;
    });
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => resolve({ status: 127, stdout, output: error.message }));
    child.on('close', (status) => resolve({ status, stdout, output }));
  });
}
