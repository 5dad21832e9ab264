import type { Checkpoint } from './checkpoint';

/** All tensors of one element type. */
export interface DtypeSummary {
  readonly dtype: string;
  readonly tensors: number;
  readonly elements: number;
  readonly bytes: number;
}

/** By element type, the most bytes first. */
export function summarizeDtypes(checkpoint: Checkpoint): readonly DtypeSummary[] {
  const sums = new Map<string, { tensors: number; elements: number; bytes: number }>();
  for (const { dtype, elements, bytes } of checkpoint.tensors.values()) {
    const sum = sums.get(dtype) ?? { tensors: 0, elements: 0, bytes: 0 };
    sum.tensors++;
    sum.elements += elements;
    sum.bytes += bytes;
    sums.set(dtype, sum);
  }
  return [...sums].map(([dtype, sum]) => ({ dtype, ...sum })).sort((left, right) => right.bytes - left.bytes);
}

/** Tensors of the same name but for numbers, type and shape: one line instead of one for each layer and expert. */
export interface TensorGroup {
  /** `model.layers.{0…31}.mlp.up_proj.weight`. */
  readonly pattern: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly count: number;
  readonly bytes: number;
}

/** Groups in the order in which their first tensor stands. */
export function groupTensors(checkpoint: Checkpoint): readonly TensorGroup[] {
  interface Open {
    parts: string[];
    numbers: { least: number; most: number }[];
    dtype: string;
    shape: readonly number[];
    count: number;
    bytes: number;
  }
  const groups = new Map<string, Open>();
  for (const { name, dtype, shape, bytes } of checkpoint.tensors.values()) {
    const parts = name.split(/(?<=^|\.)(\d+)(?=\.|$)/);
    const key = JSON.stringify([dtype, shape, parts.filter((_, at) => at % 2 === 0)]);
    const numbers = parts.filter((_, at) => at % 2 === 1).map(Number);
    const group = groups.get(key);
    if (group === undefined) {
      const ranges = numbers.map((number) => ({ least: number, most: number }));
      groups.set(key, { parts, numbers: ranges, dtype, shape, count: 1, bytes });
      continue;
    }
    group.count++;
    group.bytes += bytes;
    for (const [at, number] of numbers.entries()) {
      const range = group.numbers[at];
      range.least = Math.min(range.least, number);
      range.most = Math.max(range.most, number);
    }
  }
  return [...groups.values()].map(({ parts, numbers, dtype, shape, count, bytes }) => ({
    pattern: parts.map((part, at) => (at % 2 === 0 ? part : range(numbers[(at - 1) / 2]))).join(''),
    dtype,
    shape,
    count,
    bytes,
  }));
}

function range({ least, most }: { least: number; most: number }): string {
  return least === most ? String(least) : `{${least}…${most}}`;
}
