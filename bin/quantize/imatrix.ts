import { readImatrix, type ImportanceMatrix } from '../../lib/format/imatrix';
import { FileSource } from '../../lib/format/node';

/**
 * What `--imatrix FILE` names; undefined without it.
 *
 * @throws FormatError `SOURCE_*`, `IMATRIX_*`, `GGUF_*`
 */
export async function importanceOption({
  imatrix,
}: Readonly<Record<string, unknown>>): Promise<ImportanceMatrix | undefined> {
  if (typeof imatrix !== 'string') return undefined;
  const source = FileSource.open(imatrix);
  try {
    return await readImatrix(source);
  } finally {
    await source.close();
  }
}
