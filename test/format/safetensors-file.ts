/** A safetensors file from a header given as text (or as bytes) and a count of data bytes. */
export function safetensorsFile(header: string | Uint8Array, dataBytes = 0, claimedLength?: bigint): Uint8Array {
  const json = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const file = new Uint8Array(8 + json.byteLength + dataBytes);
  new DataView(file.buffer).setBigUint64(0, claimedLength ?? BigInt(json.byteLength), true);
  file.set(json, 8);
  for (let index = 8 + json.byteLength; index < file.byteLength; index++) file[index] = index & 0xff;
  return file;
}

/** An entry of the header as JSON. */
export function entry(name: string, dtype: string, shape: readonly number[], begin: number, end: number): string {
  return `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [begin, end] })}`;
}
