import { FormatError } from '../../errors';
import type { FileLayout } from '../layout';
import { quoted } from '../quoted';
import { SAFETENSORS_DTYPE_BITS } from './dtypes';
import { compareByCodePoint, layoutSafetensors, type SafetensorsPlan, type SafetensorsTensorPlan } from './layout';
import { tensorSpan } from './span';

/** What Transformers calls the parts and the list of a checkpoint. */
export const SINGLE_FILE = 'model.safetensors';
export const INDEX_FILE = 'model.safetensors.index.json';

/** Data of one part at most; the default of `save_pretrained`. */
export const DEFAULT_SHARD_BYTES = 5_000_000_000;

export interface ShardLayout extends FileLayout {
  /** `model-00001-of-00003.safetensors`. */
  readonly name: string;
}

export interface CheckpointLayout {
  readonly shards: readonly ShardLayout[];
  /** Text of the index; undefined when one file holds everything. */
  readonly index?: string;
  /** Bytes of all tensors. */
  readonly dataBytes: number;
}

/**
 * Spreads tensors over files of at most `maxShardBytes` of data, in the given order (a tensor larger than that has a file
 * of its own), and lays out each, with the index that joins them.
 *
 * @param maxShardBytes bytes of data in a file
 */
export function layoutCheckpoint(plan: SafetensorsPlan, maxShardBytes = DEFAULT_SHARD_BYTES): CheckpointLayout {
  if (!(maxShardBytes > 0)) {
    throw new FormatError('SHARD_SIZE', 'a file must be allowed to hold something', {
      got: String(maxShardBytes),
      allowed: 'a number of bytes above 0',
      fix: `leave it out to take ${DEFAULT_SHARD_BYTES}`,
    });
  }
  const groups: SafetensorsTensorPlan[][] = [[]];
  let filled = 0;
  let dataBytes = 0;
  for (const tensor of plan.tensors) {
    const span = tensorSpan(tensor.shape, SAFETENSORS_DTYPE_BITS[tensor.dtype]);
    // A shape that cannot be stored is refused by the layout below, with its reason.
    const bytes = 'problem' in span ? 0 : span.bytes;
    if (filled > 0 && filled + bytes > maxShardBytes) {
      groups.push([]);
      filled = 0;
    }
    groups[groups.length - 1].push(tensor);
    filled += bytes;
    dataBytes += bytes;
  }
  const { metadata } = plan;
  if (groups.length === 1) {
    return { shards: [{ name: SINGLE_FILE, ...layoutSafetensors(plan) }], dataBytes };
  }
  const shards = groups.map((tensors, index) => ({
    name: shardName(index + 1, groups.length),
    ...layoutSafetensors({ tensors, metadata }),
  }));
  return { shards, index: indexText(shards, dataBytes), dataBytes };
}

function shardName(number: number, count: number): string {
  const digits = (value: number): string => String(value).padStart(5, '0');
  return `model-${digits(number)}-of-${digits(count)}.safetensors`;
}

/** As Transformers writes it (`json.dumps(index, indent=2, sort_keys=True)` and a line end). */
function indexText(shards: readonly ShardLayout[], dataBytes: number): string {
  const owner = new Map<string, string>();
  for (const shard of shards) {
    for (const name of shard.tensors.keys()) {
      if (owner.has(name)) throw twice(name);
      owner.set(name, shard.name);
    }
  }
  const names = [...owner.keys()].sort(compareByCodePoint);
  const lines = names.map((name) => `    ${JSON.stringify(name)}: ${JSON.stringify(owner.get(name))}`);
  return `{\n  "metadata": {\n    "total_size": ${dataBytes}\n  },\n  "weight_map": {\n${lines.join(',\n')}\n  }\n}\n`;
}

function twice(name: string): FormatError {
  return new FormatError('SAFETENSORS_DUPLICATE_KEY', `tensor ${quoted(name)} stands in two files`, {
    tensor: name,
    got: quoted(name),
    allowed: 'every name once',
    fix: 'change the tensor before writing the file',
  });
}
