import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { FormatError, SimulationError } from '../../errors';
import { AtomicFile } from '../../format/node';

/** Tells what a run that was stopped was about; gone when a checkpoint is whole. */
const STATE_FILE = '.quantize-state.json';

/**
 * The folder that a checkpoint is written into. A run that was stopped can be taken up: files that have their names are
 * whole. `config.json` comes last, so that nothing loads half a checkpoint.
 */
export class OutputFolder {
  private constructor(
    readonly path: string,
    /** Whether an earlier run of the same kind left files here. */
    readonly resumed: boolean,
  ) {}

  /**
   * @param key of the run: the same source, scheme and settings have the same
   * @throws SimulationError `OUTPUT_NOT_EMPTY`; FormatError `TARGET_UNWRITABLE`
   */
  static open(folder: string, key: string): OutputFolder {
    try {
      mkdirSync(folder, { recursive: true });
    } catch (cause) {
      throw new FormatError('TARGET_UNWRITABLE', `cannot make ${folder}: ${(cause as Error).message}`, {
        path: folder,
        fix: 'check the path and its permissions',
        cause,
      });
    }
    const entries = readdirSync(folder);
    const resumed = readKey(path.join(folder, STATE_FILE)) === key;
    if (!resumed && entries.length > 0) {
      throw new SimulationError('OUTPUT_NOT_EMPTY', `${folder} is not empty`, {
        path: folder,
        got: `${entries.length} entries, ${entries.slice(0, 3).join(', ')}…`,
        allowed: 'an empty folder, or one where the same run was stopped',
        fix: 'give another folder',
      });
    }
    const output = new OutputFolder(folder, resumed);
    if (!resumed) output.writeWhole(STATE_FILE, JSON.stringify({ key }));
    return output;
  }

  has(name: string): boolean {
    return existsSync(path.join(this.path, name));
  }

  /** A file of known size, to be filled in any order. */
  create(name: string, size: number): AtomicFile {
    return AtomicFile.create(path.join(this.path, name), size);
  }

  /** A small file at once. */
  writeWhole(name: string, content: string | Uint8Array): void {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    const file = AtomicFile.create(path.join(this.path, name), bytes.length);
    file.writeSync(0, bytes);
    file.commit();
  }

  /** Says that the checkpoint is whole. */
  finish(): void {
    rmSync(path.join(this.path, STATE_FILE), { force: true });
  }
}

function readKey(file: string): string | undefined {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { key?: string }).key;
  } catch {
    return undefined;
  }
}
