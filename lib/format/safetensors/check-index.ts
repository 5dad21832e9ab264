import { FormatError, type FormatErrorDetails } from '../../errors';
import { quoted } from '../quoted';
import type { SafetensorsHeader } from './header';
import type { SafetensorsIndex } from './index-file';

/**
 * Holds an index against the headers of the files it names: every tensor stands where the index says, and nowhere else.
 *
 * @param headers by the file's name in the index
 * @throws FormatError `INDEX_SHARD_MISSING`, `INDEX_MISSING_TENSOR`, `INDEX_WRONG_SHARD`, `INDEX_EXTRA_TENSOR`
 */
export function checkIndex(index: SafetensorsIndex, headers: ReadonlyMap<string, SafetensorsHeader>): void {
  const fail = (id: string, problem: string, details: FormatErrorDetails): FormatError =>
    new FormatError(id, `${index.file} ${problem}`, { ...details, path: index.file });

  for (const [tensor, shard] of index.weightMap) {
    const header = headers.get(shard);
    if (header === undefined) {
      throw fail('INDEX_SHARD_MISSING', `names a file that is not there: ${quoted(shard)}`, {
        tensor,
        got: `no ${shard}`,
        allowed: 'every file that the index names',
        fix: 'download the missing file',
      });
    }
    if (header.tensors.has(tensor)) continue;
    const holder = [...headers].find(([, other]) => other.tensors.has(tensor));
    if (holder !== undefined) throw wrongShard(tensor, shard, holder[0]);
    throw fail('INDEX_MISSING_TENSOR', `names a tensor that no file holds: ${quoted(tensor)}`, {
      tensor,
      got: `no ${quoted(tensor)} in ${shard}`,
      allowed: 'every tensor of the index in its file',
      fix: 'the index and the files do not belong together: download all of them again',
    });
  }
  for (const [shard, header] of headers) {
    for (const tensor of header.tensors.keys()) {
      const named = index.weightMap.get(tensor);
      if (named === shard) continue;
      if (named !== undefined) throw wrongShard(tensor, named, shard);
      throw fail('INDEX_EXTRA_TENSOR', `does not name a tensor that ${shard} holds: ${quoted(tensor)}`, {
        tensor,
        got: `${quoted(tensor)} in ${shard}`,
        allowed: 'every tensor of the files in the index',
        fix: 'the index and the files do not belong together: download all of them again',
      });
    }
  }

  function wrongShard(tensor: string, named: string, holder: string): FormatError {
    return fail('INDEX_WRONG_SHARD', `names the wrong file for a tensor: ${quoted(tensor)}`, {
      tensor,
      got: named,
      allowed: holder,
      fix: 'the index and the files do not belong together: download all of them again',
    });
  }
}
