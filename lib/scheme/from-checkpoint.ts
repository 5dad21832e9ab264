import type { QuantizationConfig } from '../model/types';
import { groupsOf, schemeOfCompressedTensors } from './compressed-tensors';
import { byList, byTargets, moduleKey, type TargetedScheme } from './modules';
import { asBoolean, asNumber, asRecord, asText } from './read';
import type { Scheme } from './types';

type Reader = (config: QuantizationConfig) => Omit<Scheme, 'origin'>;

const weightOnlyInt = (config: QuantizationConfig, name: string, layout: string, symmetric: boolean) => ({
  name,
  weightBits: config.bits ?? 4,
  weightType: 'int' as const,
  activationBits: 16,
  activationScales: 'none' as const,
  groupSize: config.groupSize ?? 128,
  symmetric,
  layout,
});

const awq: Reader = (config) => weightOnlyInt(config, 'awq', 'awq', asBoolean(config.raw.zero_point) === false);

const gptq: Reader = (config) => ({
  ...weightOnlyInt(config, 'gptq', 'gptq', config.symmetric ?? true),
  activationOrder: config.descAct ?? false,
});

/** Intel AutoRound and Neural Compressor write GPTQ's or AWQ's layout and say which. */
const autoRound: Reader = (config) =>
  /awq/.test(asText(config.raw.packing_format) ?? asText(config.raw.backend) ?? '') ? awq(config) : gptq(config);

/** Hugging Face `fp8`: a float32 scale for each block where `weight_block_size` is given, one for the tensor otherwise. */
const fp8: Reader = ({ raw }) => {
  const block = Array.isArray(raw.weight_block_size) ? raw.weight_block_size.map(asNumber) : [];
  const isStatic = asText(raw.activation_scheme) === 'static';
  const base = { weightBits: 8, weightType: 'fp8' as const, activationBits: 8, symmetric: true, layout: 'fp8' };
  const [rows, columns] = block;
  if (rows !== undefined && columns !== undefined)
    return {
      ...base,
      name: 'fp8-block',
      activationScales: 'dynamic-group',
      groupSize: columns,
      blockSize: [rows, columns] as const,
    };
  return isStatic
    ? { ...base, name: 'fp8-static', activationScales: 'static-tensor' }
    : { ...base, name: 'fp8', activationScales: 'dynamic-token' };
};

/** Meta's FBGEMM checkpoints: FP8 per output channel, activations per token with an upper bound. */
const fbgemm: Reader = () => ({
  name: 'fp8',
  weightBits: 8,
  weightType: 'fp8',
  activationBits: 8,
  activationScales: 'dynamic-token',
  groupSize: -1,
  symmetric: true,
  layout: 'fbgemm_fp8',
});

const modelopt: Reader = (config) => {
  const { raw } = config;
  const algorithm = (asText(asRecord(raw.quantization)?.quant_algo) ?? asText(raw.quant_algo) ?? '').toUpperCase();
  const listed = asRecord(asRecord(raw.quantization)?.quantized_layers) ?? asRecord(raw.quantized_layers);
  if (algorithm === 'MIXED_PRECISION' && listed !== undefined) return modeloptMixed(listed);
  const groups = algorithm === 'MIXED_PRECISION' ? groupsOf(config) : [];
  if (groups.length > 0) return modeloptGroups(groups);
  return modeloptOf(algorithm, asNumber(asRecord(raw.quantization)?.group_size) ?? asNumber(raw.group_size));
};

/**
 * A list of modules, each with its algorithm. The checkpoint goes by that of its 8-bit layers, which attention is in, and by that of its
 * experts beside it. Of experts, whose entries are tens of thousands, the first of each layer speaks for all.
 * Source: vllm/model_executor/layers/quantization/modelopt.py, `ModelOptMixedPrecisionConfig`; ModelOpt's `quantized_layers`.
 */
function modeloptMixed(listed: Readonly<Record<string, unknown>>): ReturnType<Reader> {
  const modules = new Map<string, Scheme>();
  const byAlgorithm = new Map<string, Scheme>();
  for (const [name, value] of Object.entries(listed)) {
    if (name.includes('.experts.') && /\.experts\.[1-9]/.test(name)) continue;
    const key = moduleKey(name);
    if (modules.has(key)) continue;
    const { quant_algo: algo, group_size: size } = asRecord(value) ?? {};
    const algorithm = (asText(algo) ?? '').toUpperCase();
    let scheme = byAlgorithm.get(algorithm);
    if (scheme === undefined) {
      scheme = { ...modeloptOf(algorithm, asNumber(size)), origin: 'checkpoint' };
      byAlgorithm.set(algorithm, scheme);
    }
    modules.set(key, scheme);
  }
  const schemes = [...byAlgorithm.values()];
  const main = schemes.find(({ weightBits }) => weightBits === 8) ?? schemes.at(0) ?? modeloptOf('', undefined);
  const experts = [...modules].find(([key]) => /\bexperts\b/.test(key) && !/shared/.test(key))?.[1];
  return { ...main, experts: experts === main ? undefined : experts, modules: byList(modules) };
}

/** As `modeloptMixed`, of one that says it by groups of modules alone. */
function modeloptGroups(groups: readonly TargetedScheme[]): ReturnType<Reader> {
  const own = groups.map(({ targets, scheme }) => ({ targets, scheme: { ...scheme, layout: 'modelopt' as const } }));
  const main = own.find(({ scheme }) => scheme.weightBits === 8) ?? own[0];
  const modules = byTargets(own);
  const experts = modules.of('layers.0.mlp.experts.0.up_proj');
  return { ...main.scheme, experts: experts === main.scheme ? undefined : experts, modules };
}

function modeloptOf(algorithm: string, groupSize: number | undefined): ReturnType<Reader> {
  if (algorithm.includes('FP4'))
    return {
      name: 'nvfp4',
      weightBits: 4,
      weightType: 'fp4',
      activationBits: algorithm.includes('W4A16') ? 16 : 4,
      activationScales: algorithm.includes('W4A16') ? 'none' : 'dynamic-group',
      groupSize: groupSize ?? 16,
      symmetric: true,
      layout: 'modelopt',
    };
  if (algorithm.includes('MXFP8'))
    return {
      name: 'mxfp8',
      weightBits: 8,
      weightType: 'fp8',
      activationBits: 8,
      activationScales: 'dynamic-group',
      groupSize: 32,
      symmetric: true,
      layout: 'modelopt',
    };
  if (algorithm.includes('W4A16') || algorithm.includes('W4A8') || algorithm.includes('AWQ'))
    return {
      name: 'awq',
      weightBits: 4,
      weightType: 'int',
      activationBits: algorithm.includes('A8') ? 8 : 16,
      activationScales: algorithm.includes('A8') ? 'static-tensor' : 'none',
      groupSize: groupSize ?? 128,
      symmetric: true,
      layout: 'modelopt',
    };
  if (algorithm.includes('INT8') || algorithm.includes('W8A8_SQ'))
    return {
      name: 'smoothquant',
      weightBits: 8,
      weightType: 'int',
      activationBits: 8,
      activationScales: 'static-tensor',
      groupSize: -1,
      symmetric: true,
      layout: 'modelopt',
    };
  return {
    name: algorithm.includes('PER_CHANNEL') ? 'fp8' : 'fp8-static',
    weightBits: 8,
    weightType: 'fp8',
    activationBits: 8,
    activationScales: algorithm.includes('PER_CHANNEL') ? 'dynamic-token' : 'static-tensor',
    groupSize: algorithm.includes('PER_CHANNEL') ? -1 : undefined,
    symmetric: true,
    layout: 'modelopt',
  };
}

const bitsandbytes: Reader = ({ raw }) =>
  (asBoolean(raw.load_in_8bit) ?? asBoolean(raw._load_in_8bit)) === true
    ? {
        name: 'bitsandbytes-int8',
        weightBits: 8,
        weightType: 'int',
        activationBits: 8,
        activationScales: 'dynamic-token',
        groupSize: -1,
        symmetric: true,
        layout: 'bitsandbytes',
      }
    : {
        name: 'bitsandbytes-nf4',
        weightBits: 4,
        weightType: 'nf4',
        activationBits: 16,
        activationScales: 'none',
        groupSize: 64,
        symmetric: true,
        layout: 'bitsandbytes',
        doubleQuantized: asBoolean(raw.bnb_4bit_use_double_quant) ?? false,
      };

const mxfp4: Reader = () => ({
  name: 'mxfp4',
  weightBits: 4,
  weightType: 'fp4',
  activationBits: 16,
  activationScales: 'none',
  groupSize: 32,
  symmetric: true,
  layout: 'mxfp4',
});

const neuron: Reader = ({ raw }) => {
  const dtype = asText(raw.quantization_dtype) ?? asText(raw.quant_dtype) ?? 'int8';
  const isFloat = dtype.startsWith('f8');
  return {
    name: isFloat ? 'neuron-fp8' : 'neuron-int8',
    weightBits: 8,
    weightType: isFloat ? 'fp8' : 'int',
    activationBits: 16,
    activationScales: 'none',
    groupSize: /per_tensor/.test(asText(raw.quantization_type) ?? 'per_channel') ? undefined : -1,
    symmetric: true,
    layout: 'neuron',
  };
};

const gguf: Reader = (config) => ({
  name: 'gguf',
  weightBits: config.bits ?? 4,
  weightType: 'gguf',
  activationBits: 16,
  activationScales: 'none',
  symmetric: true,
  layout: 'gguf',
});

const readers: Readonly<Record<string, Reader>> = {
  awq,
  awq_marlin: awq,
  gptq,
  gptq_marlin: gptq,
  gptq_v2: gptq,
  'auto-round': autoRound,
  'intel/auto-round': autoRound,
  inc: autoRound,
  fp8,
  fbgemm_fp8: fbgemm,
  modelopt,
  modelopt_fp4: modelopt,
  modelopt_mixed: modelopt,
  nvfp4: modelopt,
  bitsandbytes,
  mxfp4,
  neuron,
  neuron_quant: neuron,
  gguf,
  'compressed-tensors': schemeOfCompressedTensors,
  compressed_tensors: schemeOfCompressedTensors,
};

const known = new WeakMap<QuantizationConfig, Scheme>();

/**
 * The scheme a checkpoint is stored in, by its `quantization_config`; the same object each time. A method we do not know keeps its own
 * name, so that rules can say so; its bits are what the config says, else 16, so that no plan promises a saving that is not there.
 */
export function schemeOfCheckpoint(config: QuantizationConfig): Scheme {
  let scheme = known.get(config);
  if (scheme === undefined) {
    scheme = Object.freeze(readScheme(config));
    known.set(config, scheme);
  }
  return scheme;
}

function readScheme(config: QuantizationConfig): Scheme {
  const reader = Object.hasOwn(readers, config.method) ? readers[config.method] : undefined;
  if (reader) return { ...reader(config), origin: 'checkpoint' };
  return {
    name: config.method,
    weightBits: config.bits ?? 16,
    weightType: config.bits === undefined ? 'float' : 'int',
    activationBits: 16,
    activationScales: 'none',
    groupSize: config.groupSize,
    symmetric: config.symmetric ?? true,
    layout: config.method,
    origin: 'checkpoint',
  };
}

/** Do we know this `quant_method`? */
export function isKnownQuantMethod(method: string): boolean {
  return Object.hasOwn(readers, method);
}
