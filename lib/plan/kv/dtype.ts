/** Bytes of one cached element under `kv_cache_dtype`; `undefined` for formats whose layout is not known. Source: vllm/config/cache.py, `CacheDType`. */
export function kvElementBytes(dtype: string, modelBytes: number): number | undefined {
  const name = dtype.toLowerCase();
  if (name === 'auto') return modelBytes;
  if (name === 'bfloat16' || name === 'float16' || name === 'bf16' || name === 'fp16' || name === 'half') return 2;
  if (name === 'float32' || name === 'fp32') return 4;
  if (name === 'int8' || name.startsWith('fp8')) return 1;
  // NVFP4: half a byte, and an FP8 scale for each 16.
  if (name === 'nvfp4' || name === 'fp4_e2m1') return 0.5 + 1 / 16;
  return undefined;
}
