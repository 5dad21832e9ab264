import { closeSync, openSync, readSync } from 'node:fs';
import * as path from 'node:path';
import { ggufQuantization } from '../../../lib/format/checkpoint/parameters';
import { NeedMoreBytes } from '../../../lib/format/gguf/cursor';
import { parseGgufHeader, type GgufHeader } from '../../../lib/format/gguf/header';
import { headerLength, LENGTH_BYTES, parseSafetensorsHeader } from '../../../lib/format/safetensors/header';
import { parseGgufPartName } from '../../../lib/format/gguf/split';
import type { TensorInfo } from '../../../lib/format/tensor';

import type { KnownFile } from './bound-model';

/** A file of a model on this machine. */
export interface LocalFile {
  /** Relative to the model's directory, with `/`. */
  readonly name: string;
  readonly bytes: number;
}

/** What the headers of weight files tell. */
export interface LocalWeights {
  /** Bytes of all tensors; undefined for formats without a header of their own. */
  readonly weightBytes?: number;
  /** Scheme name of a GGUF's file type. */
  readonly quantization?: string;
}

/** Asked for first; doubled while a GGUF's metadata goes on. */
const FIRST_READ_BYTES = 1024 * 1024;

/**
 * Reads the headers of a model's weight files, as strictly as the engines do: what is cut or damaged is found before
 * it is uploaded. Synchronous, since a construct cannot wait.
 *
 * @throws FormatError
 */
export function readWeights(root: string, files: readonly LocalFile[]): LocalWeights {
  const safetensors = files.filter(({ name }) => name.endsWith('.safetensors'));
  if (safetensors.length > 0) return { weightBytes: sum(safetensors.map((file) => safetensorsBytes(root, file))) };
  const gguf = files.filter(({ name }) => name.endsWith('.gguf')).map((file) => ggufHeader(root, file));
  if (gguf.length === 0) return {};
  // A model in parts says its type in the first.
  const fileType = ggufQuantization(gguf[0].metadata);
  return {
    weightBytes: sum(gguf.map(({ tensors }) => bytesOf(tensors))),
    ...(fileType === undefined ? {} : { quantization: `gguf:${fileType}` }),
  };
}

/**
 * The GGUF models among the files, each by its first part: projectors of multimodal models are no model of their own.
 *
 * @throws FormatError
 */
export function ggufFilesOf(root: string, files: readonly LocalFile[]): readonly KnownFile[] {
  const models = files.filter(({ name }) => name.endsWith('.gguf') && !isProjector(name));
  return models
    .filter(({ name }) => (parseGgufPartName(name)?.number ?? 1) === 1)
    .map((first) => {
      const base = parseGgufPartName(first.name)?.base;
      const parts = base === undefined ? [first] : models.filter(({ name }) => parseGgufPartName(name)?.base === base);
      const headers = parts.map((part) => ggufHeader(root, part));
      return {
        path: first.name,
        weightBytes: sum(headers.map(({ tensors }) => bytesOf(tensors))),
        fileType: ggufQuantization(headers[0].metadata),
      };
    });
}

/** llama.cpp calls the vision part of a model `mmproj-<type>.gguf`. */
export function isProjector(name: string): boolean {
  return /(^|\/)mmproj[^/]*\.gguf$/i.test(name);
}

function safetensorsBytes(root: string, { name, bytes }: LocalFile): number {
  return withFile(root, name, (read) => {
    const length = headerLength(read(0, Math.min(bytes, LENGTH_BYTES)), bytes, name);
    return bytesOf(parseSafetensorsHeader(read(LENGTH_BYTES, length), bytes, name).tensors);
  });
}

function ggufHeader(root: string, { name, bytes }: LocalFile): GgufHeader {
  return withFile(root, name, (read) => {
    for (let wanted = Math.min(bytes, FIRST_READ_BYTES); ;) {
      try {
        return parseGgufHeader(read(0, wanted), bytes, name);
      } catch (error) {
        if (!(error instanceof NeedMoreBytes) || wanted === bytes) throw error;
        wanted = Math.min(bytes, Math.max(wanted * 2, error.atLeast));
      }
    }
  });
}

function bytesOf(tensors: ReadonlyMap<string, TensorInfo>): number {
  return sum([...tensors.values()].map(({ bytes }) => bytes));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

type Read = (offset: number, length: number) => Uint8Array;

function withFile<T>(root: string, name: string, use: (read: Read) => T): T {
  const descriptor = openSync(path.join(root, name), 'r');
  try {
    return use((offset, length) => {
      const bytes = new Uint8Array(length);
      return bytes.subarray(0, readSync(descriptor, bytes, 0, length, offset));
    });
  } finally {
    closeSync(descriptor);
  }
}
