import { FormatError, type FormatErrorDetails } from '../../errors';
import { quoted } from '../quoted';
import type { TensorInfo } from '../tensor';
import type { GgufHeader } from './header';
import { integerOf } from './value';

/** `llama_split_path` of llama.cpp: `%s-%05d-of-%05d.gguf`, counted from 1. */
const PART_NAME = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/s;

export interface GgufPartName {
  readonly base: string;
  /** From 1. */
  readonly number: number;
  readonly count: number;
}

/** What the name of a file says about the set it belongs to; undefined for one that stands alone. */
export function parseGgufPartName(name: string): GgufPartName | undefined {
  const match = PART_NAME.exec(name);
  return match === null ? undefined : { base: match[1], number: Number(match[2]), count: Number(match[3]) };
}

export function ggufPartName(base: string, number: number, count: number): string {
  const digits = (value: number): string => String(value).padStart(5, '0');
  return `${base}-${digits(number)}-of-${digits(count)}.gguf`;
}

/** `split.count` of a header; 1 for a file that stands alone. */
export function ggufSplitCount(header: GgufHeader): number {
  return header.metadata.has('split.count') ? (integerOf(header.metadata.get('split.count')) ?? Number.NaN) : 1;
}

/** A tensor and the part that holds it. */
export interface GgufPlacedTensor extends TensorInfo {
  /** Index of the part, from 0. */
  readonly part: number;
}

/**
 * The tensors of a split model, in the order of its parts, once the parts are known to be one set and whole. Metadata is
 * that of the first part.
 *
 * @param headers of all parts, by number
 * @throws FormatError `GGUF_SPLIT_COUNT`, `GGUF_SPLIT_NUMBER`, `GGUF_SPLIT_TENSORS`, `GGUF_SPLIT_BYTE_ORDER`, `GGUF_DUPLICATE_TENSOR`
 */
export function joinGgufParts(headers: readonly GgufHeader[]): ReadonlyMap<string, GgufPlacedTensor> {
  const tensors = new Map<string, GgufPlacedTensor>();
  for (const [part, header] of headers.entries()) {
    const count = ggufSplitCount(header);
    if (count !== headers.length) {
      throw fail(header, 'GGUF_SPLIT_COUNT', 'is a part of another set', {
        got: `split.count ${count}`,
        allowed: `${headers.length}, the number of parts here`,
        fix: 'download all parts of one model, from one place',
      });
    }
    const number = headers.length === 1 ? 0 : integerOf(header.metadata.get('split.no'));
    if (number !== part) {
      throw fail(header, 'GGUF_SPLIT_NUMBER', 'is not the part that its name says', {
        got: `split.no ${number ?? 'missing'}`,
        allowed: `${part} (counted from 0)`,
        fix: 'give the file the name it was published with',
      });
    }
    if (header.littleEndian !== headers[0].littleEndian) {
      throw fail(header, 'GGUF_SPLIT_BYTE_ORDER', 'has another byte order than the first part', {
        got: header.littleEndian ? 'little-endian' : 'big-endian',
        allowed: headers[0].littleEndian ? 'little-endian' : 'big-endian',
        fix: 'download all parts of one model, from one place',
      });
    }
    for (const [name, tensor] of header.tensors) {
      const other = tensors.get(name);
      if (other !== undefined) {
        throw fail(header, 'GGUF_DUPLICATE_TENSOR', `holds tensor ${quoted(name)} again`, {
          tensor: name,
          got: `${quoted(name)} in parts ${other.part + 1} and ${part + 1}`,
          allowed: 'every name once',
          fix: 'download all parts of one model, from one place',
        });
      }
      tensors.set(name, { ...tensor, part });
    }
  }
  const announced = headers[0]?.metadata.get('split.tensors.count');
  if (headers.length > 1 && integerOf(announced) !== tensors.size) {
    throw fail(headers[0], 'GGUF_SPLIT_TENSORS', 'announces another number of tensors than its parts hold', {
      got: `${tensors.size} tensors`,
      allowed: `split.tensors.count ${integerOf(announced) ?? 'missing'}`,
      fix: 'download all parts of one model, from one place',
    });
  }
  return tensors;
}

function fail(header: GgufHeader, id: string, problem: string, details: FormatErrorDetails): FormatError {
  return new FormatError(id, `${header.file} ${problem}`, { ...details, path: header.file });
}
