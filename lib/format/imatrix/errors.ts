import { FormatError, type FormatErrorDetails } from '../../errors';
import { quoted } from '../quoted';

const AGAIN = 'the file is cut or damaged: download it again, or make it anew with llama-imatrix';

/** What is wrong with a file that is to be an importance matrix. */
export function imatrixError(id: string, file: string, problem: string, details: FormatErrorDetails): FormatError {
  return new FormatError(id, `the importance matrix ${file} ${problem}`, { fix: AGAIN, ...details, path: file });
}

export function entryError(
  id: string,
  file: string,
  name: string,
  problem: string,
  details: FormatErrorDetails,
): FormatError {
  return imatrixError(id, file, `${problem}: ${quoted(name)}`, { ...details, tensor: name });
}

/**
 * A mean square, divided in 32 bits as llama-quantize divides.
 *
 * @throws FormatError `IMATRIX_VALUE`
 */
export function meanSquare(sum: number, count: number, file: string, name: string): number {
  const mean = Math.fround(sum / count);
  if (mean >= 0 && mean < Infinity) return mean;
  throw entryError('IMATRIX_VALUE', file, name, 'holds a value that is no mean of squares', {
    got: `${sum} over ${count}`,
    allowed: 'finite numbers that are not negative',
  });
}
