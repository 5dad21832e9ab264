// Scales that are no finite numbers: llama.cpp loads no such block (`ggml_validate_row_data`).
import { GgmlType, blockBytes, blockValues } from './types';

/** Byte offsets of a block's f16 scale and minimum; -1 for none. */
function scaleOffset(type: i32): i32 {
  if (type == GgmlType.Q2_K) return 80;
  if (type == GgmlType.Q3_K) return 108;
  return type == GgmlType.Q6_K ? 208 : 0;
}

function minimumOffset(type: i32): i32 {
  if (type == GgmlType.Q2_K) return 82;
  const second = type == GgmlType.Q4_1 || type == GgmlType.Q5_1 || type == GgmlType.Q4_K || type == GgmlType.Q5_K;
  return second ? 2 : -1;
}

/** How many blocks of `count` values have a scale or minimum that is NaN or infinite. */
export function wildBlocks(type: i32, blocks: usize, count: i32): i32 {
  const size = <usize>blockBytes(type);
  const scale = <usize>scaleOffset(type);
  const minimum = minimumOffset(type);
  const second = minimum < 0 ? scale : <usize>minimum;
  let wild = 0;
  for (let i = count / blockValues(type); i > 0; i--, blocks += size) {
    const first = (load<u16>(blocks + scale) & 0x7c00) == 0x7c00;
    if (first || (load<u16>(blocks + second) & 0x7c00) == 0x7c00) wild++;
  }
  return wild;
}
