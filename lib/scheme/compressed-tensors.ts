import type { QuantizationConfig } from '../model/types';
import { byTargets, type TargetedScheme } from './modules';
import { asBoolean, asNumber, asRecord, asText } from './read';
import type { Scheme } from './types';

interface Arguments {
  readonly bits: number;
  readonly isFloat: boolean;
  readonly symmetric: boolean;
  readonly dynamic: boolean;
  readonly strategy: string;
  readonly groupSize?: number;
  readonly block?: readonly [number, number];
  readonly activationOrder: boolean;
}

/**
 * A compressed-tensors checkpoint says what it is in `config_groups`, not in one name. A mix is named after the group
 * with the fewest weight bits, the one that decides which kernels are needed; what each module is stored in, its groups' targets say.
 * Source: compressed-tensors 0.20 `quantization/quant_args.py`, `quant_scheme.py`.
 */
export function schemeOfCompressedTensors(config: QuantizationConfig): Omit<Scheme, 'origin'> {
  const groups = groupsOf(config);
  const [least] = [...groups].sort((a, b) => a.scheme.weightBits - b.scheme.weightBits);
  if (groups.length === 0) return unquantized(config);
  const differ = groups.some(({ scheme }) => scheme.name !== least.scheme.name);
  return differ ? { ...least.scheme, modules: byTargets(groups) } : least.scheme;
}

/** The `config_groups` of compressed-tensors, which ModelOpt writes, too. */
export function groupsOf(config: QuantizationConfig): readonly TargetedScheme[] {
  return Object.values(asRecord(config.raw.config_groups) ?? {})
    .map(asRecord)
    .filter((group) => group !== undefined)
    .map((group) => readGroup(group, config))
    .filter((group) => group !== undefined);
}

function readGroup(group: Readonly<Record<string, unknown>>, config: QuantizationConfig): TargetedScheme | undefined {
  const weights = readArguments(group.weights);
  const inputs = readArguments(group.input_activations);
  if (weights === undefined) return undefined;
  const scheme: Scheme = {
    name: nameOf(weights, inputs, asText(group.format) ?? asText(config.raw.format) ?? ''),
    weightBits: weights.bits,
    weightType: weights.isFloat ? (weights.bits === 4 ? 'fp4' : 'fp8') : 'int',
    activationBits: inputs?.bits ?? 16,
    activationScales: activationScales(inputs),
    groupSize: groupSize(weights),
    symmetric: weights.symmetric,
    layout: 'compressed-tensors',
    origin: 'checkpoint',
    ...(weights.block ? { blockSize: weights.block } : {}),
    ...(weights.activationOrder ? { activationOrder: true } : {}),
  };
  return { targets: textsOf(group.targets), scheme };
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function readArguments(value: unknown): Arguments | undefined {
  const record = asRecord(value);
  const bits = asNumber(record?.num_bits);
  if (!record || bits === undefined) return undefined;
  const block = Array.isArray(record.block_structure) ? record.block_structure.map(asNumber) : [];
  const size = asNumber(record.group_size);
  const strategy = asText(record.strategy) ?? (size === undefined ? 'tensor' : size === -1 ? 'channel' : 'group');
  return {
    bits,
    isFloat: asText(record.type) === 'float',
    symmetric: asBoolean(record.symmetric) ?? true,
    // NVFP4 activations say `dynamic: "local"`: the group's scale is made at run time.
    dynamic: record.dynamic === true || record.dynamic === 'local',
    strategy,
    groupSize: size,
    block: block[0] !== undefined && block[1] !== undefined ? [block[0], block[1]] : undefined,
    activationOrder: asText(record.actorder) === 'group',
  };
}

function groupSize({ strategy, groupSize: size, block }: Arguments): number | undefined {
  if (strategy === 'channel') return -1;
  if (strategy === 'tensor') return undefined;
  if (strategy === 'block') return block?.[1] ?? 128;
  return size ?? 128;
}

function activationScales(inputs: Arguments | undefined): Scheme['activationScales'] {
  if (!inputs) return 'none';
  if (!inputs.dynamic) return 'static-tensor';
  return inputs.strategy === 'token' || inputs.strategy === 'tensor' ? 'dynamic-token' : 'dynamic-group';
}

/** The spec's name for it where there is one; a combination that has none is described: `w4a8-fp8`. */
function nameOf(weights: Arguments, inputs: Arguments | undefined, format: string): string {
  if (weights.isFloat && weights.bits === 4)
    return format.includes('mxfp4') || weights.groupSize === 32 ? 'mxfp4' : 'nvfp4';
  if (weights.isFloat) {
    if (weights.groupSize === 32) return 'mxfp8';
    if (!inputs) return 'fp8-weight-only';
    if (weights.strategy === 'block') return 'fp8-block';
    return inputs.dynamic ? 'fp8' : 'fp8-static';
  }
  if (inputs && weights.bits === 4) return inputs.isFloat ? 'w4a8-fp8' : 'w4a8-int8';
  if (inputs) return inputs.dynamic ? 'int8-w8a8' : 'int8-w8a8-static';
  if (weights.bits === 8) return 'int8-weight-only';
  return weights.symmetric ? 'gptq' : 'awq';
}

/** A config without groups (sparsity only) stores plain weights. */
function unquantized(config: QuantizationConfig): Omit<Scheme, 'origin'> {
  return {
    name: 'none',
    weightBits: config.bits ?? 16,
    weightType: 'float',
    activationBits: 16,
    activationScales: 'none',
    symmetric: true,
    layout: 'compressed-tensors',
  };
}
