import { FormatError } from '../../errors';
import type { FileLayout } from '../layout';
import { quoted } from '../quoted';
import type { TensorInfo } from '../tensor';
import { isWellFormed, utf8Bytes } from '../text';
import { SAFETENSORS_DTYPE_BITS, SAFETENSORS_DTYPES, isSafetensorsDtype, type SafetensorsDtype } from './dtypes';
import { LENGTH_BYTES, MAX_HEADER_BYTES, METADATA_KEY } from './header';
import { tensorSpan } from './span';

export interface SafetensorsTensorPlan {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
}

export interface SafetensorsPlan {
  /** In any order: the format has its own. */
  readonly tensors: readonly SafetensorsTensorPlan[];
  /** `__metadata__`; Transformers wants `{ format: 'pt' }`. Left out when empty. */
  readonly metadata?: ReadonlyMap<string, string>;
}

/**
 * Lays out a safetensors file as the Rust library writes it (`serialize` in `safetensors/src/tensor.rs`): the widest types
 * first, names by their bytes within a type, compact JSON, and spaces up to a multiple of 8, so that every tensor begins at
 * its alignment. (`JSON.stringify` and serde_json escape the same characters of well-formed text in the same way.)
 *
 * @throws FormatError for what no reader would load: `SAFETENSORS_DTYPE`, `SAFETENSORS_DUPLICATE_KEY`,
 * `SAFETENSORS_SHAPE_OVERFLOW`, `SAFETENSORS_MISALIGNED`, `SAFETENSORS_TENSOR_NAME`, `SAFETENSORS_HEADER_TOO_LARGE`
 */
export function layoutSafetensors(plan: SafetensorsPlan): FileLayout {
  const sorted = plan.tensors.map((tensor) => ({ ...tensor, ...measure(tensor) })).sort(byTypeThenName);
  const entries: string[] = [];
  if (plan.metadata !== undefined && plan.metadata.size > 0)
    entries.push(`"${METADATA_KEY}":${metadataJson(plan.metadata)}`);
  const relative = new Map<string, TensorInfo>();
  let end = 0;
  for (const { name, dtype, shape, elements, bytes } of sorted) {
    if (relative.has(name))
      throw refuse('SAFETENSORS_DUPLICATE_KEY', name, 'stands twice', quoted(name), 'every name once');
    relative.set(name, { name, dtype, shape: [...shape], elements, bytes, offset: end });
    entries.push(
      `${JSON.stringify(name)}:{"dtype":"${dtype}","shape":[${shape.join(',')}],"data_offsets":[${end},${end + bytes}]}`,
    );
    end += bytes;
  }
  const header = frame(utf8Bytes(`{${entries.join(',')}}`));
  const tensors = new Map<string, TensorInfo>();
  for (const [name, tensor] of relative) tensors.set(name, { ...tensor, offset: header.byteLength + tensor.offset });
  return { header, tensors, fileBytes: header.byteLength + end };
}

/** Not through an object: `__proto__` and keys that look like numbers would lose their place. */
function metadataJson(metadata: ReadonlyMap<string, string>): string {
  const pairs: string[] = [];
  for (const [key, value] of metadata) {
    if (!isWellFormed(key) || !isWellFormed(value)) {
      throw new FormatError('SAFETENSORS_METADATA', 'metadata is not text that UTF-8 can hold', {
        got: `${quoted(key)}: ${quoted(value)}`,
        allowed: 'well-formed text',
        fix: 'change the metadata before writing the file',
      });
    }
    pairs.push(`${JSON.stringify(key)}:${JSON.stringify(value)}`);
  }
  return `{${pairs.join(',')}}`;
}

function frame(json: Uint8Array): Uint8Array {
  const length = Math.ceil(json.byteLength / LENGTH_BYTES) * LENGTH_BYTES;
  if (length > MAX_HEADER_BYTES) {
    throw new FormatError('SAFETENSORS_HEADER_TOO_LARGE', 'the header of the new file would be too large', {
      got: `${length} bytes`,
      allowed: `at most ${MAX_HEADER_BYTES} bytes`,
      fix: 'write the tensors into more than one file',
    });
  }
  const header = new Uint8Array(LENGTH_BYTES + length).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(json, LENGTH_BYTES);
  return header;
}

const RANK = new Map(SAFETENSORS_DTYPES.map((dtype, rank) => [dtype, rank]));

function byTypeThenName(left: SafetensorsTensorPlan, right: SafetensorsTensorPlan): number {
  const rank = (RANK.get(right.dtype) as number) - (RANK.get(left.dtype) as number);
  return rank !== 0 ? rank : compareByCodePoint(left.name, right.name);
}

/** Order of UTF-8 bytes, which is that of code points. JavaScript's own order puts U+10000 and up before U+E000. */
export function compareByCodePoint(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a === b) continue;
    const aIsSurrogate = (a & 0xf800) === 0xd800;
    const bIsSurrogate = (b & 0xf800) === 0xd800;
    return aIsSurrogate === bIsSurrogate ? a - b : aIsSurrogate ? 1 : -1;
  }
  return left.length - right.length;
}

function measure({ name, dtype, shape }: SafetensorsTensorPlan): { elements: number; bytes: number } {
  if (name === METADATA_KEY || !isWellFormed(name)) {
    throw refuse(
      'SAFETENSORS_TENSOR_NAME',
      name,
      'has a name that a header cannot hold',
      quoted(name),
      `well-formed text other than ${METADATA_KEY}`,
    );
  }
  if (!isSafetensorsDtype(dtype)) {
    throw refuse(
      'SAFETENSORS_DTYPE',
      name,
      'has no type of the format',
      quoted(String(dtype)),
      SAFETENSORS_DTYPES.join(', '),
    );
  }
  const whole = shape.every((dimension) => Number.isSafeInteger(dimension) && dimension >= 0);
  const span = whole ? tensorSpan(shape, SAFETENSORS_DTYPE_BITS[dtype]) : { problem: 'overflow' as const };
  if ('problem' in span) {
    const id = span.problem === 'overflow' ? 'SAFETENSORS_SHAPE_OVERFLOW' : 'SAFETENSORS_MISALIGNED';
    throw refuse(
      id,
      name,
      'has a shape that cannot be stored',
      `${dtype} [${shape.join(', ')}]`,
      'whole numbers whose product fills whole bytes, fewer than 2^61 of them',
    );
  }
  return span;
}

function refuse(id: string, tensor: string, problem: string, got: string, allowed: string): FormatError {
  return new FormatError(id, `tensor ${quoted(tensor)} ${problem}`, {
    tensor,
    got,
    allowed,
    fix: 'change the tensor before writing the file',
  });
}
