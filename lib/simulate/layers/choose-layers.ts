import { SimulationError } from '../../errors';
import type { Checkpoint, CheckpointTensor } from '../../format';
import { GGUF_QUANTIZED_TYPES, isGgufQuantizedType, type GgufQuantizedType } from '../../scheme/gguf/quantized-types';
import type { WeightDtype } from '../tensor';
import type { LinearTest } from './linear-layers';
import { namePattern } from './name-pattern';

/** A linear layer of a checkpoint that can be quantized. */
export interface LinearTensor extends CheckpointTensor {
  /** The type that its weights are read as. */
  readonly dtype: WeightDtype;
  /** The blocks that it is stored in, where it was quantized before. */
  readonly blocks?: GgufQuantizedType;
  /** `[outFeatures, inFeatures]`; of experts that are stacked the output features of all. */
  readonly shape: readonly [number, number];
  /** How many matrices are stacked in it. */
  readonly matrices: number;
}

/**
 * The linear layers that a run is about, by name.
 *
 * @param pattern see `namePattern`; all of them without
 * @param decodes whether tensors in blocks of GGUF are taken too, for what their blocks stand for
 * @throws SimulationError `NO_LINEAR_LAYERS`, `NO_LAYER_MATCHES`, `CHECKPOINT_QUANTIZED`
 */
export function chooseLayers(
  checkpoint: Checkpoint,
  isLinear: LinearTest,
  pattern: string | undefined,
  decodes = false,
): ReadonlyMap<string, LinearTensor> {
  const linear = [...checkpoint.tensors.values()].filter(isLinear);
  if (linear.length === 0) {
    throw new SimulationError('NO_LINEAR_LAYERS', `${checkpoint.location} has no linear layers to quantize`, {
      got: `${checkpoint.tensors.size} tensors, none of them the weight of a linear layer in a block`,
      allowed: 'an unquantized checkpoint of a transformer',
      fix: 'give the original checkpoint: quantized ones pack their weights under other names',
    });
  }
  if (pattern === undefined) return byName(linear, decodes);
  const fits = namePattern(pattern);
  const chosen = linear.filter(({ name }) => fits(name));
  if (chosen.length > 0) return byName(chosen, decodes);
  throw new SimulationError('NO_LAYER_MATCHES', `no linear layer fits ${pattern}`, {
    got: pattern,
    allowed: `e.g. ${linear[0].name}`,
    fix: 'use * for any text; qe inspect lists the names',
  });
}

const SOURCE_DTYPES: readonly string[] = ['F32', 'F16', 'BF16'];

function byName(tensors: readonly CheckpointTensor[], decodes: boolean): ReadonlyMap<string, LinearTensor> {
  const layers = new Map<string, LinearTensor>();
  for (const tensor of tensors) {
    const { name, dtype } = tensor;
    const columns = tensor.shape[tensor.shape.length - 1];
    const matrices = tensor.shape.length > 2 ? tensor.shape[0] : 1;
    const shape = [tensor.elements / columns, columns] as const;
    if (SOURCE_DTYPES.includes(dtype)) layers.set(name, { ...tensor, shape, matrices, dtype: dtype as WeightDtype });
    else if (decodes && isGgufQuantizedType(dtype))
      layers.set(name, { ...tensor, shape, matrices, dtype: 'F32', blocks: dtype });
    else {
      throw new SimulationError('CHECKPOINT_QUANTIZED', `${name} is stored as ${dtype}`, {
        got: dtype,
        allowed: [...SOURCE_DTYPES, ...(decodes ? GGUF_QUANTIZED_TYPES : [])].join(', '),
        fix: 'give the unquantized checkpoint',
      });
    }
  }
  return layers;
}
