import type { QuantizationConfig } from '../../lib/model/types';
import { agrees, parseScheme, schemeOfCheckpoint } from '../../lib/scheme';

/** A `quantization_config` as the model reader hands it over. */
function config(raw: Record<string, unknown>): QuantizationConfig {
  return {
    method: String(raw.quant_method ?? ''),
    bits: typeof raw.bits === 'number' ? raw.bits : undefined,
    groupSize: typeof raw.group_size === 'number' ? raw.group_size : undefined,
    symmetric: typeof raw.sym === 'boolean' ? raw.sym : undefined,
    descAct: typeof raw.desc_act === 'boolean' ? raw.desc_act : undefined,
    ignored: [],
    raw,
  };
}

const compressedTensors = (weights: object, inputs: object | null = null, format = 'pack-quantized') =>
  config({
    quant_method: 'compressed-tensors',
    format,
    config_groups: { group_0: { targets: ['Linear'], weights, input_activations: inputs } },
  });

const int = { num_bits: 8, type: 'int', symmetric: true, dynamic: false, strategy: 'channel' };
const int4 = { num_bits: 4, type: 'int', symmetric: true, dynamic: false, strategy: 'group', group_size: 128 };
const float8 = { num_bits: 8, type: 'float', symmetric: true, dynamic: false, strategy: 'channel' };
const token8 = (type: string) => ({ num_bits: 8, type, symmetric: true, dynamic: true, strategy: 'token' });

describe('the scheme a checkpoint is stored in', () => {
  test.each([
    [
      'AutoAWQ',
      config({ quant_method: 'awq', bits: 4, group_size: 64, zero_point: true }),
      { name: 'awq', groupSize: 64, symmetric: false, layout: 'awq' },
    ],
    [
      'GPTQ with 8 bits',
      config({ quant_method: 'gptq', bits: 8, group_size: -1, sym: true, desc_act: true }),
      { name: 'gptq', weightBits: 8, groupSize: -1, activationOrder: true },
    ],
    [
      'AutoRound in GPTQ layout',
      config({ quant_method: 'auto-round', bits: 4, group_size: 128, packing_format: 'auto_round:auto_gptq' }),
      { name: 'gptq', layout: 'gptq' },
    ],
    [
      'AutoRound in AWQ layout',
      config({ quant_method: 'auto-round', bits: 4, packing_format: 'auto_round:auto_awq' }),
      { name: 'awq', layout: 'awq' },
    ],
    [
      'block-scaled FP8',
      config({ quant_method: 'fp8', activation_scheme: 'dynamic', weight_block_size: [128, 128] }),
      { name: 'fp8-block', blockSize: [128, 128], layout: 'fp8' },
    ],
    [
      'static FP8',
      config({ quant_method: 'fp8', activation_scheme: 'static' }),
      { name: 'fp8-static', activationScales: 'static-tensor' },
    ],
    ['FBGEMM FP8', config({ quant_method: 'fbgemm_fp8' }), { name: 'fp8', layout: 'fbgemm_fp8' }],
    [
      'NF4',
      config({ quant_method: 'bitsandbytes', load_in_4bit: true, bnb_4bit_use_double_quant: true }),
      { name: 'bitsandbytes-nf4', doubleQuantized: true },
    ],
    [
      'LLM.int8',
      config({ quant_method: 'bitsandbytes', load_in_8bit: true }),
      { name: 'bitsandbytes-int8', weightBits: 8 },
    ],
    ['gpt-oss', config({ quant_method: 'mxfp4' }), { name: 'mxfp4', groupSize: 32, layout: 'mxfp4' }],
    [
      'ModelOpt FP8',
      config({ quant_method: 'modelopt', quant_algo: 'FP8' }),
      { name: 'fp8-static', layout: 'modelopt' },
    ],
    [
      'ModelOpt NVFP4',
      config({ quant_method: 'modelopt', quantization: { quant_algo: 'NVFP4', group_size: 16 } }),
      { name: 'nvfp4', activationBits: 4, layout: 'modelopt' },
    ],
    [
      'Neuron int8',
      config({ quant_method: 'neuron', quantization_dtype: 'int8', quantization_type: 'per_channel_symmetric' }),
      { name: 'neuron-int8', groupSize: -1 },
    ],
    [
      'compressed-tensors W4A16',
      compressedTensors(int4),
      { name: 'gptq', layout: 'compressed-tensors', groupSize: 128 },
    ],
    [
      'compressed-tensors W4A16 asymmetric',
      compressedTensors({ ...int4, symmetric: false }),
      { name: 'awq', symmetric: false },
    ],
    ['compressed-tensors W8A16', compressedTensors(int), { name: 'int8-weight-only', groupSize: -1 }],
    [
      'compressed-tensors W8A8',
      compressedTensors(int, token8('int'), 'int-quantized'),
      { name: 'int8-w8a8', activationBits: 8 },
    ],
    [
      'compressed-tensors FP8 dynamic',
      compressedTensors(float8, token8('float')),
      { name: 'fp8', activationScales: 'dynamic-token' },
    ],
    [
      'compressed-tensors FP8 static',
      compressedTensors({ ...float8, strategy: 'tensor' }, { ...float8, strategy: 'tensor' }),
      { name: 'fp8-static', groupSize: undefined },
    ],
    [
      'compressed-tensors FP8 block',
      compressedTensors(
        { ...float8, strategy: 'block', block_structure: [128, 128] },
        { ...token8('float'), strategy: 'group', group_size: 128 },
      ),
      { name: 'fp8-block', blockSize: [128, 128] },
    ],
    [
      'compressed-tensors W4A8 FP8',
      compressedTensors(int4, token8('float')),
      { name: 'w4a8-fp8', activationBits: 8, weightBits: 4 },
    ],
    [
      'compressed-tensors NVFP4',
      compressedTensors(
        { num_bits: 4, type: 'float', strategy: 'tensor_group', group_size: 16 },
        { num_bits: 4, type: 'float', dynamic: 'local', strategy: 'tensor_group', group_size: 16 },
      ),
      { name: 'nvfp4', activationBits: 4 },
    ],
    [
      'compressed-tensors MXFP4',
      compressedTensors({ num_bits: 4, type: 'float', strategy: 'group', group_size: 32 }),
      { name: 'mxfp4' },
    ],
  ])('%s', (_, quantization, expected) => {
    expect(schemeOfCheckpoint(quantization)).toMatchObject({ origin: 'checkpoint', ...expected });
  });

  test('of a mix is that of the narrowest weights', () => {
    const quantization = config({
      quant_method: 'compressed-tensors',
      config_groups: { a: { weights: float8, input_activations: token8('float') }, b: { weights: int4 } },
    });
    expect(schemeOfCheckpoint(quantization)).toMatchObject({ weightBits: 4, weightType: 'int' });
  });

  test('of an unknown method keeps its name and promises no saving', () => {
    expect(schemeOfCheckpoint(config({ quant_method: 'vptq' }))).toMatchObject({ name: 'vptq', weightBits: 16 });
    expect(schemeOfCheckpoint(config({ quant_method: 'constructor' })).name).toBe('constructor');
  });

  test.each([
    [{ quant_method: 'compressed-tensors' }],
    [{ quant_method: 'compressed-tensors', config_groups: null }],
    [{ quant_method: 'compressed-tensors', config_groups: { a: 3, b: { weights: { num_bits: '4' } } } }],
    [{ quant_method: 'fp8', weight_block_size: ['x'] }],
    [{ quant_method: 'modelopt', quantization: 7 }],
    [{ quant_method: 'bitsandbytes', load_in_4bit: 'yes' }],
  ])('malformed %j is read as far as it goes, never a TypeError', (raw) => {
    expect(schemeOfCheckpoint(config(raw)).origin).toBe('checkpoint');
  });
});

describe('a scheme asked for agrees with the checkpoint', () => {
  const stored = schemeOfCheckpoint;
  test.each([
    ['awq', config({ quant_method: 'awq', bits: 4 }), true],
    ['int4-rtn', config({ quant_method: 'awq', bits: 4 }), true],
    ['gptq', config({ quant_method: 'awq', bits: 4 }), false],
    ['awq', compressedTensors(int4), true],
    ['awq', config({ quant_method: 'gptq', bits: 4 }), false],
    ['smoothquant', compressedTensors(int, token8('int')), true],
    ['fp8', config({ quant_method: 'fp8', weight_block_size: [128, 128] }), true],
    ['fp8', config({ quant_method: 'gptq', bits: 4 }), false],
    ['none', config({ quant_method: 'awq', bits: 4 }), false],
  ])('%s: %j → %s', (asked, quantization, expected) => {
    expect(agrees(parseScheme(asked), stored(quantization))).toBe(expected);
  });
});
