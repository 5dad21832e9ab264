// Peers live in a virtual environment of the bench's own: the library needs none of them.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

const folder = path.resolve(import.meta.dirname, '..', '..', '.cache', 'peers');

/** Path of a Python that has the packages, installed if they are missing; undefined when that fails. */
export function pythonWith(packages) {
  const python = path.join(folder, 'bin', 'python');
  if (!existsSync(python) && !succeeds('python3', ['-m', 'venv', folder])) return undefined;
  const missing = packages.filter(
    (name) => !succeeds(python, ['-c', `import importlib.metadata as m; m.version('${name.split('==')[0]}')`]),
  );
  if (missing.length > 0) {
    console.log(`installing ${missing.join(', ')} into ${path.relative(process.cwd(), folder)} (once)`);
    if (!succeeds(python, ['-m', 'pip', 'install', '-q', ...missing], 'inherit')) return undefined;
  }
  return python;
}

function succeeds(command, args, stdio = 'ignore') {
  return spawnSync(command, args, { stdio }).status === 0;
}
