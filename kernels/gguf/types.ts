// The block types of ggml that weights are quantized to, and how long their blocks are. Source: ggml/src/ggml-common.h.

/** Numbers of `enum ggml_type`. */
export namespace GgmlType {
  export const Q4_0: i32 = 2;
  export const Q4_1: i32 = 3;
  export const Q5_0: i32 = 6;
  export const Q5_1: i32 = 7;
  export const Q8_0: i32 = 8;
  export const Q2_K: i32 = 10;
  export const Q3_K: i32 = 11;
  export const Q4_K: i32 = 12;
  export const Q5_K: i32 = 13;
  export const Q6_K: i32 = 14;
  export const IQ4_NL: i32 = 20;
  export const IQ4_XS: i32 = 23;
}

/** Values of a block: 256 for those with two levels of scales, else 32. */
export function blockValues(type: i32): i32 {
  return (type >= GgmlType.Q2_K && type <= GgmlType.Q6_K) || type == GgmlType.IQ4_XS ? 256 : 32;
}

export function blockBytes(type: i32): i32 {
  switch (type) {
    case GgmlType.Q4_1:
      return 20;
    case GgmlType.Q5_0:
      return 22;
    case GgmlType.Q5_1:
      return 24;
    case GgmlType.Q8_0:
      return 34;
    case GgmlType.Q2_K:
      return 84;
    case GgmlType.Q3_K:
      return 110;
    case GgmlType.Q4_K:
      return 144;
    case GgmlType.Q5_K:
      return 176;
    case GgmlType.Q6_K:
      return 210;
    case GgmlType.IQ4_XS:
      return 136;
    default:
      return 18;
  }
}
