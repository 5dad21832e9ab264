import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { FormatError } from '../../errors';
import { assertPlainName } from '../folder/plain-name';
import type { FileLayout } from '../layout';
import { quoted } from '../quoted';
import { FileSource } from '../source/file-source';
import { utf8Bytes } from '../text';
import type { TensorInfo } from '../tensor';
import { AtomicFile } from './atomic-file';

/** Stands in a folder while its checkpoint is being written, and in none that is whole. Readers refuse a folder that has it. */
export const UNFINISHED_FILE = 'checkpoint.unfinished';

export interface NamedLayout extends FileLayout {
  readonly name: string;
}

export interface CheckpointWriterOptions {
  /**
   * What the contents depend on: source, scheme, options. Only a run with the same one goes on where a stopped run ended.
   */
  readonly fingerprint: string;
  /** Small files by name (index, `config.json`, tokenizer): written last, in this order, when all weights are whole. */
  readonly last?: ReadonlyMap<string, Uint8Array>;
}

/** A tensor that is still to be written. */
export interface PendingTensor extends TensorInfo {
  readonly file: string;
}

interface OpenFile {
  readonly layout: NamedLayout;
  readonly file: AtomicFile;
  /** Bytes of tensors that are still to come. */
  missing: number;
}

/**
 * Writes the files of a checkpoint, tensor by tensor and in any order, so that a run that is killed at any moment leaves
 * nothing that looks whole, and a second run goes on with the first file that is missing. Each file takes its name when
 * its last byte is there; the index, which makes a checkpoint of them, comes last.
 */
export class CheckpointWriter {
  private readonly files = new Map<string, NamedLayout>();
  private readonly owner = new Map<string, string>();
  private readonly opened = new Map<string, OpenFile>();
  private readonly whole = new Set<string>();

  private constructor(
    readonly folder: string,
    layouts: readonly NamedLayout[],
    private readonly last: ReadonlyMap<string, Uint8Array>,
  ) {
    for (const layout of layouts) {
      this.files.set(layout.name, layout);
      for (const name of layout.tensors.keys()) this.owner.set(name, layout.name);
    }
  }

  /**
   * Starts a checkpoint in a folder (made if it is not there), or goes on with one that was stopped.
   *
   * @param layouts from `layoutSafetensors`, `layoutCheckpoint(…).shards`, `layoutGguf` or `layoutGgufParts`
   * @throws FormatError `TARGET_EXISTS` when the folder holds one of the files, and no stopped run of the same fingerprint;
   * `TARGET_UNWRITABLE`, `TARGET_FULL`
   */
  static open(folder: string, layouts: readonly NamedLayout[], options: CheckpointWriterOptions): CheckpointWriter {
    const last = options.last ?? new Map<string, Uint8Array>();
    for (const { name } of layouts) assertPlainName(folder, name);
    for (const name of last.keys()) assertPlainName(folder, name);
    const writer = new CheckpointWriter(folder, layouts, last);
    makeFolder(folder);
    const marker = path.join(folder, UNFINISHED_FILE);
    const stopped = readMarker(marker);
    if (stopped === options.fingerprint) {
      for (const layout of layouts) if (writer.isWhole(layout)) writer.whole.add(layout.name);
    } else {
      const there = [...writer.files.keys(), ...last.keys()].find((name) => existsSync(path.join(folder, name)));
      if (there !== undefined || stopped !== undefined)
        throw exists(folder, there ?? UNFINISHED_FILE, stopped !== undefined);
      writeWhole(marker, utf8Bytes(options.fingerprint));
    }
    return writer;
  }

  /** Tensors that are still to be written, in the order of the files: writing in this order keeps one file open at a time. */
  get pending(): readonly PendingTensor[] {
    const pending: PendingTensor[] = [];
    for (const layout of this.files.values()) {
      if (this.whole.has(layout.name)) continue;
      for (const tensor of layout.tensors.values()) pending.push({ ...tensor, file: layout.name });
    }
    return pending;
  }

  /** Writes a tensor, or a part of it. Every byte is to be written once. */
  async write(tensor: string, bytes: Uint8Array, at = 0): Promise<void> {
    const { open, offset } = this.placeOf(tensor, bytes.byteLength, at);
    await open.file.write(offset, bytes);
    this.count(open, bytes.byteLength);
  }

  /** The same without yielding. */
  writeSync(tensor: string, bytes: Uint8Array, at = 0): void {
    const { open, offset } = this.placeOf(tensor, bytes.byteLength, at);
    open.file.writeSync(offset, bytes);
    this.count(open, bytes.byteLength);
  }

  /**
   * Writes the last files and makes the checkpoint whole.
   *
   * @throws FormatError `TARGET_INCOMPLETE` when a tensor is missing; what is there is kept for the next run
   */
  finish(): void {
    for (const layout of this.files.values()) {
      if (this.whole.has(layout.name)) continue;
      const open = this.openFile(layout);
      // A file of empty tensors only is whole with its header.
      if (open.missing === 0) this.complete(open);
    }
    const missing = [...this.files.keys()].filter((name) => !this.whole.has(name));
    if (missing.length > 0) {
      this.abort();
      throw new FormatError('TARGET_INCOMPLETE', `${this.folder} is not whole: ${missing[0]} misses tensors`, {
        path: this.folder,
        got: `${this.whole.size} files`,
        allowed: `${this.files.size} files`,
        fix: 'run the command again: it goes on from here',
      });
    }
    for (const [name, bytes] of this.last) writeWhole(path.join(this.folder, name), bytes);
    rmSync(path.join(this.folder, UNFINISHED_FILE), { force: true });
  }

  /** Stops. Files that are whole stay for the next run; those that are not are removed. */
  abort(): void {
    for (const { file } of this.opened.values()) file.abort();
    this.opened.clear();
  }

  private placeOf(tensor: string, length: number, at: number): { open: OpenFile; offset: number } {
    const name = this.owner.get(tensor);
    const layout = name === undefined ? undefined : this.files.get(name);
    const info = layout?.tensors.get(tensor);
    if (
      layout === undefined ||
      info === undefined ||
      this.whole.has(layout.name) ||
      at < 0 ||
      at + length > info.bytes
    ) {
      throw new FormatError(
        'TARGET_OUT_OF_RANGE',
        `${length} bytes at ${at} of tensor ${quoted(tensor)} are not to be written`,
        {
          path: this.folder,
          tensor,
          got: `bytes ${at} to ${at + length}`,
          allowed:
            info === undefined
              ? 'a tensor of the checkpoint'
              : `bytes 0 to ${info.bytes}, of a file that is not whole yet`,
          fix: 'write what `pending` lists, once',
        },
      );
    }
    return { open: this.openFile(layout), offset: info.offset + at };
  }

  private openFile(layout: NamedLayout): OpenFile {
    const already = this.opened.get(layout.name);
    if (already !== undefined) return already;
    const file = AtomicFile.create(path.join(this.folder, layout.name), layout.fileBytes);
    let missing = 0;
    for (const { bytes } of layout.tensors.values()) missing += bytes;
    file.writeSync(0, layout.header);
    // Padding stays the zeros that a new file is made of.
    file.markWritten(layout.fileBytes - layout.header.byteLength - missing);
    const open: OpenFile = { layout, file, missing };
    this.opened.set(layout.name, open);
    return open;
  }

  private count(open: OpenFile, written: number): void {
    open.missing -= written;
    if (open.missing === 0) this.complete(open);
  }

  private complete({ layout, file }: OpenFile): void {
    this.opened.delete(layout.name);
    file.commit();
    this.whole.add(layout.name);
  }

  /** Left by the stopped run under its final name, which it takes only when it is whole; its header tells that it is this one. */
  private isWhole({ name, header, fileBytes }: NamedLayout): boolean {
    const file = path.join(this.folder, name);
    if (!existsSync(file)) return false;
    const source = FileSource.open(file);
    try {
      if (source.size !== fileBytes) return false;
      const there = new Uint8Array(header.byteLength);
      source.readSync(0, there);
      return there.every((byte, at) => byte === header[at]);
    } finally {
      source.closeSync();
    }
  }
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    throw new FormatError('TARGET_UNWRITABLE', `cannot make ${folder}: ${(cause as Error).message}`, {
      path: folder,
      got: folder,
      allowed: 'a folder that can be made or written to',
      fix: 'check the path and its permissions',
      cause,
    });
  }
}

function readMarker(marker: string): string | undefined {
  return existsSync(marker) ? readFileSync(marker, 'utf8') : undefined;
}

function writeWhole(file: string, bytes: Uint8Array): void {
  const atomic = AtomicFile.create(file, bytes.byteLength);
  try {
    atomic.writeSync(0, bytes);
  } catch (error) {
    atomic.abort();
    throw error;
  }
  atomic.commit();
}

function exists(folder: string, name: string, stopped: boolean): FormatError {
  return new FormatError(
    'TARGET_EXISTS',
    stopped ? `${folder} holds an unfinished checkpoint of something else` : `${folder} already holds ${name}`,
    {
      path: folder,
      got: name,
      allowed: 'a folder without these files, or one in which the same command was stopped',
      fix: 'choose another folder, or remove this one',
    },
  );
}
