import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import * as path from 'node:path';
import { ggufOfOrigin, isGgufOrigin } from '../../lib/convert/gguf/origin';

/** What `qe quantize` notes down in `config.json` of a checkpoint that it writes. */
export interface QuantizationOrigin {
  /** Of the weights that were quantized. */
  readonly digest?: string;
  readonly scheme?: string;
  readonly groupSize?: number;
  /** Tensor names of layers at higher precision, and how they are kept. */
  readonly kept: readonly string[];
  readonly keptAs?: string;
}

/**
 * Undefined for a directory that `qe quantize` did not write.
 *
 * @param scheme of several GGUFs in one directory, the one that is served
 */
export function quantizationOrigin(directory: string, scheme: string | undefined): QuantizationOrigin | undefined {
  if (scheme?.startsWith('gguf') === true) return ggufOrigin(directory, scheme);
  const { quantized_from: origin } = configOf(directory);
  return readOrigin(origin);
}

/** What lies beside the GGUF; it must be about that very file. */
function ggufOrigin(directory: string, scheme: string): QuantizationOrigin | undefined {
  const origins = namesIn(directory)
    .filter(isGgufOrigin)
    .flatMap((name) => {
      const value = jsonOf(path.join(directory, name));
      const gguf = path.join(directory, ggufOfOrigin(name));
      return value.scheme === scheme && sizeOf(gguf) === value.bytes ? [readOrigin(value)] : [];
    });
  return origins.length === 1 ? origins[0] : undefined;
}

function readOrigin(origin: unknown): QuantizationOrigin | undefined {
  if (typeof origin !== 'object' || origin === null) return undefined;
  const { digest, scheme, groupSize, kept, keptAs } = origin as Readonly<Record<string, unknown>>;
  return {
    digest: typeof digest === 'string' ? digest : undefined,
    scheme: typeof scheme === 'string' ? scheme : undefined,
    groupSize: typeof groupSize === 'number' ? groupSize : undefined,
    kept: Array.isArray(kept) ? kept.filter((name) => typeof name === 'string') : [],
    keptAs: typeof keptAs === 'string' ? keptAs : undefined,
  };
}

export function isQuantized(directory: string): boolean {
  return configOf(directory).quantization_config !== undefined;
}

/** `config.json`, or nothing where there is none that can be read: other checks say that. */
function configOf(directory: string): Readonly<Record<string, unknown>> {
  return jsonOf(path.join(directory, 'config.json'));
}

function jsonOf(file: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}

function namesIn(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}

function sizeOf(file: string): number | undefined {
  return existsSync(file) ? statSync(file).size : undefined;
}
