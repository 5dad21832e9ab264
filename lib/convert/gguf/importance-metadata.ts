import type { ImportanceMatrix } from '../../format/imatrix';
import { gguf, type GgufValue } from '../../format/gguf/value';

/** Bytes of a text that llama-quantize keeps. */
const MOST_TEXT_BYTES = 127;

/** What llama-quantize notes of the matrix in a file. Source: llama.cpp tools/quantize/quantize.cpp. */
export function importanceMetadata({
  file,
  datasets,
  entries,
  chunks,
}: ImportanceMatrix): ReadonlyMap<string, GgufValue> {
  const metadata = new Map([['quantize.imatrix.file', gguf.string(cut(file))]]);
  if (datasets.length > 0) metadata.set('quantize.imatrix.dataset', gguf.string(cut(datasets[0])));
  metadata.set('quantize.imatrix.entries_count', gguf.uint32(entries.size));
  if (chunks > 0) metadata.set('quantize.imatrix.chunks_count', gguf.uint32(chunks));
  return metadata;
}

/** The beginning of a text that takes so many bytes, whole characters. */
function cut(text: string): string {
  let kept = '';
  let bytes = 0;
  for (const character of text) {
    bytes += new TextEncoder().encode(character).byteLength;
    if (bytes > MOST_TEXT_BYTES) break;
    kept += character;
  }
  return kept;
}
