/** Shared by the generators: where the repository is, reading a source, and JSON that diffs well. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** A file of `data/sources/`, parsed. */
export async function readSource(name) {
  return JSON.parse(await readFile(path.join(root, 'data/sources', name), 'utf8'));
}

/** Tables of a source as the library reads them: rows without where each comes from, and without what does not limit them. */
export function rowsWithoutNotes(tables) {
  const bare = (row) =>
    Object.fromEntries(Object.entries(row).filter(([key, value]) => key !== 'source' && value !== null));
  return Object.fromEntries(
    Object.entries(tables).map(([key, member]) => [key, Array.isArray(member) ? member.map(bare) : member]),
  );
}

/** JSON with one line for each entry of the top-level arrays and objects: small to ship, readable in a diff. */
export function toJson(value) {
  const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}:${block(member)}`);
  return `{\n${members.join(',\n')}\n}\n`;
}

function block(member) {
  if (Array.isArray(member)) {
    const nested = member.some((entry) => typeof entry === 'object' && entry !== null);
    if (!nested || member.length === 0) return JSON.stringify(member);
    return `[\n${member.map((entry) => JSON.stringify(entry)).join(',\n')}\n]`;
  }
  if (typeof member !== 'object' || member === null) return JSON.stringify(member);
  const entries = Object.entries(member);
  if (entries.length === 0) return '{}';
  return `{\n${entries.map(([key, entry]) => `${JSON.stringify(key)}:${JSON.stringify(entry)}`).join(',\n')}\n}`;
}
