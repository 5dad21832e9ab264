import { SimulationError } from '../../errors';
import type { Checkpoint } from '../../format';
import type { ImportanceMatrix } from '../../format/imatrix';
import type { Scheme } from '../../scheme';
import { isGgufQuantizedType } from '../../scheme/gguf/quantized-types';
import { GGUF_FILE_TYPES, ggufTarget } from '../../scheme/gguf/target';
import { findGgufFileType, type GgmlType } from '../../scheme/gguf/types';
import { awqGrid } from '../awq/pseudo-quantize';
import { gridOf, type QuantizationArgs } from '../compressed-tensors/scheme';
import { MXFP4_GRID, NVFP4_GRID } from '../fp4/scheme';
import { gptqGrid } from '../gptq/grid';
import { importanceOfCheckpoint } from '../gguf/importance';
import { ggufTypesOf } from '../gguf/mix';
import { neuronFp8Grid, neuronInt8Grid } from '../neuron/scheme';
import type { RowGrid } from '../rows/grid';
import type { RowKernel } from '../rows/runner';

/** What calibration adds to a scheme. */
export type CalibratedMethod = 'awq' | 'gptq' | 'smoothquant';

/** How a scheme quantizes the weights of a layer. */
export interface Recipe {
  readonly scheme: Scheme;
  /** Weights alone: what the scheme comes down to without calibration. */
  readonly kernel: RowKernel;
  /** Set for schemes that use activations; with statistics of them they do better than `kernel` alone. */
  readonly calibrated?: CalibratedMethod;
  /** GGUF: the type of each tensor, where a file mixes them. */
  readonly types?: ReadonlyMap<string, GgmlType>;
  /** GGUF: what errors of each column weigh, by tensor, where an importance matrix says so. */
  readonly importance?: ReadonlyMap<string, Float32Array>;
}

const INT8_CHANNEL: QuantizationArgs = { num_bits: 8, type: 'int', strategy: 'channel', symmetric: true };
const FP8_CHANNEL: QuantizationArgs = { num_bits: 8, type: 'float', strategy: 'channel', symmetric: true };

const grid = (value: RowGrid): RowKernel => ({ kind: 'grid', grid: value });

/** Schemes by name. Group sizes and bits come from the scheme itself. */
const MAKERS: Readonly<Record<string, (scheme: Scheme) => Omit<Recipe, 'scheme'>>> = {
  'int4-rtn': (scheme) => ({ kernel: awqKernel(scheme) }),
  awq: (scheme) => ({ kernel: awqKernel(scheme), calibrated: 'awq' }),
  gptq: (scheme) => ({
    kernel: grid(gptqGrid({ bits: scheme.weightBits, group_size: scheme.groupSize ?? -1, sym: scheme.symmetric })),
    calibrated: 'gptq',
  }),
  'int8-weight-only': (scheme) => ({ kernel: grid(gridOf(int8Args(scheme))) }),
  'int8-w8a8': () => ({ kernel: grid(gridOf(INT8_CHANNEL)) }),
  'int8-w8a8-static': () => ({ kernel: grid(gridOf(INT8_CHANNEL)) }),
  smoothquant: () => ({ kernel: grid(gridOf(INT8_CHANNEL)), calibrated: 'smoothquant' }),
  fp8: () => ({ kernel: grid(gridOf(FP8_CHANNEL)) }),
  'fp8-weight-only': () => ({ kernel: grid(gridOf(FP8_CHANNEL)) }),
  'fp8-static': () => ({ kernel: grid(gridOf({ ...FP8_CHANNEL, strategy: 'tensor' })) }),
  'fp8-block': (scheme) => ({
    kernel: grid(gridOf({ ...FP8_CHANNEL, strategy: 'block', block_structure: scheme.blockSize })),
  }),
  mxfp4: () => ({ kernel: grid(MXFP4_GRID) }),
  nvfp4: () => ({ kernel: grid(NVFP4_GRID) }),
  'neuron-int8': () => ({ kernel: grid(neuronInt8Grid('per_channel_symmetric')) }),
  'neuron-fp8': () => ({ kernel: grid(neuronFp8Grid('per_channel_symmetric')) }),
};

/** Names of the schemes that can be simulated. */
export const simulatedSchemes: readonly string[] = Object.keys(MAKERS);

/**
 * The recipe of a scheme.
 *
 * @param checkpoint whose tensors a GGUF file's mix gives types to; without one, its main type stands for all
 * @param matrix for GGUF types; needs the checkpoint
 * @throws SimulationError `SCHEME_NOT_SIMULATED` for schemes that store weights as they are, or that only an engine makes,
 *   `GGUF_TYPE_NOT_WRITTEN`, `IMPORTANCE_*`
 */
export function recipeOf(scheme: Scheme, checkpoint?: Checkpoint, matrix?: ImportanceMatrix): Recipe {
  if (scheme.layout === 'gguf') return ggufRecipe(scheme, checkpoint, matrix);
  const make = Object.hasOwn(MAKERS, scheme.name) ? MAKERS[scheme.name] : undefined;
  if (make !== undefined) return { scheme, ...make(scheme) };
  throw new SimulationError('SCHEME_NOT_SIMULATED', `${scheme.name} cannot be simulated`, {
    got: scheme.name,
    allowed: `${simulatedSchemes.join(', ')}, gguf:NAME, gguf-tensor:NAME`,
    fix: 'choose one of these schemes',
  });
}

function ggufRecipe(asked: Scheme, checkpoint: Checkpoint | undefined, matrix: ImportanceMatrix | undefined): Recipe {
  const scheme = matrix === undefined ? asked : { ...asked, importanceMatrix: true };
  const target = ggufTarget(scheme, matrix !== undefined);
  const main = target.kind === 'pure' ? target.tensorType : findGgufFileType(target.fileType)?.tensorType;
  if (main === undefined || !isGgufQuantizedType(main)) {
    throw new SimulationError('SCHEME_NOT_SIMULATED', `${scheme.name} stores weights as they are`, {
      got: scheme.name,
      allowed: GGUF_FILE_TYPES.filter((name) => !name.includes('F')).join(', '),
      fix: 'choose a quantized type',
    });
  }
  const kernel = { kind: 'gguf', type: main } as const;
  if (checkpoint === undefined) return { scheme, kernel };
  const types = ggufTypesOf(checkpoint, scheme);
  if (matrix === undefined) return { scheme, kernel, types };
  return { scheme, kernel, types, importance: importanceOfCheckpoint(checkpoint, scheme, types, main, matrix) };
}

function awqKernel(scheme: Scheme): RowKernel {
  return grid(awqGrid({ w_bit: scheme.weightBits, q_group_size: scheme.groupSize ?? -1, zero_point: true }));
}

function int8Args(scheme: Scheme): QuantizationArgs {
  const { groupSize = -1 } = scheme;
  return groupSize > 0 ? { ...INT8_CHANNEL, strategy: 'group', group_size: groupSize } : INT8_CHANNEL;
}
