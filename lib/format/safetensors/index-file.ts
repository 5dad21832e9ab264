import { FormatError } from '../../errors';
import { JsonProblem } from '../json/json-problem';
import { JsonScanner } from '../json/json-scanner';
import { quoted } from '../quoted';

/** The largest published index (some 150,000 tensors) has 15 MB. */
export const MAX_INDEX_BYTES = 100_000_000;

/** Deeper than any folder; longer than any file system allows. */
const MAX_FILE_NAME = 255;

/** `model.safetensors.index.json`: which file holds which tensor. */
export interface SafetensorsIndex {
  readonly file: string;
  /** Tensor → file, both as the index spells them; every file lies beside the index. */
  readonly weightMap: ReadonlyMap<string, string>;
  /** Files named, each once, in the order of their first tensor. */
  readonly shards: readonly string[];
  /** `metadata.total_size`, where it is a number. Published checkpoints often have it wrong. */
  readonly totalSize?: number;
}

/**
 * Reads an index. No file that it names can lie outside its folder.
 *
 * @throws FormatError `INDEX_TOO_LARGE`, `INDEX_JSON`, `INDEX_DUPLICATE_KEY`, `INDEX_LIMIT`, `INDEX_FORM`, `INDEX_SHARD_NAME`
 */
export function parseSafetensorsIndex(json: Uint8Array, file: string): SafetensorsIndex {
  if (json.byteLength > MAX_INDEX_BYTES) {
    throw new FormatError('INDEX_TOO_LARGE', `${file} is larger than any index`, {
      path: file,
      got: `${json.byteLength} bytes`,
      allowed: `at most ${MAX_INDEX_BYTES} bytes`,
      fix: 'the file is hostile or damaged: do not use it',
    });
  }
  const weightMap = new Map<string, string>();
  const shards = new Map<string, string>();
  let totalSize: number | undefined;
  let hasMap = false;
  const scanner = new JsonScanner(json);
  try {
    scanner.object((key) => {
      if (key === 'weight_map') {
        hasMap = true;
        scanner.object(
          (tensor) => {
            const named = scanner.string();
            let shard = shards.get(named);
            if (shard === undefined) {
              assertPlainName(named, tensor, file);
              shards.set(named, (shard = named));
            }
            // One string a file, not one a tensor.
            weightMap.set(tensor, shard);
          },
          (tensor) => !weightMap.has(tensor),
        );
      } else if (key === 'metadata' && scanner.kind() === 'object') {
        scanner.object((field) => {
          if (field === 'total_size' && scanner.kind() === 'number') totalSize = scanner.number();
          else scanner.skip();
        });
      } else {
        scanner.skip();
      }
    });
    scanner.end();
  } catch (error) {
    if (error instanceof JsonProblem) throw fromJsonProblem(error, file);
    throw error;
  }
  if (!hasMap || weightMap.size === 0) {
    throw new FormatError('INDEX_FORM', `${file} lists no tensor`, {
      path: file,
      got: hasMap ? 'an empty weight_map' : 'no weight_map',
      allowed: '"weight_map": {tensor: file, …}',
      fix: 'download the index again, or remove it and load the one file',
    });
  }
  return { file, weightMap, shards: [...shards.keys()], totalSize };
}

/** A name of a file in the same folder, on every system: no separator of any, no drive, no stream, no way up. */
function assertPlainName(name: string, tensor: string, file: string): void {
  const plain = /^[^/\\:*?"<>|\u0000-\u001f\u007f]+$/.test(name) && name.length <= MAX_FILE_NAME;
  if (plain && !name.startsWith('.') && name.endsWith('.safetensors')) return;
  throw new FormatError('INDEX_SHARD_NAME', `${file} names a file that it must not: ${quoted(name)}`, {
    path: file,
    tensor,
    got: quoted(name),
    allowed: 'the name of a .safetensors file in the same folder',
    fix: 'the index is hostile or damaged: do not use it',
  });
}

function fromJsonProblem(problem: JsonProblem, file: string): FormatError {
  const got = `${problem.message} (byte ${problem.at})`;
  if (problem.kind === 'duplicate') {
    return new FormatError('INDEX_DUPLICATE_KEY', `${file} has the same key twice`, {
      path: file,
      got,
      allowed: 'every key once: readers would disagree on which file counts',
      fix: 'write the index again with unique names',
    });
  }
  if (problem.kind === 'limit') {
    return new FormatError('INDEX_LIMIT', `${file} holds more than any index`, {
      path: file,
      got,
      allowed: 'what models have: a few keys beside the weight_map, a few levels',
      fix: 'the file is hostile or damaged: do not use it',
    });
  }
  const form = problem.kind === 'type';
  return new FormatError(
    form ? 'INDEX_FORM' : 'INDEX_JSON',
    `${file} is ${form ? 'no index of a checkpoint' : 'not JSON'}`,
    {
      path: file,
      got,
      allowed: form ? '"weight_map": {tensor: file, …}' : 'JSON (RFC 8259) in UTF-8',
      fix: 'download the index again',
    },
  );
}
