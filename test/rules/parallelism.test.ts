import {
  AWQ,
  FP8_BLOCK,
  GPTQ,
  INT4_GROUPS,
  LLAMA_8B,
  QWEN2_72B,
  QWEN3_MOE,
  compressedTensors,
  quantized,
  type Json,
} from '../../lib/rules/helpers/samples';
import { alone } from './own-findings';

const endpoint = (config: Json, tensorParallelSize: number, version?: string, parts: object = {}) => ({
  model: { config },
  container: { family: 'vllm', ...(version === undefined ? {} : { version }) },
  options: { maxModelLen: 4096, tensorParallelSize, ...(parts as { options?: object }).options },
  ...Object.fromEntries(Object.entries(parts).filter(([key]) => key !== 'options')),
});

describe('MARLIN_TILE_NOT_DIVISIBLE', () => {
  const rule = 'MARLIN_TILE_NOT_DIVISIBLE';
  /** 29,568 hidden features: 7,392 for each of four ranks, 57.75 tiles. */
  const find = (scheme: Json, version: string, parts: object = {}, config: Json = QWEN2_72B) =>
    alone(rule, endpoint(quantized(config, scheme), 4, version, parts));
  const severities = (...of: Parameters<typeof find>) => find(...of).map(({ severity }) => severity);
  const awq = { ...AWQ, group_size: 32 };
  const gptq = { ...GPTQ, group_size: 32 };
  const packed = compressedTensors({ ...INT4_GROUPS, group_size: 32 });
  const float16 = { options: { dtype: 'float16' } };
  const bfloat16 = { options: { dtype: 'bfloat16' } };

  test.each<[string, Json, string, object, readonly string[]]>([
    ['AWQ before Marlin took it', awq, '0.5.2', float16, []],
    ['AWQ', awq, '0.5.3', float16, ['error']],
    ['AWQ', awq, '0.7.2', float16, ['error']],
    ['AWQ with a slower kernel', awq, '0.7.3', float16, ['warning']],
    ['AWQ that is padded', awq, '0.24.0', float16, []],
    ['GPTQ before Marlin', gptq, '0.4.1', float16, []],
    ['GPTQ', gptq, '0.4.2', float16, ['error']],
    ['GPTQ', gptq, '0.6.2', float16, ['error']],
    ['GPTQ in float16 with ExLlama', gptq, '0.6.3', float16, ['warning']],
    ['GPTQ in bfloat16 without it', gptq, '0.9.2', bfloat16, ['error']],
    ['GPTQ in bfloat16 with Conch', gptq, '0.10.0', bfloat16, ['warning']],
    ['GPTQ with zero points', { ...gptq, sym: false }, '0.6.2', float16, []],
    ['GPTQ of three bits', { ...gptq, bits: 3 }, '0.6.2', float16, []],
    ['GPTQ of two bits', { ...gptq, bits: 2 }, '0.6.2', float16, []],
    ['GPTQ of eight bits', { ...gptq, bits: 8 }, '0.6.2', float16, ['error']],
    ['compressed-tensors', packed, '0.6.2', float16, ['error']],
    ['compressed-tensors, in float16', packed, '0.8.5', float16, ['warning']],
    ['weights that Marlin does not take', FP8_BLOCK, '0.8.5', bfloat16, []],
  ])('%s', (_, scheme, version, parts, expected) => {
    expect(severities(scheme, version, parts)).toEqual(expected);
  });

  test('is avoided by a flag that asks for another kernel', () => {
    const flag = (value: string) => ({ ...float16, environment: { SM_VLLM_QUANTIZATION: value } });
    expect(severities(awq, '0.7.2', flag('awq'))).toEqual([]);
    expect(severities(awq, '0.7.2', flag('awq_marlin'))).toEqual(['error']);
    expect(severities(gptq, '0.6.2', flag('gptq'))).toEqual([]);
    expect(severities(gptq, '0.6.2', flag('gptq_marlin'))).toEqual(['error']);
  });

  test('is of GPUs that Marlin runs on', () => {
    const gpu = (instanceType: string) => ({ ...float16, instanceType });
    expect(severities(awq, '0.7.2', gpu('ml.g5.12xlarge'))).toEqual(['error']);
    expect(severities(awq, '0.7.2', gpu('ml.p4d.24xlarge'))).toEqual(['error']);
    expect(severities(awq, '0.7.2', gpu('ml.g4dn.12xlarge'))).toEqual([]);
    expect(severities(awq, '0.7.2', gpu('ml.p3.8xlarge'))).toEqual([]);
    expect(severities(awq, '0.15.1', gpu('ml.g4dn.12xlarge'))).toEqual(['warning']);
  });

  test('says which layer has which share, and what would do', () => {
    expect(find(awq, '0.7.2', float16)).toMatchObject([
      { got: '7392 inputs for each of 4 ranks', fix: expect.stringContaining('vLLM 0.24 or newer') as string },
    ]);
    // 8 × 128 keys and values, but 48 queries of 24: 288 outputs for each of four ranks.
    const narrow = { ...LLAMA_8B, num_attention_heads: 48, head_dim: 24, num_key_value_heads: 4 };
    expect(find(awq, '0.7.2', float16, narrow)).toMatchObject([{ got: '336 outputs for each of 4 ranks' }]);
    expect(find(awq, '0.7.2', float16, LLAMA_8B)).toEqual([]);
    expect(alone(rule, { ...endpoint(LLAMA_8B, 4, '0.7.2'), model: { id: 'a/b' }, quantization: 'awq' })).toEqual([]);
  });
});

describe('ACCELERATORS_EXCEEDED', () => {
  const find = (instanceType: string, options: object, region?: string) =>
    alone('ACCELERATORS_EXCEEDED', { ...endpoint(LLAMA_8B, 1, undefined, { options }), instanceType, region });

  test('proposes more of the same GPU, else others, else fewer ranks', () => {
    expect(find('ml.g5.2xlarge', { tensorParallelSize: 4 })).toMatchObject([
      { got: '1 in ml.g5.2xlarge (A10G, 8.6)', fix: 'use ml.g5.12xlarge, or set tensorParallelSize to at most 1' },
    ]);
    const [others] = find('ml.p3.16xlarge', { tensorParallelSize: 16 });
    expect(others.fix).toBe('set tensorParallelSize to at most 8');
    // No instance has eight A100 of 40 GiB but the one asked for; two T4 are nowhere, eight are not either.
    const [larger] = find('ml.g4dn.12xlarge', { tensorParallelSize: 8 });
    expect(larger.fix).toMatch(/^use ml\.\S+, or set tensorParallelSize to at most 4$/);
    expect(larger.fix).not.toContain('g4dn');
  });

  test.each<[string, object, Record<string, string>, string | undefined]>([
    ['vllm', { tensorParallelSize: 2 }, { SM_VLLM_DATA_PARALLEL_SIZE: '2' }, undefined],
    ['vllm', { tensorParallelSize: 2 }, { SM_VLLM_DATA_PARALLEL_SIZE: 'two' }, undefined],
    ['vllm', { tensorParallelSize: 4 }, { SM_VLLM_DATA_PARALLEL_SIZE: '0' }, undefined],
    ['vllm', { tensorParallelSize: 2 }, { SM_VLLM_DATA_PARALLEL_SIZE: '3' }, '/environment/SM_VLLM_DATA_PARALLEL_SIZE'],
    ['vllm', { tensorParallelSize: 8 }, { SM_VLLM_DATA_PARALLEL_SIZE: '2' }, '/options/tensorParallelSize'],
    ['vllm', {}, { SM_VLLM_DATA_PARALLEL_SIZE: '8', SM_VLLM_DATA_PARALLEL_SIZE_LOCAL: '4' }, undefined],
    ['vllm', {}, { SM_SGLANG_DP_SIZE: '8' }, undefined],
    ['sglang', {}, { SM_SGLANG_DP: '8' }, '/environment/SM_SGLANG_DP'],
    ['sglang', {}, { SM_SGLANG_DP_SIZE: '8' }, '/environment/SM_SGLANG_DP_SIZE'],
    ['sglang', {}, { SM_SGLANG_DATA_PARALLEL_SIZE: '8' }, '/environment/SM_SGLANG_DATA_PARALLEL_SIZE'],
    ['sglang', {}, { SM_SGLANG_DP_SIZE: '8', SM_SGLANG_ENABLE_DP_ATTENTION: 'true' }, undefined],
    ['lmi', {}, { OPTION_DATA_PARALLEL_SIZE: '8' }, undefined],
  ])('of copies that %s runs itself: %j %j', (family, options, environment, path) => {
    const [found] = alone('ACCELERATORS_EXCEEDED', {
      model: { config: LLAMA_8B },
      container: { family },
      instanceType: 'ml.g5.12xlarge',
      options: { tensorParallelSize: 1, ...options },
      environment,
    }) as readonly ({ path?: string; fix?: string; message: string } | undefined)[];
    expect(found?.path).toBe(path);
    if (path?.startsWith('/environment') !== true) return;
    const variable = path.replace('/environment/', '');
    const most = 'tensorParallelSize' in options ? 2 : 4;
    expect(found?.fix).toContain(`set ${variable} to at most ${most}`);
    expect(found?.message).toContain(`× ${variable} ${environment[variable]} needs`);
  });

  test('counts stages', () => {
    expect(find('ml.g5.12xlarge', { tensorParallelSize: 4, pipelineParallelSize: 2 })[0].message).toContain(
      'tensorParallelSize 4 × pipelineParallelSize 2 needs 8 GPUs',
    );
    expect(find('ml.g5.2xlarge', { tensorParallelSize: 2 })[0].message).toContain('tensorParallelSize 2 needs 2 GPUs');
    expect(find('ml.g5.12xlarge', { tensorParallelSize: 2, pipelineParallelSize: 2 })).toEqual([]);
  });
});

describe('EXPERT_PARALLEL_WITHOUT_EXPERTS', () => {
  const find = (config: Json, ranks: number, version = '0.8.5') =>
    alone('EXPERT_PARALLEL_WITHOUT_EXPERTS', endpoint(config, ranks, version, { options: { expertParallel: true } }));
  test('needs an expert for each rank', () => {
    expect(find({ ...QWEN3_MOE, num_experts: 8 }, 8)).toEqual([]);
    expect(find({ ...QWEN3_MOE, num_experts: 4, num_experts_per_tok: 2 }, 8)[0].message).toContain(
      'more ranks than experts',
    );
    expect(find(LLAMA_8B, 1)[0].message).toContain('a model without experts');
    expect(find(LLAMA_8B, 8)[0].message).toContain('a model without experts');
    expect(find(LLAMA_8B, 8, '0.7.3')).toEqual([]);
  });
});

describe('FP8_BLOCKS_NOT_DIVISIBLE', () => {
  const find = (config: Json, ranks: number, version: string, parts: object = {}) =>
    alone('FP8_BLOCKS_NOT_DIVISIBLE', endpoint(quantized(config, FP8_BLOCK), ranks, version, parts));

  test('is of inputs in any vLLM, and proposes degrees', () => {
    // 14,336 / 16 = 896 = 7 blocks; 14,208 / 4 = 3,552 = 27.75.
    expect(find(LLAMA_8B, 4, '0.8.5')).toEqual([]);
    const [finding] = find({ ...LLAMA_8B, intermediate_size: 14_208 }, 4, '0.20.0');
    expect(finding.path).toBe('/options/tensorParallelSize');
    expect(finding.fix).not.toContain('expertParallel');
    expect(finding.fix).toMatch(/tensorParallelSize to 1$|tensorParallelSize to 1\b/);
  });

  test('of experts may be avoided by whole experts on each rank', () => {
    const [finding] = find(QWEN3_MOE, 4, '0.10.2');
    expect(finding.got).toContain('192');
    expect(finding.fix).toContain('set expertParallel');
    expect(find(QWEN3_MOE, 4, '0.10.2', { options: { expertParallel: true } })).toEqual([]);
    expect(find(QWEN3_MOE, 2, '0.10.2')).toEqual([]);
  });

  test('is of block scales, and of a model that is known', () => {
    const uneven = { ...LLAMA_8B, intermediate_size: 14_208 };
    expect(
      alone('FP8_BLOCKS_NOT_DIVISIBLE', endpoint(quantized(uneven, { quant_method: 'fp8' }), 4, '0.20.0')),
    ).toEqual([]);
    expect(alone('FP8_BLOCKS_NOT_DIVISIBLE', { ...endpoint(uneven, 4, '0.20.0'), model: { id: 'a/b' } })).toEqual([]);
  });
});

test.each(['ATTENTION_HEADS_NOT_DIVISIBLE', 'KV_HEADS_NOT_DIVISIBLE', 'FEED_FORWARD_NOT_DIVISIBLE'])(
  '%s has nothing to say of models without heads, nor of one rank',
  (rule) => {
    const states: Json = {
      ...{ architectures: ['MambaForCausalLM'], model_type: 'mamba', hidden_size: 768, state_size: 16, conv_kernel: 4 },
      ...{ expand: 2, intermediate_size: 1536, time_step_rank: 48, num_hidden_layers: 24, vocab_size: 50_280 },
    };
    expect(alone(rule, endpoint(states, 2))).toEqual([]);
    expect(
      alone(rule, endpoint({ ...LLAMA_8B, num_attention_heads: 7, num_key_value_heads: 7, head_dim: 128 }, 1)),
    ).toEqual([]);
    expect(alone(rule, { ...endpoint(LLAMA_8B, 3), model: { id: 'a/b' } })).toEqual([]);
  },
);

describe('MARLIN_TILE_NOT_DIVISIBLE of FP8', () => {
  const find = (version: string, instanceType: string, tensorParallelSize: number, method = 'fp8') =>
    alone('MARLIN_TILE_NOT_DIVISIBLE', {
      model: {
        config: {
          ...LLAMA_8B,
          intermediate_size: 10_944,
          quantization_config: { quant_method: method, activation_scheme: 'dynamic' },
        },
      },
      container: { family: 'vllm', version },
      instanceType,
      options: { tensorParallelSize, maxModelLen: 4096 },
    });

  test.each<[string, string, number, boolean]>([
    ['0.10.0', 'ml.g5.12xlarge', 4, true],
    ['0.5.3', 'ml.g5.12xlarge', 4, true],
    ['0.5.2', 'ml.g5.12xlarge', 4, false],
    ['0.23.9', 'ml.g5.12xlarge', 4, true],
    ['0.24.0', 'ml.g5.12xlarge', 4, false],
    ['0.10.0', 'ml.g5.12xlarge', 2, false],
    ['0.10.0', 'ml.g6.12xlarge', 4, false],
  ])('vLLM %s on %s with %d ranks: %p', (version, instanceType, degree, expected) => {
    const found = find(version, instanceType, degree);
    expect(found.length > 0).toBe(expected);
    if (!expected) return;
    expect(found[0].severity).not.toBe('warning');
    expect(found[0].message).toContain('5472 outputs');
  });
});

describe('DATA_PARALLEL_NOT_DIVISIBLE', () => {
  const find = (degree: string, tensorParallelSize: number, name = 'SM_SGLANG_DP_SIZE') =>
    alone('DATA_PARALLEL_NOT_DIVISIBLE', {
      model: { config: QWEN3_MOE },
      container: { family: 'sglang' },
      options: { tensorParallelSize },
      environment: { [name]: degree, SM_SGLANG_ENABLE_DP_ATTENTION: '' },
    });

  test.each([
    ['3', 8, '1, 2, 4 or 8', 2],
    ['5', 8, '1, 2, 4 or 8', 4],
    ['16', 8, '1, 2, 4 or 8', 8],
    ['2', 1, '1', 1],
  ])('%s groups of %d ranks: %s, %d the nearest below', (degree, ranks, allowed, nearest) => {
    expect(find(degree, ranks)).toMatchObject([
      {
        got: `SM_SGLANG_DP_SIZE=${degree} with tensorParallelSize ${ranks}`,
        allowed,
        fix: `set SM_SGLANG_DP_SIZE to ${nearest}`,
      },
    ]);
    expect(find(String(nearest), ranks)).toEqual([]);
  });

  test('is asked of every name of the argument, and of numbers', () => {
    for (const name of ['SM_SGLANG_DP', 'SM_SGLANG_DATA_PARALLEL_SIZE']) expect(find('3', 8, name)).toHaveLength(1);
    for (const degree of ['0', 'two', '']) expect(find(degree, 8)).toEqual([]);
  });
});

describe('FEED_FORWARD_NOT_DIVISIBLE', () => {
  const find = (config: Json, degree: number, parts: object = {}) =>
    alone('FEED_FORWARD_NOT_DIVISIBLE', endpoint(config, degree, undefined, parts)).map(({ got }) => got);

  test('is of outputs, of inputs, or of the hidden features of experts', () => {
    expect(find({ ...LLAMA_8B, intermediate_size: 11_006 }, 4)).toEqual(['mlp.gate_up_proj: 11006 outputs / 4']);
    expect(find({ ...LLAMA_8B, intermediate_size: 11_006 }, 2)).toEqual([]);
    expect(find({ ...QWEN3_MOE, moe_intermediate_size: 762 }, 4)).toEqual(['experts: 762 hidden features / 4']);
    expect(find({ ...QWEN3_MOE, moe_intermediate_size: 762 }, 2)).toEqual([]);
  });

  test('is left to the rule of heads where these do not divide', () => {
    expect(find({ ...LLAMA_8B, intermediate_size: 11_006 }, 3)).toEqual([]);
    expect(find({ ...LLAMA_8B, intermediate_size: 11_006 }, 1)).toEqual([]);
  });
});

describe('PACKED_WEIGHTS_NOT_DIVISIBLE', () => {
  const find = (config: Json, method: Json, degree: number) =>
    alone('PACKED_WEIGHTS_NOT_DIVISIBLE', endpoint(quantized(config, method), degree)).map(({ got }) => got);
  const uneven = { ...LLAMA_8B, intermediate_size: 14_352 };
  const channels = { ...AWQ, group_size: -1 };

  test('is of words of eight weights, cut by ranks', () => {
    expect(find(uneven, channels, 2)).toEqual([]);
    expect(find(uneven, channels, 4)).toEqual(['3588 output features for each of 4 ranks']);
  });

  test('is not of matrices that stay as they were', () => {
    expect(find(uneven, { ...channels, modules_to_not_convert: ['mlp'] }, 4)).toEqual([]);
    expect(find(uneven, { ...channels, modules_to_not_convert: ['self_attn'] }, 4)).toHaveLength(1);
  });

  test('is not of experts, whose kernels cut otherwise', () => {
    expect(find({ ...QWEN3_MOE, moe_intermediate_size: 1_036 }, channels, 2)).toEqual([]);
  });
});

describe('QUANTIZATION_GROUP_NOT_DIVISIBLE', () => {
  const find = (config: Json, method: Json, degree: number, parts: object = {}) =>
    alone('QUANTIZATION_GROUP_NOT_DIVISIBLE', endpoint(quantized(config, method), degree, undefined, parts));

  test('offers another group size where ranks cut the groups', () => {
    const [cut] = find(QWEN2_72B, AWQ, 2);
    expect(cut.fix).toMatch(/, or quantize with a group size that divides 14784$/);
    const [whole] = find({ ...LLAMA_8B, intermediate_size: 14_400 }, AWQ, 1);
    expect(whole.fix).not.toContain('or quantize with a group size');
  });

  test('is of groups along the input, and no longer than it', () => {
    expect(find(LLAMA_8B, { ...AWQ, group_size: -1 }, 8)).toEqual([]);
    expect(find(LLAMA_8B, { ...AWQ, group_size: 0 }, 8)).toEqual([]);
    expect(find(QWEN2_72B, { ...AWQ, modules_to_not_convert: ['mlp'] }, 2)).toEqual([]);
    expect(find(QWEN3_MOE, AWQ, 4)).toHaveLength(1);
    expect(find(QWEN3_MOE, { ...AWQ, modules_to_not_convert: ['mlp'] }, 4)).toEqual([]);
    expect(find(QWEN3_MOE, AWQ, 2)).toEqual([]);
  });
});
