import { SimulationError } from '../../errors';
import type { Scheme } from '../../scheme';
import type { QuantizationArgs } from '../compressed-tensors/scheme';
import { GPTQ_MODEL_DEFAULTS } from '../gptq/gptqmodel';
import type { Encoding } from './encoding';

/** Checkpoint layouts that are written here. */
export type CheckpointFormat = 'compressed-tensors' | 'awq' | 'gptq' | 'neuron';

/** How a scheme's layers are stored, and what calibration must give. */
export interface EncodingPlan {
  readonly format: CheckpointFormat;
  readonly encoding: Encoding;
  /** How layers that are kept at INT8 are stored; undefined where the format has one width for all. */
  readonly keptAtInt8?: Encoding;
  /** What the engine does with activations, for `quantization_config`; undefined: nothing. */
  readonly activations?: QuantizationArgs;
  /** Searches that need calibration; without it the scheme is written on weights alone, which is said. */
  readonly method?: 'awq' | 'gptq' | 'smoothquant';
  /** Calibration must be given: the checkpoint would not be whole without. */
  readonly needsCalibration: boolean;
}

const INT8_CHANNEL: QuantizationArgs = { num_bits: 8, type: 'int', strategy: 'channel', symmetric: true };
const INT8_TOKEN: QuantizationArgs = { num_bits: 8, type: 'int', strategy: 'token', symmetric: true, dynamic: true };
const INT8_STATIC: QuantizationArgs = { num_bits: 8, type: 'int', strategy: 'tensor', symmetric: true, dynamic: false };
const FP8_CHANNEL: QuantizationArgs = { num_bits: 8, type: 'float', strategy: 'channel', symmetric: true };
const FP8_TOKEN: QuantizationArgs = { ...FP8_CHANNEL, strategy: 'token', dynamic: true };
const FP8_STATIC: QuantizationArgs = { ...FP8_CHANNEL, strategy: 'tensor', dynamic: false };

type Maker = (
  scheme: Scheme,
) => Omit<EncodingPlan, 'needsCalibration' | 'keptAtInt8'> & { readonly needsCalibration?: boolean };

const awq = (scheme: Scheme): Encoding => ({
  kind: 'awq',
  args: { w_bit: scheme.weightBits, q_group_size: scheme.groupSize ?? -1, zero_point: true },
});

const MAKERS: Readonly<Record<string, Partial<Record<CheckpointFormat, Maker>>>> = {
  'int4-rtn': {
    awq: (scheme) => ({ format: 'awq', encoding: awq(scheme) }),
    'compressed-tensors': (scheme) => ({
      format: 'compressed-tensors',
      encoding: packed({ ...groupArgs(scheme), num_bits: 4, type: 'int', symmetric: false }),
    }),
  },
  awq: { awq: (scheme) => ({ format: 'awq', encoding: awq(scheme), method: 'awq' }) },
  gptq: {
    gptq: (scheme) => ({
      format: 'gptq',
      method: 'gptq',
      encoding: {
        kind: 'gptq',
        // Symmetric codes have a zero point that version 1 stores without loss; asymmetric ones may have 0, which it cannot.
        version: scheme.symmetric ? 1 : 2,
        args: {
          ...GPTQ_MODEL_DEFAULTS,
          bits: scheme.weightBits,
          group_size: scheme.groupSize ?? -1,
          sym: scheme.symmetric,
        },
      },
    }),
  },
  'int8-weight-only': {
    'compressed-tensors': (scheme) => ({
      format: 'compressed-tensors',
      encoding: packed({ ...groupArgs(scheme), num_bits: 8, type: 'int', symmetric: true }),
    }),
  },
  'int8-w8a8': only('compressed-tensors', () => ({
    encoding: { kind: 'compressed-tensors', format: 'int-quantized', weights: INT8_CHANNEL },
    activations: INT8_TOKEN,
  })),
  'int8-w8a8-static': only('compressed-tensors', () => ({
    encoding: { kind: 'compressed-tensors', format: 'int-quantized', weights: INT8_CHANNEL, inputScale: 'int8' },
    activations: INT8_STATIC,
    needsCalibration: true,
  })),
  smoothquant: only('compressed-tensors', () => ({
    encoding: { kind: 'compressed-tensors', format: 'int-quantized', weights: INT8_CHANNEL },
    activations: INT8_TOKEN,
    method: 'smoothquant',
  })),
  fp8: only('compressed-tensors', () => ({
    encoding: { kind: 'compressed-tensors', format: 'float-quantized', weights: FP8_CHANNEL },
    activations: FP8_TOKEN,
  })),
  'fp8-static': only('compressed-tensors', () => ({
    encoding: {
      kind: 'compressed-tensors',
      format: 'float-quantized',
      weights: { ...FP8_CHANNEL, strategy: 'tensor' },
      inputScale: 'fp8',
    },
    activations: FP8_STATIC,
    needsCalibration: true,
  })),
  'fp8-block': only('compressed-tensors', ({ blockSize = [128, 128] }) => ({
    encoding: {
      kind: 'compressed-tensors',
      format: 'float-quantized',
      weights: { ...FP8_CHANNEL, strategy: 'block', block_structure: blockSize },
    },
    activations: { ...FP8_CHANNEL, strategy: 'group', group_size: blockSize[1], dynamic: true },
  })),
  'fp8-weight-only': only('compressed-tensors', () => ({
    encoding: { kind: 'compressed-tensors', format: 'naive-quantized', weights: FP8_CHANNEL },
  })),
  mxfp4: only('compressed-tensors', () => ({ encoding: { kind: 'fp4', type: 'mxfp4' } })),
  nvfp4: only('compressed-tensors', () => ({ encoding: { kind: 'fp4', type: 'nvfp4' } })),
  'neuron-int8': only('neuron', () => ({
    encoding: { kind: 'neuron', type: 'int8', quantization: 'per_channel_symmetric' },
  })),
  'neuron-fp8': only('neuron', () => ({
    encoding: { kind: 'neuron', type: 'fp8', quantization: 'per_channel_symmetric' },
  })),
};

/** Schemes that can be written, with the formats of each, its default first. */
export function writableFormats(scheme: string): readonly CheckpointFormat[] {
  return Object.hasOwn(MAKERS, scheme) ? (Object.keys(MAKERS[scheme]) as CheckpointFormat[]) : [];
}

/** Names of the schemes that can be written. */
export const writableSchemes: readonly string[] = Object.keys(MAKERS);

/**
 * How a scheme is stored in a format; by default the one that it is known for.
 *
 * @throws SimulationError `SCHEME_NOT_WRITTEN`, `FORMAT_NOT_WRITTEN`
 */
export function planEncoding(scheme: Scheme, format?: string): EncodingPlan {
  const formats = writableFormats(scheme.name);
  if (formats.length === 0) {
    throw new SimulationError('SCHEME_NOT_WRITTEN', `${scheme.name} is not a scheme that checkpoints are written in`, {
      got: scheme.name,
      allowed: writableSchemes.join(', '),
      fix: 'choose one of these schemes',
    });
  }
  const chosen = format ?? formats[0];
  const make = Object.hasOwn(MAKERS[scheme.name], chosen) ? MAKERS[scheme.name][chosen as CheckpointFormat] : undefined;
  if (make === undefined) {
    throw new SimulationError('FORMAT_NOT_WRITTEN', `${scheme.name} is not written as ${chosen}`, {
      got: chosen,
      allowed: formats.join(', '),
      fix: `leave out --format to write ${formats[0]}`,
    });
  }
  const plan = make(scheme);
  return { needsCalibration: false, keptAtInt8: scheme.weightBits < 8 ? atInt8(plan.encoding) : undefined, ...plan };
}

/** Can a format that this scheme is written in hold some layers at INT8? */
export function keepsAtInt8(scheme: Scheme, format?: string): boolean {
  const formats = writableFormats(scheme.name).filter((name) => format === undefined || name === format);
  return formats.some((name) => planEncoding(scheme, name).keptAtInt8 !== undefined);
}

/** The same layout with eight bits. AutoAWQ's has four everywhere, and the FP4 formats are kernels of their own. */
function atInt8(encoding: Encoding): Encoding | undefined {
  if (encoding.kind === 'gptq') return { ...encoding, args: { ...encoding.args, bits: 8 } };
  return encoding.kind === 'compressed-tensors' && encoding.format === 'pack-quantized'
    ? packed({ num_bits: 8, type: 'int', symmetric: true, strategy: 'channel', group_size: null })
    : undefined;
}

function only(
  format: CheckpointFormat,
  make: (scheme: Scheme) => Omit<ReturnType<Maker>, 'format'>,
): Partial<Record<CheckpointFormat, Maker>> {
  return { [format]: (scheme: Scheme) => ({ format, ...make(scheme) }) };
}

function packed(weights: QuantizationArgs): Encoding {
  return { kind: 'compressed-tensors', format: 'pack-quantized', weights };
}

function groupArgs({ groupSize = -1 }: Scheme): Pick<QuantizationArgs, 'strategy' | 'group_size'> {
  return groupSize > 0 ? { strategy: 'group', group_size: groupSize } : { strategy: 'channel', group_size: null };
}
