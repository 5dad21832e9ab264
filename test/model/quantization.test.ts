import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeModel } from '../../lib/model';

const { models } = JSON.parse(readFileSync(join(__dirname, '../../data/sources/models.json'), 'utf8')) as {
  models: readonly { id: string; config: Record<string, unknown> }[];
};
const qwen = models.find((model) => model.id === 'Qwen/Qwen2.5-7B')?.config as Record<string, unknown>;

function quantizationOf(section: unknown) {
  return describeModel({ ...qwen, quantization_config: section }).quantization;
}

describe('the quantization of a checkpoint', () => {
  it('is undefined when the config names none', () => {
    expect(describeModel(qwen).quantization).toBeUndefined();
    expect(quantizationOf(null)).toBeUndefined();
  });

  it('knows nothing of a method that is the name of something else', () => {
    for (const quant_method of ['__proto__', 'constructor'])
      expect(quantizationOf({ quant_method, activation_scheme: 'dynamic' })?.bits).toBeUndefined();
  });

  it('does not change the description of the weights', () => {
    const awq = { quant_method: 'awq', bits: 4, group_size: 128, zero_point: true, version: 'gemm' };
    const plain = describeModel(qwen);
    const quantized = describeModel({ ...qwen, quantization_config: awq });
    expect(quantized.weights).toEqual(plain.weights);
    expect(quantized.parameterCount).toBe(plain.parameterCount);
    expect(quantized.kv).toEqual(plain.kv);
  });

  it.each<[string, unknown, Record<string, unknown>]>([
    [
      'AWQ',
      {
        quant_method: 'awq',
        bits: 4,
        group_size: 128,
        zero_point: true,
        version: 'gemm',
        modules_to_not_convert: ['visual'],
      },
      { method: 'awq', bits: 4, groupSize: 128, symmetric: false, ignored: ['visual'] },
    ],
    [
      'AWQ of before transformers',
      { w_bit: 4, q_group_size: 64, zero_point: true },
      { method: 'awq', bits: 4, groupSize: 64 },
    ],
    [
      'GPTQ',
      { quant_method: 'gptq', bits: 8, group_size: -1, desc_act: true, sym: true },
      { method: 'gptq', bits: 8, groupSize: -1, descAct: true, symmetric: true },
    ],
    [
      'GPTQModel with modules taken out',
      {
        quant_method: 'gptq',
        bits: 4,
        group_size: 128,
        dynamic: { '-:.*\\.mlp\\.gate$': {}, '+:.*down.*': { bits: 8 } },
      },
      { method: 'gptq', bits: 4, ignored: ['re:.*\\.mlp\\.gate$'] },
    ],
    [
      'compressed-tensors, packed',
      {
        quant_method: 'compressed-tensors',
        format: 'pack-quantized',
        config_groups: {
          group_0: {
            targets: ['Linear'],
            weights: { num_bits: 4, type: 'int', symmetric: false, strategy: 'group', group_size: 32 },
          },
        },
        ignore: ['lm_head', 're:.*visual.*'],
      },
      { method: 'compressed-tensors', bits: 4, groupSize: 32, symmetric: false, ignored: ['lm_head', 're:.*visual.*'] },
    ],
    [
      'compressed-tensors, a scale for each channel',
      {
        quant_method: 'compressed-tensors',
        config_groups: { group_0: { weights: { num_bits: 8, type: 'float', symmetric: true, strategy: 'channel' } } },
      },
      { method: 'compressed-tensors', bits: 8, groupSize: -1, symmetric: true },
    ],
    [
      'FP8 in blocks',
      { quant_method: 'fp8', activation_scheme: 'dynamic', weight_block_size: [128, 128] },
      { method: 'fp8', bits: 8, groupSize: 128, symmetric: true },
    ],
    [
      'FBGEMM FP8',
      { quant_method: 'fbgemm_fp8', modules_to_not_convert: ['lm_head'] },
      { method: 'fbgemm_fp8', bits: 8, ignored: ['lm_head'] },
    ],
    [
      'ModelOpt FP8',
      { quant_method: 'modelopt', quant_algo: 'FP8', ignore: ['lm_head'] },
      { method: 'modelopt', bits: 8, ignored: ['lm_head'] },
    ],
    [
      'ModelOpt in the form of hf_quant_config.json',
      {
        producer: { name: 'modelopt' },
        quantization: { quant_algo: 'NVFP4', group_size: 16, exclude_modules: ['lm_head'] },
      },
      { method: 'modelopt', bits: 4, groupSize: 16, ignored: ['lm_head'] },
    ],
    [
      'bitsandbytes NF4',
      { quant_method: 'bitsandbytes', load_in_4bit: true, bnb_4bit_quant_type: 'nf4' },
      { method: 'bitsandbytes', bits: 4 },
    ],
    [
      'bitsandbytes INT8',
      { load_in_8bit: true, llm_int8_skip_modules: ['lm_head'] },
      { method: 'bitsandbytes', bits: 8, ignored: ['lm_head'] },
    ],
    [
      'MXFP4',
      { quant_method: 'mxfp4', modules_to_not_convert: ['lm_head'] },
      { method: 'mxfp4', bits: 4, groupSize: 32 },
    ],
    [
      'Quark',
      {
        quant_method: 'quark',
        global_quant_config: { weight: { dtype: 'fp8_e4m3', qscheme: 'per_tensor' } },
        exclude: ['lm_head'],
      },
      { method: 'quark', bits: 8, ignored: ['lm_head'] },
    ],
    [
      'AutoRound with layers kept at 16 bits',
      {
        quant_method: 'auto-round',
        bits: 4,
        group_size: 128,
        sym: true,
        extra_config: { 'model.layers.0.mlp.gate': { bits: 16 } },
      },
      { method: 'auto-round', bits: 4, groupSize: 128, symmetric: true, ignored: ['model.layers.0.mlp.gate'] },
    ],
    [
      'HQQ',
      { quant_method: 'hqq', quant_config: { weight_quant_params: { nbits: 4, group_size: 64 } } },
      { method: 'hqq', bits: 4, groupSize: 64 },
    ],
    ['a method that nobody knows', { quant_method: 'Magic' }, { method: 'magic', ignored: [] }],
  ])('is read from %s', (_, section, expected) => {
    expect(quantizationOf(section)).toMatchObject(expected);
  });

  it('is found inside a text config', () => {
    const config = {
      architectures: ['Mistral3ForConditionalGeneration'],
      text_config: { model_type: 'mistral', quantization_config: { quant_method: 'awq', bits: 4 } },
      vision_config: { model_type: 'pixtral' },
    };
    expect(describeModel(config).quantization).toMatchObject({ method: 'awq', bits: 4 });
  });

  it.each([
    ['text', '/quantization_config'],
    [[], '/quantization_config'],
    [{ quant_method: 4 }, '/quantization_config/quant_method'],
    [{ quant_method: 'awq', bits: 'four' }, '/quantization_config/bits'],
    [{ quant_method: 'awq', bits: 4, zero_point: 'yes' }, '/quantization_config/zero_point'],
    [{ quant_method: 'fp8', modules_to_not_convert: [1] }, '/quantization_config/modules_to_not_convert/0'],
    [{ quant_method: 'compressed-tensors', config_groups: [] }, '/quantization_config/config_groups'],
  ])('of the wrong form is a typed error: %j', (section, path) => {
    expect(() => quantizationOf(section)).toThrow(expect.objectContaining({ id: 'MODEL_CONFIG_WRONG_TYPE', path }));
  });
});
