const BYTES: Readonly<Record<string, number>> = {
  float64: 8,
  double: 8,
  float32: 4,
  float: 4,
  fp32: 4,
  float16: 2,
  half: 2,
  fp16: 2,
  bfloat16: 2,
  bf16: 2,
  int8: 1,
  uint8: 1,
};

/** Bytes of one element of a torch dtype; `undefined` for a name that is none. FP8 names of every kind take one byte. */
export function dtypeBytes(dtype: string): number | undefined {
  const name = dtype.toLowerCase().replace(/^torch\./, '');
  if (name.startsWith('float8') || name.startsWith('fp8')) return 1;
  return Object.hasOwn(BYTES, name) ? BYTES[name] : undefined;
}

/**
 * Bytes of a weight that nothing quantizes, as the checkpoint stores it. The `float8` that some quantized checkpoints claim is that of
 * their quantized weights; the rest is 16 bit.
 */
export function checkpointDtypeBytes(dtype: string | undefined): number {
  const bytes = dtype === undefined ? undefined : dtypeBytes(dtype);
  return bytes === undefined || bytes < 2 ? 2 : bytes;
}

/**
 * Bytes of a weight that nothing quantizes, as a server holds it: with `auto` servers turn float32 checkpoints into 16 bit.
 * Source: vllm/config/model.py, `_get_and_verify_dtype`.
 */
export function servedDtypeBytes(dtype: string): number {
  return dtypeBytes(dtype) ?? 2;
}
