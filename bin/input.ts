import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { SpecError } from '../lib/errors';
import { parseJson } from '../lib/text/json';

/** The JSON value in a file, or on standard input for `-`. */
export async function readJson(file: string): Promise<unknown> {
  const text = await readText(file);
  try {
    return parseJson(text);
  } catch (cause) {
    throw new SpecError('SPEC_UNREADABLE', `${nameOf(file)} is not JSON: ${(cause as Error).message}`, {
      path: file,
      allowed: 'one JSON object',
      fix: 'give a file with one endpoint spec, or --batch for one spec a line',
      cause,
    });
  }
}

/**
 * The text of a file that need not be there.
 *
 * @throws SpecError `id` for a file that is there and cannot be read
 */
export async function readIfThere(path: string, id: string, fix: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new SpecError(id, `cannot read ${path}: ${(cause as Error).message}`, { path, fix, cause });
  }
}

/** The lines of a file, or of standard input for `-`, one at a time. */
export async function* readLines(file: string): AsyncGenerator<string> {
  const input = file === '-' ? process.stdin : createReadStream(file);
  try {
    for await (const line of createInterface({ input, crlfDelay: Infinity })) yield line;
  } catch (cause) {
    throw cannotRead(file, cause);
  }
}

async function readText(file: string): Promise<string> {
  try {
    if (file !== '-') return await readFile(file, 'utf8');
    const chunks: Buffer[] = [];
    for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString('utf8');
  } catch (cause) {
    throw cannotRead(file, cause);
  }
}

function cannotRead(file: string, cause: unknown): SpecError {
  return new SpecError('INPUT_UNREADABLE', `cannot read ${nameOf(file)}: ${(cause as Error).message}`, {
    path: file,
    got: file,
    allowed: 'an existing file, or - for standard input',
    fix: 'check the path',
    cause,
  });
}

function nameOf(file: string): string {
  return file === '-' ? 'standard input' : file;
}
