import {
  AWQ,
  BITSANDBYTES,
  FP8_BLOCK,
  GPTQ,
  INT4_GROUPS,
  LLAMA2_7B,
  LLAMA_8B,
  MIXTRAL,
  QWEN3_MOE,
  compressedTensors,
  quantized,
  type Json,
} from '../../lib/rules/helpers/samples';
import { alone } from './own-findings';

const endpoint = (config: Json, version: string, parts: object = {}) => ({
  model: { config },
  container: { family: 'vllm', version },
  options: { maxModelLen: 2048 },
  ...parts,
});

describe('FP8_BLOCKS_NEED_NEWER_SERVER', () => {
  const rule = 'FP8_BLOCKS_NEED_NEWER_SERVER';
  const blocks = quantized(LLAMA_8B, FP8_BLOCK);
  test('is of stored block scales in joined matrices, before vLLM 0.8.5', () => {
    expect(alone(rule, endpoint(blocks, '0.8.4'))).toMatchObject([{ fix: 'use an image with vLLM 0.8.5 or newer' }]);
    expect(alone(rule, endpoint(blocks, '0.8.5'))).toEqual([]);
    expect(alone(rule, endpoint(blocks, '0.8.4', { container: { family: 'sglang' } }))).toEqual([]);
    expect(alone(rule, endpoint(quantized(LLAMA_8B, { ...FP8_BLOCK, weight_block_size: undefined }), '0.8.4'))).toEqual(
      [],
    );
    expect(alone(rule, endpoint(quantized(LLAMA_8B, AWQ), '0.8.4'))).toEqual([]);
    expect(alone(rule, endpoint(LLAMA_8B, '0.8.4', { quantization: 'fp8-block' }))).toEqual([]);
    expect(alone(rule, { ...endpoint(blocks, '0.8.4'), model: { id: 'a/b' } })).toEqual([]);
  });
  test('is not of a latent attention, for which they were made', () => {
    const latent: Json = {
      ...{ architectures: ['DeepseekV3ForCausalLM'], model_type: 'deepseek_v3', hidden_size: 2048 },
      ...{ num_attention_heads: 16, num_key_value_heads: 16, num_hidden_layers: 27, vocab_size: 102_400 },
      ...{ kv_lora_rank: 512, qk_rope_head_dim: 64, qk_nope_head_dim: 128, v_head_dim: 128, q_lora_rank: 1536 },
      ...{ n_routed_experts: 64, n_shared_experts: 2, num_experts_per_tok: 6, moe_intermediate_size: 1408 },
      ...{ first_k_dense_replace: 1, max_position_embeddings: 163_840, intermediate_size: 10_944 },
    };
    expect(alone(rule, endpoint(quantized(latent, FP8_BLOCK), '0.8.4'))).toEqual([]);
  });
});

test.each([
  ['awq', '0.29.0', 'TensorRT-LLM 0.18 or newer'],
  ['fp8', '0.27.0', 'TensorRT-LLM 0.9 or newer'],
  ['fp8', '0.28.0', undefined],
  ['smoothquant', '0.33.0', 'experts in fp8, or not quantized'],
])('experts in %s by TensorRT-LLM of LMI %s', (quantize, version, allowed) => {
  const [finding] = alone('EXPERTS_NOT_QUANTIZABLE', {
    model: { config: MIXTRAL },
    container: { family: 'lmi-trtllm', version },
    environment: { OPTION_QUANTIZE: quantize },
  });
  expect(finding?.allowed).toBe(allowed);
});

describe('EXPERTS_NOT_QUANTIZABLE', () => {
  const find = (config: Json, version: string) => alone('EXPERTS_NOT_QUANTIZABLE', endpoint(config, version)).length;
  const stored = (weights: Json, activations: Json | null, format: string): Json =>
    quantized(QWEN3_MOE, {
      ...{ quant_method: 'compressed-tensors', format, ignore: ['lm_head'] },
      config_groups: { group_0: { targets: ['Linear'], weights, input_activations: activations } },
    });
  const fp4: Json = { num_bits: 4, type: 'float', symmetric: true, strategy: 'tensor_group', group_size: 16 };

  test.each([
    ['NVFP4 with activations', stored(fp4, { ...fp4, dynamic: 'local' }, 'nvfp4-pack-quantized'), '0.9.1', '0.9.2'],
    ['NVFP4 of weights alone', stored(fp4, null, 'nvfp4-pack-quantized'), '0.13.0', '0.14.0'],
  ])('%s comes with its own version', (_, config, last, first) => {
    expect(find(config, last)).toBe(1);
    expect(find(config, first)).toBe(0);
  });

  test.each([
    ['AWQ', AWQ],
    ['GPTQ', GPTQ],
  ])('Mixtral in %s is cut over GPUs from 0.2.7 on, when each rank had its own experts', (_, scheme) => {
    const at = (version: string, tensorParallelSize: number) =>
      alone(
        'EXPERTS_NOT_QUANTIZABLE',
        endpoint(quantized(MIXTRAL, scheme), version, { options: { maxModelLen: 2048, tensorParallelSize } }),
      ).length;
    expect([at('0.2.6', 2), at('0.2.6', 1), at('0.2.7', 2), at('0.3.0', 4)]).toEqual([1, 0, 0, 0]);
  });

  test('gpt-oss takes bitsandbytes later than others', () => {
    const BNB = { quant_method: 'bitsandbytes', load_in_4bit: true, bnb_4bit_quant_type: 'nf4' };
    const oss = { ...QWEN3_MOE, architectures: ['GptOssForCausalLM'], model_type: 'gpt_oss', num_local_experts: 128 };
    expect(find(quantized(oss, BNB), '0.11.0')).toBe(1);
    expect(find(quantized(oss, BNB), '0.11.1')).toBe(0);
    expect(find(quantized(QWEN3_MOE, BNB), '0.10.1')).toBe(0);
  });
});

describe('LORA_WITH_QUANTIZED_WEIGHTS', () => {
  const find = (config: Json, version: string, enableLora = true) =>
    alone('LORA_WITH_QUANTIZED_WEIGHTS', endpoint(config, version, { options: { maxModelLen: 2048, enableLora } }));
  test.each([
    ['a dense model', LLAMA2_7B, AWQ, '0.4.0', '0.4.1'],
    ['Mixtral in AWQ', MIXTRAL, AWQ, '0.6.0', '0.6.1'],
    ['Mixtral in GPTQ', MIXTRAL, GPTQ, '0.6.0', '0.6.1'],
  ])('%s', (_, config, scheme, last, first) => {
    expect(find(quantized(config, scheme), last)).toMatchObject([{ fix: `use an image with vLLM ${first} or newer` }]);
    expect(find(quantized(config, scheme), first)).toEqual([]);
    expect(find(quantized(config, scheme), '0.2.7')).toEqual([]);
    expect(find(quantized(config, scheme), last, false)).toEqual([]);
    expect(find(config, last)).toEqual([]);
  });
});

describe('QUANTIZATION_NOT_IN_SERVER', () => {
  test('lets llama-server load the GGUF that a name speaks of', () => {
    const of = (id: string, parts: object = {}) =>
      alone('QUANTIZATION_NOT_IN_SERVER', { model: { id }, container: { family: 'llama-cpp' }, ...parts });
    const file = { environment: { SM_LLAMA_CPP_HF_FILE: 'model-of-mine.gguf' } };
    expect(of('org/model')).toHaveLength(1);
    expect(of('org/model-GGUF')).toEqual([]);
    expect(of('org/model', file)).toEqual([]);
    expect(of('s3://bucket/model/', { endpoint: { modelData: 's3-prefix' } })).toEqual([]);
    expect(of('org/model-GGUF', { quantization: 'awq' })).toHaveLength(1);
  });

  const CONFIGS: Readonly<Record<string, Json>> = {
    plain: LLAMA_8B,
    gptq: quantized(LLAMA_8B, GPTQ),
    awq: quantized(LLAMA_8B, AWQ),
    blocks: quantized(LLAMA_8B, FP8_BLOCK),
    bitsandbytes: quantized(LLAMA_8B, BITSANDBYTES),
    exl2: quantized(LLAMA_8B, { quant_method: 'exl2', bits: 4.65 }),
    aqlm: quantized(LLAMA_8B, { quant_method: 'aqlm', nbits_per_codebook: 16, num_codebooks: 1 }),
    mxfp4: quantized(QWEN3_MOE, { quant_method: 'mxfp4' }),
  };
  const find = (container: object, scheme: string, instanceType?: string) =>
    alone('QUANTIZATION_NOT_IN_SERVER', {
      model: { config: CONFIGS[scheme] ?? LLAMA_8B },
      container,
      instanceType,
      options: { maxModelLen: 2048 },
      ...(Object.hasOwn(CONFIGS, scheme) ? {} : { quantization: scheme }),
    });
  const vllm = (version: string) => ({ family: 'vllm', version });
  const another = 'use a checkpoint in another scheme, such as awq or fp8';
  const method = 'use a checkpoint in a method it has, such as awq, gptq or compressed-tensors';
  const neuron = 'use the lmi-neuron or vllm-neuron container on ml.inf2 or ml.trn1';

  test.each<[object, string, string, string]>([
    [vllm('0.2.3'), 'gptq', `use an image with version 0.2.6 or newer or ${another}`, 'only since 0.2.6'],
    [vllm('0.2.3'), 'blocks', `use an image with version 0.4.1 or newer or ${another}`, 'only since 0.4.1'],
    [vllm('0.2.3'), 'fp8', `use an image with version 0.4.1 or newer or ${another}`, 'only since 0.4.1'],
    [vllm('0.8.5'), 'mxfp4', `use an image with version 0.10.1 or newer or ${another}`, 'only since 0.10.1'],
    [vllm('0.5.4'), 'gguf:Q4_K_M', 'use an image with version 0.5.5 or newer or use the llama-cpp container', 'since'],
    [vllm('0.24.0'), 'gguf:Q4_K_M', 'use an image older than 0.24.0 or use the llama-cpp container', 'any more'],
    [vllm('0.28.0'), 'bitsandbytes', `use an image older than 0.28.0 or ${another}`, 'any more since 0.28.0'],
    [vllm('0.28.0'), 'aqlm', `use an image older than 0.10.1 or ${another}`, 'any more since 0.10.1'],
    [vllm('0.8.5'), 'exl2', method, 'never had a quantization method exl2'],
    [vllm('0.8.5'), 'neuron-int8', neuron, 'no Neuron checkpoints'],
    [{ family: 'sglang' }, 'neuron-int8', neuron, 'no Neuron checkpoints'],
    [{ family: 'lmi-trtllm' }, 'bitsandbytes', another, 'no recipe'],
    [{ family: 'lmi-trtllm' }, 'gguf:Q4_K_M', 'use the llama-cpp container', 'no recipe'],
    [{ family: 'llama-cpp' }, 'plain', 'ask for a GGUF scheme, such as gguf:Q4_K_M', 'reads GGUF files only'],
    [{ family: 'llama-cpp' }, 'awq', 'ask for a GGUF scheme, such as gguf:Q4_K_M', 'reads GGUF files only'],
    [{ family: 'llama-cpp' }, 'neuron-int8', neuron, 'reads GGUF files only'],
    [
      { family: 'hf-vllm-neuron' },
      'awq',
      'serve it on a GPU, or take a checkpoint that is not quantized',
      'no quantized weights',
    ],
    [{ family: 'vllm-neuron' }, 'awq', 'ask for neuron-int8, or serve it on a GPU', 'serves neuron-int8'],
    [{ family: 'lmi-neuron' }, 'fp8', 'ask for neuron-int8, or serve it on a GPU', 'serves neuron-int8'],
  ])('%j refuses %s', (container, scheme, fix, reason) => {
    const found = find(container, scheme);
    expect(found).toMatchObject([
      {
        fix,
        path:
          Object.hasOwn(CONFIGS, scheme) && scheme !== 'plain' ? '/model/config/quantization_config' : '/quantization',
      },
    ]);
    expect(found[0].message).toContain(reason);
  });

  test.each<[object, string, string | undefined]>([
    [vllm('0.2.6'), 'gptq', undefined],
    [vllm('0.4.1'), 'fp8', undefined],
    [vllm('0.10.1'), 'mxfp4', undefined],
    [vllm('0.5.5'), 'gguf:Q4_K_M', undefined],
    [vllm('0.23.9'), 'gguf:Q4_K_M', undefined],
    [vllm('0.8.5'), 'plain', undefined],
    // Another rule speaks of GPUs that a kernel is too new for.
    [vllm('0.8.5'), 'blocks', 'ml.g4dn.xlarge'],
    [vllm('0.5.3'), 'fp8', 'ml.p3.2xlarge'],
    [{ family: 'sglang' }, 'exl2', undefined],
    [{ family: 'sglang' }, 'awq', undefined],
    [{ family: 'lmi-neuron' }, 'neuron-int8', undefined],
    [{ family: 'lmi-neuron' }, 'plain', undefined],
    [{ family: 'llama-cpp' }, 'gguf:Q4_K_M', undefined],
    [{ family: 'custom' }, 'exl2', undefined],
  ])('%j takes %s', (container, scheme, instanceType) => {
    expect(find(container, scheme, instanceType)).toEqual([]);
  });

  test('is of the version on a GPU that is new enough as well', () => {
    for (const instanceType of ['ml.g5.xlarge', 'ml.g6.xlarge', 'ml.p5.48xlarge']) {
      expect(find(vllm('0.2.3'), 'gptq', instanceType)).toHaveLength(1);
      expect(find(vllm('0.4.0'), 'blocks', instanceType)).toHaveLength(1);
      expect(find(vllm('0.28.0'), 'bitsandbytes', instanceType)).toHaveLength(1);
    }
  });

  test('says nothing without a container', () => {
    expect(alone('QUANTIZATION_NOT_IN_SERVER', { model: { config: CONFIGS.exl2 } })).toEqual([]);
  });
});

describe('SCHEME_CONTRADICTS_CHECKPOINT', () => {
  const told = (stored: Json, quantization: string) =>
    alone('SCHEME_CONTRADICTS_CHECKPOINT', endpoint(quantized(LLAMA_8B, stored), '0.28.0', { quantization }))[0];

  test('says what the checkpoint is, and what to ask for instead', () => {
    expect(told(AWQ, 'gptq')).toMatchObject({
      message: expect.stringContaining('quant_method awq, 4 bits'),
      got: 'gptq',
      fix: 'leave quantization out to serve the checkpoint as it is, or use a checkpoint stored in gptq',
    });
    expect(told(AWQ, 'none').fix).toBe(
      'leave quantization out to serve the checkpoint as it is, or use the checkpoint that was not quantized',
    );
    expect(told(FP8_BLOCK, 'awq').message).toMatch(/quant_method fp8(, 8 bits)?,/);
    expect(told(AWQ, 'awq')).toBeUndefined();
  });
});

describe('ACTIVATION_ORDER_REMOVED', () => {
  test.each([
    [LLAMA_8B, '0.29.0', undefined],
    [LLAMA_8B, '0.30.0', 'does not read group activation order in compressed-tensors'],
    [QWEN3_MOE, '0.8.5', undefined],
    [QWEN3_MOE, '0.9.0', 'does not read group activation order of experts in compressed-tensors'],
  ])('%# in %s: %p', (config, version, message) => {
    const ordered = compressedTensors({ ...INT4_GROUPS, actorder: 'group' });
    const [found] = alone('ACTIVATION_ORDER_REMOVED', endpoint(quantized(config, ordered), version)) as readonly (
      { message: string } | undefined
    )[];
    if (message === undefined) expect(found).toBeUndefined();
    else expect(found?.message).toContain(message);
  });
});

describe('TRTLLM_GROUP_SIZE', () => {
  const of = (groupSize: number, family = 'lmi-trtllm', rest: object = {}) =>
    alone('TRTLLM_GROUP_SIZE', {
      ...endpoint(LLAMA_8B, '', rest),
      quantization: 'awq',
      groupSize,
      container: { family },
    });
  test.each([32, 256])('%i: no kernel', (groupSize) => {
    expect(of(groupSize)).toMatchObject([{ got: `group size ${groupSize}`, path: '/groupSize' }]);
    expect(of(groupSize, 'vllm')).toEqual([]);
    expect(of(groupSize, 'lmi-trtllm', {})).toHaveLength(1);
  });
  test.each([64, 128, -1])('%i is taken, or not known', (groupSize) => {
    expect(of(groupSize)).toEqual([]);
  });
});

describe('QUANTIZATION_FLAG_UNKNOWN', () => {
  test('of LMI with transformers-neuronx is static_int8 alone', () => {
    const of = (OPTION_QUANTIZE: string, version: string | undefined) =>
      alone('QUANTIZATION_FLAG_UNKNOWN', {
        model: { config: LLAMA_8B },
        container: { family: 'lmi-neuron', version },
        environment: { OPTION_QUANTIZE },
      });
    expect(of('static_int8', undefined)).toEqual([]);
    expect(of('awq', undefined)).toMatchObject([{ got: '--quantization awq', allowed: 'static_int8' }]);
    expect(of('bitsandbytes8', '0.25.0')).toEqual([]);
  });

  test.each(['', 'none', 'None'])('takes %p for no method', (flag) => {
    const environment = { SM_VLLM_QUANTIZATION: flag };
    expect(alone('QUANTIZATION_FLAG_UNKNOWN', endpoint(LLAMA_8B, '0.27.1', { environment }))).toEqual([]);
  });

  test('names methods, and not their other spellings', () => {
    const environment = { SM_VLLM_QUANTIZATION: 'marlyn' };
    const [{ allowed, fix }] = alone('QUANTIZATION_FLAG_UNKNOWN', endpoint(LLAMA_8B, '0.27.1', { environment }));
    expect(allowed?.split(', ')).toEqual(expect.arrayContaining(['awq', 'gptq', 'fp8']));
    for (const alias of ['marlin', 'nvfp4', 'compressed_tensors']) expect(allowed?.split(', ')).not.toContain(alias);
    expect(fix).not.toContain('marlin,');
  });

  test.each(['auto_round', 'auto-round'])('takes %s, whose method was renamed', (flag) => {
    const environment = { SM_VLLM_QUANTIZATION: flag };
    expect(alone('QUANTIZATION_FLAG_UNKNOWN', endpoint(LLAMA_8B, '0.27.1', { environment }))).toEqual([]);
  });
});
