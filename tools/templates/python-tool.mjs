import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { run } from './run.mjs';

const root = path.resolve(import.meta.dirname, '../..');

/** A Python command of exactly this version, in a virtual environment of its own under `.cache/`. */
export async function pythonTool(name, version) {
  const venv = path.join(root, '.cache', `${name}-${version}`);
  const binary = path.join(venv, 'bin', name);
  const complete = path.join(venv, 'complete');
  if (existsSync(complete)) return binary;
  console.log(`installing ${name} ${version} under .cache/`);
  await rm(venv, { recursive: true, force: true });
  await mkdir(path.dirname(venv), { recursive: true });
  await must('python3', ['-m', 'venv', venv]);
  await must(path.join(venv, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', `${name}==${version}`]);
  // An installation that was interrupted is none.
  await must('touch', [`${complete}.part`]);
  await rename(`${complete}.part`, complete);
  return binary;
}

async function must(program, args) {
  const { status, output } = await run(program, args);
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed:\n${output}`);
}
