import { SimulationError } from '../../errors';
import type { ImportanceMatrix } from '../../format/imatrix';
import { isGgufQuantizedType, usesImportance } from '../../scheme/gguf/quantized-types';

/** A tensor of a file that is to be written. */
interface WrittenTensor {
  readonly name: string;
  /** Row-major. */
  readonly shape: readonly number[];
  /** The type that it will have. */
  readonly dtype: string;
  /** The type that it is stored in: one that stays is copied. */
  readonly storedType?: string;
}

/** What an importance matrix says of a file's tensors. */
export interface FileImportance {
  /** By tensor: a number a column, those of one matrix after the other where experts are stacked. */
  readonly byTensor: ReadonlyMap<string, Float32Array>;
  /** What a reader must know: full sentences. */
  readonly notes: readonly string[];
}

/** llama-imatrix watches the layers alone, and the head where it is told to. */
const OFTEN_MISSING = new Set(['token_embd.weight', 'per_layer_token_embd.weight', 'output.weight']);

/** Names that a note lists at most. */
const NAMED = 5;

/**
 * Finds for each tensor that ggml quantizes by importance what the matrix says of it. As with llama-quantize, a tensor that it does not
 * know is quantized without.
 *
 * @param fileType llama.cpp's name of the file type
 * @throws SimulationError `IMPORTANCE_OTHER_MODEL`, `IMPORTANCE_LENGTH`, `IMPORTANCE_MISSING`
 */
export function importanceOfTensors(
  matrix: ImportanceMatrix,
  tensors: readonly WrittenTensor[],
  fileType: string,
): FileImportance {
  const byTensor = new Map<string, Float32Array>();
  const missing: string[] = [];
  for (const tensor of tensors) {
    const { name, dtype, storedType } = tensor;
    if (dtype === storedType || !isGgufQuantizedType(dtype) || !usesImportance(dtype)) continue;
    const found = importanceOf(matrix, tensor);
    if (found !== undefined) byTensor.set(name, found);
    else if (needsImportance(tensor, fileType)) throw missingImportance(matrix, tensor, fileType);
    else if (!OFTEN_MISSING.has(name)) missing.push(name);
  }
  assertSameModel(matrix, tensors);
  if (missing.length === 0) return { byTensor, notes: [] };
  const named = missing.slice(0, NAMED).join(', ') + (missing.length > NAMED ? ', …' : '');
  const note = `Not in ${matrix.file}, and quantized without importance: ${named} (${missing.length} in all).`;
  return { byTensor, notes: [note] };
}

function importanceOf(matrix: ImportanceMatrix, { name, shape }: WrittenTensor): Float32Array | undefined {
  const entry = matrix.entries.get(name);
  if (entry === undefined) return undefined;
  const columns = shape[shape.length - 1];
  const matrices = shape.slice(0, -2).reduce((product, size) => product * size, 1);
  if (entry.meanSquares.length === columns * matrices) return entry.meanSquares;
  // Whoever recorded the embedding recorded token numbers: no reason to refuse the rest.
  if (name === 'token_embd.weight') return undefined;
  throw new SimulationError(
    'IMPORTANCE_LENGTH',
    `${matrix.file} is of another model: ${name} has other columns there`,
    {
      path: matrix.file,
      got: `${entry.meanSquares.length} values`,
      allowed:
        matrices === 1
          ? `${columns} values`
          : `${columns * matrices} values: ${columns} for each of ${matrices} experts`,
      fix: 'give the importance matrix of this model, made by the same generation of llama.cpp',
    },
  );
}

/** A model of which the matrix knows no tensor at all is another one, or one whose tensors have other names. */
function assertSameModel(matrix: ImportanceMatrix, tensors: readonly WrittenTensor[]): void {
  if (tensors.some(({ name }) => matrix.entries.has(name))) return;
  const [known] = matrix.entries.keys();
  throw new SimulationError('IMPORTANCE_OTHER_MODEL', `${matrix.file} knows no tensor of this model`, {
    path: matrix.file,
    got: `${matrix.entries.size} entries such as ${known}`,
    allowed: `names of the model's tensors, such as ${tensors.find(({ shape }) => shape.length > 1)?.name ?? 'none'}`,
    fix: 'give the importance matrix of this model',
  });
}

/** Source: llama.cpp src/llama-quant.cpp, `tensor_requires_imatrix`. */
function needsImportance({ name, dtype }: WrittenTensor, fileType: string): boolean {
  return fileType === 'Q2_K_S' && dtype === 'Q2_K' && !OFTEN_MISSING.has(name);
}

function missingImportance(matrix: ImportanceMatrix, { name }: WrittenTensor, fileType: string): SimulationError {
  return new SimulationError(
    'IMPORTANCE_MISSING',
    `${matrix.file} says nothing of ${name}, without which ${fileType} is garbage`,
    {
      path: matrix.file,
      got: `no entry ${name}`,
      allowed: `an entry for each tensor that ${fileType} stores in two bits`,
      fix: 'choose Q2_K, or an importance matrix that is complete',
    },
  );
}
