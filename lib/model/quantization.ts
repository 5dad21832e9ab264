import type { ConfigReader } from './config';
import type { QuantizationConfig } from './types';
import { lookup } from '../text/lookup';

/** Where the formats list the modules that they leave alone. */
const IGNORE_KEYS = [
  'ignore',
  'ignored_layers',
  'modules_to_not_convert',
  'exclude_modules',
  'exclude',
  'llm_int8_skip_modules',
  'skip_modules',
];

/** Bits of a method whose config does not write them. */
const METHOD_BITS: Readonly<Record<string, number>> = {
  fp8: 8,
  fbgemm_fp8: 8,
  mxfp4: 4,
  mxfp8: 8,
  experts_int8: 8,
  eetq: 8,
  moe_wna16: 4,
  tpu_int8: 8,
};

/** Bits of ModelOpt's `quant_algo`. */
const MODELOPT_BITS: Readonly<Record<string, number>> = {
  FP8: 8,
  FP8_PER_CHANNEL_PER_TOKEN: 8,
  FP8_PB_WO: 8,
  NVFP4: 4,
  NVFP4_AWQ: 4,
  MXFP8: 8,
  W4A16_AWQ: 4,
  W4A8_AWQ: 4,
  W4A16: 4,
  W8A16: 8,
  W8A8_SQ_PER_CHANNEL: 8,
  INT8_SQ: 8,
};

/** The checkpoint's own quantization, from `quantization_config` (or the key that older exporters wrote). */
export function readQuantization(config: ConfigReader, text: ConfigReader | undefined): QuantizationConfig | undefined {
  const section =
    config.object('quantization_config') ??
    config.object('compression_config') ??
    text?.object('quantization_config') ??
    text?.object('compression_config');
  if (section === undefined) return undefined;
  // A hf_quant_config.json nests everything below `quantization`.
  const inner = section.object('quantization') ?? section;
  const method = methodOf(section, inner);
  return {
    method,
    bits: bitsOf(method, inner),
    groupSize: groupSizeOf(method, inner),
    symmetric: symmetricOf(method, inner),
    descAct: inner.optionalFlag('desc_act'),
    ignored: ignoredOf(inner),
    raw: section.raw,
  };
}

function methodOf(section: ConfigReader, inner: ConfigReader): string {
  const written = section.text('quant_method') ?? inner.text('quant_method');
  if (written !== undefined && written !== '') return written.toLowerCase();
  if (inner.has('quant_algo')) return 'modelopt';
  if (inner.has('config_groups')) return 'compressed-tensors';
  if (inner.flag('load_in_4bit', false) || inner.flag('load_in_8bit', false)) return 'bitsandbytes';
  if (inner.has('q_group_size') || inner.has('w_bit') || inner.has('zero_point')) return 'awq';
  if (inner.has('desc_act')) return 'gptq';
  return 'unknown';
}

/** The first group of weights that `config_groups` describes (compressed-tensors, ModelOpt). */
function weightsOf(section: ConfigReader): ConfigReader | undefined {
  const groups = section.object('config_groups');
  if (groups === undefined) return undefined;
  for (const name of Object.keys(groups.raw)) {
    const weights = groups.object(name)?.object('weights');
    if (weights !== undefined) return weights;
  }
  return undefined;
}

function bitsOf(method: string, section: ConfigReader): number | undefined {
  if (method === 'bitsandbytes') {
    if (section.flag('load_in_4bit', section.flag('_load_in_4bit', false))) return 4;
    return section.flag('load_in_8bit', section.flag('_load_in_8bit', false)) ? 8 : undefined;
  }
  const algorithm = section.get('quant_algo');
  if (typeof algorithm === 'string' && MODELOPT_BITS[algorithm.toUpperCase()] !== undefined) {
    return MODELOPT_BITS[algorithm.toUpperCase()];
  }
  const weights = weightsOf(section);
  if (weights?.has('num_bits')) return weights.optionalSize('num_bits');
  for (const name of ['bits', 'w_bit', 'wbits', 'nbits', 'weight_bits', 'num_bits']) {
    // EXL2 writes an average such as 4.65.
    if (section.has(name)) return section.number(0, name);
  }
  const hqq = section.object('quant_config')?.object('weight_quant_params') ?? section.object('weight_quant_params');
  if (hqq?.has('nbits')) return hqq.number(0, 'nbits');
  return quarkBits(section) ?? lookup(METHOD_BITS, method);
}

/** AMD Quark names a type: `int4`, `fp8_e4m3`, `fp4`. */
function quarkBits(section: ConfigReader): number | undefined {
  const weight = section.object('global_quant_config')?.get('weight');
  const first: unknown = Array.isArray(weight) ? weight[0] : weight;
  if (typeof first !== 'object' || first === null) return undefined;
  const dtype = (first as Record<string, unknown>).dtype;
  const digits = typeof dtype === 'string' ? /(\d+)/.exec(dtype)?.[1] : undefined;
  return digits === undefined ? undefined : Number(digits);
}

function groupSizeOf(method: string, section: ConfigReader): number | undefined {
  for (const name of ['group_size', 'q_group_size']) {
    if (section.has(name)) return section.number(0, name);
  }
  const hqq = section.object('quant_config')?.object('weight_quant_params') ?? section.object('weight_quant_params');
  if (hqq?.has('group_size')) return hqq.number(0, 'group_size');
  const weights = weightsOf(section);
  if (weights !== undefined) {
    if (weights.has('group_size')) return weights.number(0, 'group_size');
    if (weights.get('strategy') === 'channel') return -1;
    return weights.sizes('block_structure')?.[1];
  }
  if (section.has('weight_block_size')) return section.sizes('weight_block_size')?.[1];
  return method === 'mxfp4' ? 32 : undefined;
}

function symmetricOf(method: string, section: ConfigReader): boolean | undefined {
  const weights = weightsOf(section);
  if (weights !== undefined) return weights.optionalFlag('symmetric');
  const zeroPoint = section.optionalFlag('zero_point');
  if (zeroPoint !== undefined) return !zeroPoint;
  const symmetric = section.optionalFlag('sym');
  if (symmetric !== undefined) return symmetric;
  return method === 'fp8' || method === 'mxfp4' || method === 'fbgemm_fp8' ? true : undefined;
}

function ignoredOf(section: ConfigReader): readonly string[] {
  const ignored = new Set<string>();
  for (const key of IGNORE_KEYS) for (const name of section.strings(key) ?? []) ignored.add(name);
  // GPTQModel: a rule that begins with "-:" takes modules out.
  for (const rule of Object.keys(section.object('dynamic')?.raw ?? {})) {
    if (rule.startsWith('-:')) ignored.add(`re:${rule.slice(2)}`);
  }
  // AutoRound: modules kept at 16 bits.
  const extra = section.object('extra_config');
  for (const name of Object.keys(extra?.raw ?? {})) {
    const bits = extra?.object(name)?.get('bits');
    if (typeof bits === 'number' && bits >= 16) ignored.add(name);
  }
  return [...ignored];
}
