import { parseGguf, type GgufHeader } from '../gguf';
import { integerOf, stringOf } from '../gguf/value';
import type { TensorInfo } from '../tensor';
import { entryError, imatrixError, meanSquare } from './errors';
import {
  COUNTS_SUFFIX,
  IMATRIX_KEYS,
  IMATRIX_TYPE,
  SUMS_SUFFIX,
  type ImatrixEntry,
  type ImportanceMatrix,
} from './types';

interface Pair {
  sums?: TensorInfo;
  counts?: TensorInfo;
}

/**
 * The form that is a GGUF file. Sources: llama.cpp common/imatrix-loader.cpp, tools/quantize/quantize.cpp `load_imatrix`.
 *
 * @throws FormatError `IMATRIX_*`, `GGUF_*`
 */
export function parseImatrixGguf(bytes: Uint8Array, file: string): ImportanceMatrix {
  const header = parseGguf(bytes, file);
  assertImatrix(header);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries = new Map<string, ImatrixEntry>();
  for (const [name, pair] of pairsOf(header)) entries.set(name, entryOf(view, file, name, pair));
  if (entries.size === 0) {
    throw imatrixError('IMATRIX_EMPTY', file, 'has no entry', {
      got: `${header.tensors.size} tensors`,
      allowed: `pairs of tensors named NAME${SUMS_SUFFIX} and NAME${COUNTS_SUFFIX}`,
    });
  }
  const datasets = header.metadata.get(IMATRIX_KEYS.datasets);
  return {
    file,
    form: 'gguf',
    datasets: datasets?.type === 'array' && datasets.elementType === 'string' ? [...datasets.values] : [],
    chunks: integerOf(header.metadata.get(IMATRIX_KEYS.chunkCount)) ?? 0,
    entries,
  };
}

function assertImatrix({ file, metadata, littleEndian }: GgufHeader): void {
  const type = stringOf(metadata.get(IMATRIX_KEYS.type));
  if (type !== IMATRIX_TYPE) {
    throw imatrixError('IMATRIX_NOT_ONE', file, 'is a GGUF file of another kind', {
      got: type === undefined ? `no ${IMATRIX_KEYS.type}` : `${IMATRIX_KEYS.type} ${type}`,
      allowed: `${IMATRIX_KEYS.type} ${IMATRIX_TYPE}`,
      fix: 'give the file that llama-imatrix or qe calibrate --imatrix wrote, not the model',
    });
  }
  if (!littleEndian) {
    throw imatrixError('IMATRIX_BIG_ENDIAN', file, 'is written for big-endian machines', {
      got: 'big-endian data',
      allowed: 'little-endian data',
      fix: 'convert it with gguf_convert_endian.py of gguf-py first',
    });
  }
  const missing = [IMATRIX_KEYS.datasets, IMATRIX_KEYS.chunkCount, IMATRIX_KEYS.chunkSize].filter(
    (key) => !metadata.has(key),
  );
  if (missing.length > 0) {
    throw imatrixError('IMATRIX_METADATA', file, 'does not say what it was made with', {
      got: `no ${missing.join(', no ')}`,
      allowed: 'all three keys: llama-quantize refuses a file without them',
    });
  }
}

function pairsOf({ tensors }: GgufHeader): ReadonlyMap<string, Pair> {
  const pairs = new Map<string, Pair>();
  const pairOf = (name: string): Pair => {
    let pair = pairs.get(name);
    if (pair === undefined) pairs.set(name, (pair = {}));
    return pair;
  };
  for (const tensor of tensors.values()) {
    const { name } = tensor;
    if (name.endsWith(SUMS_SUFFIX)) pairOf(name.slice(0, -SUMS_SUFFIX.length)).sums = tensor;
    else if (name.endsWith(COUNTS_SUFFIX)) pairOf(name.slice(0, -COUNTS_SUFFIX.length)).counts = tensor;
  }
  return pairs;
}

function entryOf(view: DataView, file: string, name: string, { sums, counts }: Pair): ImatrixEntry {
  if (sums === undefined || counts === undefined) {
    throw entryError('IMATRIX_PAIR', file, name, 'has sums without counts, or counts without sums', {
      got: `${name}${sums === undefined ? COUNTS_SUFFIX : SUMS_SUFFIX} alone`,
      allowed: 'both',
    });
  }
  if (sums.dtype !== 'F32' || counts.dtype !== 'F32') {
    throw entryError('IMATRIX_TYPE', file, name, 'has an entry that is not in 32 bits', {
      got: `${sums.dtype} and ${counts.dtype}`,
      allowed: 'F32',
    });
  }
  const matrices = counts.elements;
  const columns = sums.elements / matrices;
  if (!Number.isInteger(columns) || columns < 1) {
    throw entryError('IMATRIX_SHAPE', file, name, 'has sums that its counts do not divide', {
      got: `${sums.elements} sums for ${matrices} counts`,
      allowed: 'as many sums for each count, at least one',
    });
  }
  const meanSquares = new Float32Array(sums.elements).fill(1);
  const tokens = Array.from({ length: matrices }, (_, matrix) => countAt(view, counts.offset + 4 * matrix, file, name));
  tokens.forEach((count, matrix) => {
    if (count === 0) return;
    for (let i = matrix * columns; i < (matrix + 1) * columns; i++)
      meanSquares[i] = meanSquare(view.getFloat32(sums.offset + 4 * i, true), count, file, name);
  });
  return { meanSquares, counts: tokens };
}

/** To the nearest whole number, as `lround`. */
function countAt(view: DataView, at: number, file: string, name: string): number {
  const count = Math.round(view.getFloat32(at, true));
  if (Number.isSafeInteger(count) && count >= 0) return count;
  throw entryError('IMATRIX_COUNT', file, name, 'has a count of tokens that is none', {
    got: String(count),
    allowed: 'a whole number that is not negative',
  });
}
