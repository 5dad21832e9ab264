import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { ruleContext } from '../../lib/rules/evaluate';
import { contextLimit } from '../../lib/model';
import { servedDtype } from '../../lib/rules/helpers/dtype';
import { isFlagWord, shown } from '../../lib/rules/helpers/environment';
import { headCount, headsFit, kvHeadCounts, kvHeadsFit } from '../../lib/rules/helpers/heads';
import { dataReplicas } from '../../lib/rules/helpers/replicas';
import { GEMMA2_2B, LLAMA2_7B, LLAMA_8B } from '../../lib/rules/helpers/samples';
import type { EndpointSpec } from '../../lib/spec/types';
import { resolveContainer } from '../../lib/container';
import { isVllm, serverName } from '../../lib/rules/helpers/engine';
import { anyOf, count, gib } from '../../lib/rules/helpers/finding';
import { modelFrom } from '../../lib/rules/helpers/model-source';
import { countsAs, isUpTo, neighbours } from '../../lib/rules/helpers/releases';
import { formatVersion, parseVersion } from '../../lib/text/version';
import { firstWith, lastWith, vllmHas, vllmRanges } from '../../lib/rules/helpers/vllm-models';

const container = (family: 'vllm', version: string) => resolveContainer({ family, version });

describe('where a model comes from', () => {
  test.each([
    ['meta-llama/Llama-3.1-8B', 'hub'],
    ['s3://bucket/models/llama/', 's3-prefix'],
    ['s3://bucket/model.tar.gz', 's3-tarball'],
    ['s3://bucket/model.TGZ', 's3-tarball'],
    ['/opt/ml/model', 'local'],
    ['./model', 'local'],
    ['llama', undefined],
    ['a/b/c', undefined],
    ['a/b.', 'hub'],
  ])('%s: %s', (id, from) => {
    expect(modelFrom({ model: { id } })).toBe(from);
  });

  test('as the spec says, before what the id shows', () => {
    expect(modelFrom({ model: { id: 'a/b' }, endpoint: { modelData: 's3-prefix' } })).toBe('s3-prefix');
    expect(modelFrom({ model: {} })).toBeUndefined();
  });
});

describe('which vLLM', () => {
  test.each([
    ['0.8.5', { since: '0.8.5' }, true],
    ['0.8.5', { before: '0.8.5' }, false],
    ['0.8.5', { since: '0.8.0', before: '0.9.0' }, true],
    ['0.10.2', { before: '0.9.0' }, false],
    ['0.5.3', { since: '0.5.3.post1' }, false],
    ['0.8.5', {}, true],
  ])('%s in %j: %s', (version, range, expected) => {
    expect(isVllm({ container: container('vllm', version) }, range)).toBe(expected);
  });

  test('is named with its version, where one is known', () => {
    expect(serverName({ container: container('vllm', '0.8.5') })).toBe('vLLM 0.8.5');
    expect(serverName({ container: undefined })).toBe('the server');
    expect(isVllm({ container: undefined })).toBe(false);
  });
});

describe('what vLLM serves', () => {
  test.each([
    ['LlamaForCausalLM', 'served', [0, 1, 4], 'yes'],
    ['LlamaForCausalLM', 'served', [9, 0, 0], 'yes'],
    ['Qwen3ForCausalLM', 'served', [0, 8, 3], 'not-yet'],
    ['Qwen3ForCausalLM', 'served', [0, 8, 4], 'yes'],
    ['MistralForCausalLM', 'loraHead', [0, 14, 0], 'yes'],
    // A patch of a minor version has what its others have.
    ['MistralForCausalLM', 'loraHead', [0, 14, 9], 'yes'],
    ['MistralForCausalLM', 'loraHead', [0, 15, 0], 'no-more'],
    // 0.15.0 was not read, and counts as the next of its minor version; 0.15.2 has no next one.
    ['Glm4MoeLiteForCausalLM', 'served', [0, 15, 0], 'yes'],
    ['Glm4MoeLiteForCausalLM', 'served', [0, 14, 9], 'not-yet'],
    ['GlmOcrForConditionalGeneration', 'served', [0, 15, 2], 'not-yet'],
    ['GlmOcrForConditionalGeneration', 'served', [0, 16, 0], 'yes'],
    ['VoxtralStreamingGeneration', 'served', [0, 15, 9], 'yes'],
    ['VoxtralStreamingGeneration', 'served', [0, 16, 0], 'no-more'],
    // It went, and came again.
    ['ChatGLMForConditionalGeneration', 'served', [0, 7, 2], 'yes'],
    ['ChatGLMForConditionalGeneration', 'served', [0, 7, 3], 'no-more'],
    ['ChatGLMForConditionalGeneration', 'served', [0, 8, 3], 'no-more'],
    ['ChatGLMForConditionalGeneration', 'served', [0, 8, 4], 'yes'],
    // What the oldest version that was read has, older ones may have had.
    ['LlamaForCausalLM', 'served', [0, 0, 1], 'yes'],
    ['Qwen3ForCausalLM', 'served', [0, 0, 1], 'not-yet'],
    ['GPT2LMHeadModel', 'lora', [0, 8, 5], 'never'],
    ['NobodysForCausalLM', 'served', [0, 8, 5], 'unknown'],
    ['constructor', 'served', [0, 8, 5], 'unknown'],
  ] as const)('%s, %s, in %j: %s', (architecture, feature, version, support) => {
    expect(vllmHas(architecture, feature, version)).toBe(support);
  });

  test('from and up to which version', () => {
    expect(firstWith('Qwen3ForCausalLM', 'served')).toBe('0.8.4');
    expect(lastWith('Qwen3ForCausalLM', 'served')).toBeUndefined();
    expect(lastWith('MistralForCausalLM', 'loraHead')).toBe('0.14.1');
    expect(vllmRanges('GPT2LMHeadModel', 'lora')).toEqual([]);
    expect(vllmRanges('NobodysForCausalLM')).toBeUndefined();
    for (const limit of [firstWith, lastWith]) {
      expect(limit('GPT2LMHeadModel', 'lora')).toBeUndefined();
      expect(limit('NobodysForCausalLM', 'served')).toBeUndefined();
    }
  });
});

describe('releases that were read', () => {
  const read = ['0.8.0', '0.8.5', '0.9.0'].map((text) => parseVersion(text) ?? []);
  const around = (text: string) => {
    const { before, after } = neighbours(parseVersion(text) ?? [], read);
    return [before && formatVersion(before), after && formatVersion(after)];
  };
  test.each([
    ['0.7.9', undefined, '0.8.0'],
    ['0.8.0', '0.8.0', '0.8.0'],
    ['0.8.3', '0.8.0', '0.8.5'],
    ['0.8.5', '0.8.5', '0.8.5'],
    ['0.8.6', '0.8.5', '0.9.0'],
    ['0.9.0', '0.9.0', '0.9.0'],
    ['1.0.0', '0.9.0', undefined],
  ])('stand before and after %s: %s, %s', (text, before, after) => {
    expect(around(text)).toEqual([before, after]);
  });
  test.each([
    ['0.7.9', '0.8.0'],
    ['0.8.3', '0.8.5'],
    ['0.8.6', '0.8.6'],
    ['1.9.0', '1.9.0'],
  ])('%s counts as %s', (text, expected) => {
    expect(formatVersion(countsAs(parseVersion(text) ?? [], read))).toBe(expected);
  });
  test.each([
    ['0.8.0', '0.8.0', true],
    ['0.8.3', '0.8.0', true],
    ['0.8.5', '0.8.0', false],
    ['0.8.6', '0.8.5', true],
    ['0.9.1', '0.8.5', false],
    ['1.9.3', '0.9.0', false],
    ['0.7.2', '0.7.1', true],
  ])('%s is up to %s: %p', (text, limit, expected) => {
    expect(isUpTo(parseVersion(text) ?? [], parseVersion(limit) ?? [], read)).toBe(expected);
  });
});

describe('words of a message', () => {
  test('choices', () => {
    expect(anyOf([1])).toBe('1');
    expect(anyOf([1, 2])).toBe('1 or 2');
    expect(anyOf(['a', 'b', 'c'])).toBe('a, b or c');
  });

  test('amounts', () => {
    expect(count(152_064)).toBe('152,064');
    expect(count(1_234_567_890)).toBe('1,234,567,890');
    expect(gib(1.5 * 2 ** 30)).toBe('1.5 GiB');
    expect(gib(99.5 * 2 ** 30)).toBe('99.5 GiB');
    expect(gib(100 * 2 ** 30)).toBe('100 GiB');
    expect(anyOf([])).toBe('none');
  });
});

const contextOf = (spec: EndpointSpec) => ruleContext(resolveEndpoint(spec));
const modelOf = (config: object) => contextOf({ model: { config: config as Record<string, unknown> } }).model!;

describe('the longest context of a config', () => {
  const scaled = (rope_scaling: unknown, config: object = LLAMA2_7B) =>
    contextLimit(modelOf({ ...config, rope_scaling }));
  test.each<[unknown, number]>([
    [undefined, 4096],
    [null, 4096],
    ['linear', 4096],
    [{ type: 'linear', factor: 4 }, 16_384],
    [{ rope_type: 'dynamic', factor: 2.5 }, 10_240],
    [{ type: 'linear', factor: 1 }, 4096],
    [{ type: 'linear', factor: 0.5 }, 4096],
    [{ type: 'linear', factor: '4' }, 4096],
    [{ type: 'linear' }, 4096],
    [{ type: 'linear', factor: NaN }, 4096],
    [{ type: 'yarn', factor: 2, original_max_position_embeddings: NaN }, 8192],
    [{ type: 7, factor: 4 }, 4096],
    [{ type: 'su', factor: 4 }, 4096],
    [{ rope_type: 'longrope', factor: 4 }, 4096],
    [{ rope_type: 'llama3', factor: 8 }, 4096],
    [{ type: 'yarn', factor: 4 }, 16_384],
    [{ type: 'yarn', factor: 4, original_max_position_embeddings: 2048 }, 8192],
    [{ type: 'yarn', factor: 2, original_max_position_embeddings: 1024 }, 4096],
    [{ type: 'deepseek_yarn', factor: 40, original_max_position_embeddings: 4096 }, 163_840],
  ])('%j: %d', (scaling, expected) => {
    expect(scaled(scaling)).toBe(expected);
  });
  test('of Gemma 3 is what it says', () => {
    const gemma3 = { ...GEMMA2_2B, architectures: ['Gemma3ForCausalLM'], model_type: 'gemma3_text' };
    expect(scaled({ rope_type: 'linear', factor: 8 }, gemma3)).toBe(contextLimit(modelOf(gemma3)));
  });
});

describe('heads', () => {
  test.each([
    [1, true],
    [3, false],
    [8, true],
    [16, true],
    [32, true],
    [64, false],
  ])('of Llama 3.1 8B, cut %d ways: %p', (degree, expected) => {
    expect(kvHeadCounts(modelOf(LLAMA_8B))).toEqual([8]);
    expect(headsFit(modelOf(LLAMA_8B), degree)).toBe(expected);
  });
  test('are counted where a config gives a number of them', () => {
    expect([headCount(32), headCount(1)]).toEqual([32, 1]);
    for (const value of [0, -8, 1.5, '32', [32], NaN, true, null, undefined]) expect(headCount(value)).toBeUndefined();
  });
  test('of keys and values are cut, or copied, evenly', () => {
    expect([kvHeadsFit(8, 4), kvHeadsFit(4, 8), kvHeadsFit(8, 3), kvHeadsFit(3, 8)]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
  test('of latent attention and of recurrent layers are none', () => {
    const latent = modelOf({
      ...{
        architectures: ['DeepseekV2ForCausalLM'],
        model_type: 'deepseek_v2',
        hidden_size: 2048,
        vocab_size: 102_400,
      },
      ...{ intermediate_size: 10_944, num_hidden_layers: 27, num_attention_heads: 16, num_key_value_heads: 16 },
      ...{ kv_lora_rank: 512, q_lora_rank: null, qk_nope_head_dim: 128, qk_rope_head_dim: 64, v_head_dim: 128 },
      ...{ n_routed_experts: 64, n_shared_experts: 2, num_experts_per_tok: 6, moe_intermediate_size: 1408 },
      ...{ first_k_dense_replace: 1, moe_layer_freq: 1, max_position_embeddings: 163_840 },
    });
    expect(kvHeadCounts(latent)).toEqual([]);
    expect(headsFit(latent, 16)).toBe(true);
    const recurrent = modelOf({
      ...{ architectures: ['MambaForCausalLM'], model_type: 'mamba', hidden_size: 768, vocab_size: 50_280 },
      ...{
        num_hidden_layers: 24,
        state_size: 16,
        conv_kernel: 4,
        expand: 2,
        intermediate_size: 1536,
        time_step_rank: 48,
      },
    });
    expect(kvHeadCounts(recurrent)).toEqual([]);
    expect(headsFit(recurrent, 8)).toBe(true);
  });
});

describe('the dtype that is served', () => {
  const stored = (torch_dtype: string | undefined, config: object = LLAMA2_7B) => ({ ...config, torch_dtype });
  const of = (
    config: object | undefined,
    container: EndpointSpec['container'],
    instanceType?: string,
    dtype?: string,
  ) =>
    servedDtype(
      contextOf({
        model: config === undefined ? { id: 'a/b' } : { config: config as Record<string, unknown> },
        container,
        instanceType,
        options: dtype === undefined ? {} : { dtype },
      }),
    );
  const old = { family: 'vllm', version: '0.9.0' } as const;
  const recent = { family: 'vllm', version: '0.9.1' } as const;
  test.each<
    [string | undefined, EndpointSpec['container'], string | undefined, string | undefined, string | undefined]
  >([
    ['bfloat16', old, 'ml.g4dn.xlarge', undefined, 'bfloat16'],
    ['float32', old, 'ml.g5.xlarge', undefined, 'float16'],
    ['bfloat16', recent, 'ml.g4dn.xlarge', undefined, 'float16'],
    ['bfloat16', recent, 'ml.g5.xlarge', undefined, 'bfloat16'],
    ['float16', recent, 'ml.g5.xlarge', undefined, 'float16'],
    ['float32', recent, 'ml.g5.xlarge', undefined, 'bfloat16'],
    ['float32', recent, undefined, undefined, 'bfloat16'],
    ['bfloat16', recent, undefined, undefined, 'bfloat16'],
    ['bfloat16', { family: 'sglang' }, 'ml.g4dn.xlarge', undefined, 'float16'],
    ['bfloat16', { family: 'llama-cpp' }, 'ml.g4dn.xlarge', undefined, 'bfloat16'],
    ['bfloat16', recent, 'ml.g5.xlarge', 'half', 'float16'],
    ['bfloat16', recent, 'ml.g5.xlarge', 'FP32', 'float32'],
  ])('%s in %j on %s, asked for %s: %s', (torchDtype, container, instanceType, dtype, expected) => {
    expect(of(stored(torchDtype), container, instanceType, dtype)).toBe(expected);
  });
  test('is float32 where float16 would overflow and bfloat16 is not there', () => {
    expect(of(stored('bfloat16', GEMMA2_2B), recent, 'ml.g4dn.xlarge')).toBe('float32');
  });
  test('of a model that nobody knows is what was asked for', () => {
    expect(of(undefined, recent, 'ml.g4dn.xlarge')).toBeUndefined();
    expect(of(undefined, recent, 'ml.g4dn.xlarge', 'bf16')).toBe('bfloat16');
  });
});

describe('variables', () => {
  test('are shown as far as they are worth it', () => {
    expect(shown('A', 'x'.repeat(60))).toBe(`A=${'x'.repeat(60)}`);
    expect(shown('A', 'x'.repeat(61))).toBe(`A=${'x'.repeat(60)}…`);
    expect([' True ', 'false', '1', ''].map(isFlagWord)).toEqual([true, true, false, false]);
  });
  test('tell copies of many digits, and none that are no number', () => {
    const of = (value: string) =>
      dataReplicas(
        contextOf({ model: {}, container: { family: 'vllm' }, environment: { SM_VLLM_DATA_PARALLEL_SIZE: value } }),
      );
    expect(of('16')).toEqual({ count: 16, variable: 'SM_VLLM_DATA_PARALLEL_SIZE' });
    expect(of('-1')).toEqual({ count: 1 });
    expect(dataReplicas(contextOf({ model: {} }))).toEqual({ count: 1 });
  });
});
