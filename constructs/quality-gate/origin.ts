import { readFileSync } from 'node:fs';
import * as path from 'node:path';

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

/** Undefined for a directory that `qe quantize` did not write. */
export function quantizationOrigin(directory: string): QuantizationOrigin | undefined {
  const { quantized_from: origin } = configOf(directory);
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
  try {
    const value: unknown = JSON.parse(readFileSync(path.join(directory, 'config.json'), 'utf8'));
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}
