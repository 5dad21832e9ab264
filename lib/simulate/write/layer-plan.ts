import type { Checkpoint, CheckpointTensor } from '../../format';
import type { SafetensorsDtype, SafetensorsTensorPlan } from '../../format/safetensors';
import type { LinearTensor } from '../layers/choose-layers';
import type { SkippedTensor } from '../simulation';
import type { WeightDtype } from '../tensor';
import { encodedTensors, type Encoding } from './encoding';

/** What becomes of the tensors of a checkpoint. */
export interface TensorPlan {
  /** Layers that are encoded. */
  readonly layers: ReadonlyMap<string, LinearTensor>;
  /** How each of them is. */
  readonly encodings: ReadonlyMap<string, Encoding>;
  /** Modules of those that are kept at higher precision and encoded all the same. */
  readonly kept: readonly string[];
  /** Tensors of the new checkpoint, in the order of the old one. */
  readonly outputs: readonly SafetensorsTensorPlan[];
  /** Layers that the scheme's library refuses. */
  readonly skipped: readonly SkippedTensor[];
  /** Linear layers that stay as they were, by the names of their modules; the head among them. */
  readonly ignored: readonly string[];
}

/** Layers that get another encoding than the scheme's; undefined: they stay as they were. */
export type Exceptions = ReadonlyMap<string, Encoding | undefined>;

/** AutoAWQ and GPTQ pack 32 output features together; AutoAWQ's loops end there. */
const PACKED_MULTIPLE = 32;

/**
 * Chooses the layers that an encoding can hold, and lists what the new checkpoint will have.
 *
 * @param linear layers that the scheme would quantize
 * @param exceptions those of them that are kept at higher precision
 */
export function planTensors(
  checkpoint: Checkpoint,
  linear: ReadonlyMap<string, LinearTensor>,
  encoding: Encoding,
  exceptions: Exceptions = new Map(),
): TensorPlan {
  const layers = new Map<string, LinearTensor>();
  const encodings = new Map<string, Encoding>();
  const kept: string[] = [];
  const skipped: SkippedTensor[] = [];
  const outputs: SafetensorsTensorPlan[] = [];
  const ignored = new Set(['lm_head']);
  for (const tensor of checkpoint.tensors.values()) {
    const layer = linear.get(tensor.name);
    const isKept = exceptions.has(tensor.name);
    const own = isKept ? exceptions.get(tensor.name) : encoding;
    const reason = layer === undefined || own === undefined ? undefined : refusal(own, layer);
    if (layer === undefined || own === undefined || reason !== undefined) {
      if (reason !== undefined) skipped.push({ name: tensor.name, reason });
      if (isOtherLinear(tensor)) ignored.add(moduleOf(tensor.name));
      outputs.push({ name: tensor.name, dtype: copiedDtype(encoding, tensor), shape: tensor.shape });
      continue;
    }
    layers.set(tensor.name, layer);
    encodings.set(tensor.name, own);
    const module = moduleOf(tensor.name);
    if (isKept) kept.push(module);
    for (const { suffix, dtype, shape } of encodedTensors(own, ...layer.shape, layer.dtype)) {
      outputs.push({ name: `${module}.${suffix}`, dtype, shape });
    }
  }
  return { layers, encodings, kept, outputs, skipped, ignored: [...ignored] };
}

/** AutoAWQ's checkpoints are f16 throughout; the others keep the types that tensors have. */
export function copiedDtype(encoding: Encoding, { dtype }: CheckpointTensor): SafetensorsDtype {
  const isWeight = dtype === 'F32' || dtype === 'BF16';
  return encoding.kind === 'awq' && isWeight ? 'F16' : (dtype as SafetensorsDtype);
}

/** `model.layers.0.mlp.up_proj` of `model.layers.0.mlp.up_proj.weight`. */
export function moduleOf(weight: string): string {
  return weight.replace(/\.weight$/, '');
}

/** Matrices that are no embeddings belong to linear layers: readers must be told that these are as they were. */
function isOtherLinear({ name, shape, dtype }: CheckpointTensor): boolean {
  const isFloat = (['F32', 'F16', 'BF16'] satisfies WeightDtype[] as string[]).includes(dtype);
  return shape.length === 2 && isFloat && name.endsWith('.weight') && !/embed|lm_head|wte|wpe/.test(name);
}

/** Why the layout, or the library that defines it, cannot hold a layer. */
function refusal(encoding: Encoding, { shape: [rows, columns] }: LinearTensor): string | undefined {
  switch (encoding.kind) {
    case 'compressed-tensors': {
      const { strategy, group_size } = encoding.weights;
      return strategy === 'group' ? ragged(columns, group_size ?? 128) : undefined;
    }
    case 'fp4':
      return ragged(columns, encoding.type === 'mxfp4' ? 32 : 16);
    case 'awq':
      return ragged(columns, encoding.args.q_group_size) ?? packable(rows, PACKED_MULTIPLE, 'output');
    case 'gptq':
      return (
        ragged(columns, encoding.args.group_size) ??
        packable(rows, PACKED_MULTIPLE, 'output') ??
        packable(columns, PACKED_MULTIPLE, 'input')
      );
    case 'neuron':
      return undefined;
  }
}

function ragged(columns: number, groupSize: number): string | undefined {
  if (groupSize <= 0 || columns % groupSize === 0) return undefined;
  return `${columns} input features are no multiple of the group size ${groupSize}`;
}

function packable(count: number, multiple: number, side: string): string | undefined {
  return count % multiple === 0 ? undefined : `${count} ${side} features are no multiple of ${multiple}`;
}
