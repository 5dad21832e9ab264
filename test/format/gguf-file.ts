import { ByteWriter } from '../../lib/format/write/byte-writer';

export const TYPE = {
  uint8: 0,
  int8: 1,
  uint16: 2,
  int16: 3,
  uint32: 4,
  int32: 5,
  float32: 6,
  bool: 7,
  string: 8,
  array: 9,
  uint64: 10,
  int64: 11,
  float64: 12,
} as const;

type Put = (writer: ByteWriter) => void;

/** Pieces of a GGUF file, none of them checked: malformed files are made of these. */
export const put = {
  string:
    (text: string | Uint8Array, claimed?: bigint): Put =>
    (writer) => {
      const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
      writer.uint64(claimed ?? BigInt(bytes.byteLength));
      writer.raw(bytes);
    },
  key:
    (key: string, type: number, ...value: Put[]): Put =>
    (writer) => {
      put.string(key)(writer);
      writer.uint32(type);
      for (const part of value) part(writer);
    },
  array:
    (elementType: number, length: bigint, ...elements: Put[]): Put =>
    (writer) => {
      writer.uint32(elementType);
      writer.uint64(length);
      for (const element of elements) element(writer);
    },
  /** `dims` from the fastest on, as in the file. */
  tensor:
    (
      name: string | Uint8Array,
      dims: readonly (number | bigint)[],
      type: number,
      offset: number | bigint,
      claimedDims = dims.length,
    ): Put =>
    (writer) => {
      put.string(name)(writer);
      writer.uint32(claimedDims);
      for (const dim of dims) writer.uint64(BigInt(dim));
      writer.uint32(type);
      writer.uint64(BigInt(offset));
    },
  uint8:
    (value: number): Put =>
    (writer) =>
      writer.uint8(value),
  uint32:
    (value: number): Put =>
    (writer) =>
      writer.uint32(value),
  uint64:
    (value: bigint): Put =>
    (writer) =>
      writer.uint64(value),
};

export interface RawGguf {
  readonly magic?: string;
  readonly version?: number;
  readonly littleEndian?: boolean;
  readonly tensorCount?: bigint;
  readonly keyCount?: bigint;
  readonly keys?: readonly Put[];
  readonly tensors?: readonly Put[];
  readonly alignment?: number;
  readonly dataBytes?: number;
}

export function ggufFile(raw: RawGguf = {}): Uint8Array {
  const { keys = [], tensors = [] } = raw;
  const writer = new ByteWriter(raw.littleEndian ?? true);
  writer.raw(new TextEncoder().encode(raw.magic ?? 'GGUF'));
  writer.uint32(raw.version ?? 3);
  writer.uint64(raw.tensorCount ?? BigInt(tensors.length));
  writer.uint64(raw.keyCount ?? BigInt(keys.length));
  for (const part of [...keys, ...tensors]) part(writer);
  if (raw.dataBytes !== undefined) {
    writer.pad(raw.alignment ?? 32);
    writer.raw(new Uint8Array(raw.dataBytes).fill(7));
  }
  return writer.finish();
}
