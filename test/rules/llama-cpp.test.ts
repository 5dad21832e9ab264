import { check, planAnswer, RULES_BY_CAUSE } from '../../lib/rules';
import type { EndpointSpec } from '../../lib/spec/types';
import { alone } from './own-findings';

const SMALL = {
  architectures: ['LlamaForCausalLM'],
  hidden_size: 256,
  intermediate_size: 768,
  max_position_embeddings: 512,
  model_type: 'llama',
  num_attention_heads: 4,
  num_hidden_layers: 4,
  num_key_value_heads: 2,
  vocab_size: 4096,
};

const spec = (rest: Partial<EndpointSpec>): EndpointSpec => ({
  model: { config: SMALL },
  quantization: 'gguf:Q8_0',
  container: { family: 'llama-cpp' },
  instanceType: 'ml.c7i.xlarge',
  ...rest,
});
const rules = (rest: Partial<EndpointSpec>) => check(spec(rest)).findings.map(({ rule }) => rule);

describe('a context that is divided among slots', () => {
  test('may be the model’s own times their number', () => {
    expect(rules({ options: { maxModelLen: 2048, slots: 4 } })).toEqual([]);
    expect(rules({ environment: { SM_LLAMA_CPP_CTX_SIZE: '2048', SM_LLAMA_CPP_PARALLEL: '4' } })).toEqual([]);
    expect(planAnswer(spec({ options: { maxModelLen: 2048, slots: 4 } }))).toMatchObject({
      kvCacheTokens: 2048,
      maxConcurrency: 4,
      largestMaxModelLen: 2048,
    });
  });

  test('is too long for the model beyond that, which the cache has nothing to do with', () => {
    expect(rules({ options: { maxModelLen: 4096, slots: 4 } })).toEqual(['CONTEXT_EXCEEDS_MODEL']);
    expect(rules({ options: { maxModelLen: 2048 } })).toEqual(['CONTEXT_EXCEEDS_MODEL']);
    expect(rules({ options: { maxModelLen: 2048, slots: 1 } })).toEqual(['CONTEXT_EXCEEDS_MODEL']);
  });

  test('holds a request of its share only, unless the slots share one cache', () => {
    const options = { maxModelLen: 2048, slots: 8 };
    const workload = { inputTokens: 300, outputTokens: 100, concurrency: 2 };
    expect(rules({ options, workload })).toContain('CONTEXT_DIVIDED_BY_SLOTS');
    expect(rules({ options, workload, environment: { SM_LLAMA_CPP_KV_UNIFIED: 'true' } })).toEqual([]);
  });

  test('is refused where the memory cannot hold it', () => {
    const large = {
      ...SMALL,
      hidden_size: 4096,
      num_attention_heads: 32,
      num_hidden_layers: 32,
      num_key_value_heads: 32,
    };
    expect(
      rules({
        model: { config: { ...large, max_position_embeddings: 65_536 } },
        options: { maxModelLen: 262_144, slots: 4 },
      }),
    ).toContain('KV_CACHE_BELOW_CONTEXT');
  });
});

describe.each(RULES_BY_CAUSE['llama-cpp'].map((rule) => [rule.id, rule] as const))('%s', (id, rule) => {
  test('is of llama.cpp alone', () => {
    for (const example of rule.examples.fails)
      for (const container of [{ family: 'sglang' }, undefined])
        expect(alone(id, { ...(example as object), container, quantization: undefined })).toEqual([]);
  });
});

describe('CONTEXT_DIVIDED_BY_SLOTS', () => {
  const find = (rest: Partial<EndpointSpec>) => alone('CONTEXT_DIVIDED_BY_SLOTS', spec(rest));
  const workload = { inputTokens: 300, outputTokens: 212 };
  const options = { maxModelLen: 2048, slots: 4 };

  test('counts prompt and answer against a slot', () => {
    expect(find({ options, workload })).toEqual([]);
    expect(find({ options, workload: { inputTokens: 512 } })).toEqual([]);
    expect(find({ options, workload: { inputTokens: 300, outputTokens: 213 } })).toMatchObject([
      {
        got: 'a context of 2,048 tokens for 4 slots, and requests of 513 tokens',
        allowed: 'requests up to 512 tokens',
        fix: 'set maxModelLen to 2052, or SM_LLAMA_CPP_KV_UNIFIED to true',
        path: '/options/maxModelLen',
      },
    ]);
  });

  test('names the variable where one says the context', () => {
    const environment = { SM_LLAMA_CPP_CTX_SIZE: '2048', SM_LLAMA_CPP_PARALLEL: '4' };
    expect(find({ environment, workload: { inputTokens: 513 } })).toMatchObject([
      {
        fix: 'set SM_LLAMA_CPP_CTX_SIZE to 2052, or SM_LLAMA_CPP_KV_UNIFIED to true',
        path: '/environment/SM_LLAMA_CPP_CTX_SIZE',
      },
    ]);
  });

  test.each<[string, Partial<EndpointSpec>]>([
    ['one slot', { options: { maxModelLen: 256, slots: 1 }, workload }],
    ['slots that nobody asked for', { options: { maxModelLen: 256 }, workload }],
    ['a workload without lengths', { options, workload: { concurrency: 4 } }],
    ['no workload', { options }],
    [
      'slots that share',
      { options, workload: { inputTokens: 2000 }, environment: { SM_LLAMA_CPP_KV_UNIFIED: 'true' } },
    ],
    ['a context that nobody knows', { model: { id: 'a/b' }, options: { slots: 4 }, workload: { inputTokens: 9000 } }],
  ])('says nothing of %s', (_, rest) => {
    expect(find(rest)).toEqual([]);
  });
});

describe('FLASH_ATTENTION_VALUE', () => {
  const find = (flashAttention?: string) => alone('FLASH_ATTENTION_VALUE', spec({ options: { flashAttention } }));
  test.each(['on', 'off', 'auto', undefined])('takes %s', (value) => expect(find(value)).toEqual([]));
  test.each([
    ['true', 'write on'],
    ['often', 'write on'],
    ['autox', 'write on'],
    ['false', 'write off'],
    ['Disabled', 'write off'],
    ['0', 'write off'],
    ['100', 'write on'],
    ['0.5', 'write on'],
  ])('does not take %s', (value, fix) => expect(find(value)).toMatchObject([{ got: value, fix }]));
});

describe('KV_TYPE_UNKNOWN', () => {
  const find = (options: object) => alone('KV_TYPE_UNKNOWN', spec({ options }));
  test.each(['f32', 'F16', 'bf16', 'q8_0', 'q4_0', 'q4_1', 'iq4_nl', 'q5_0', 'q5_1'])('keeps a cache in %s', (type) => {
    expect(find({ kvTypeK: type, kvTypeV: type })).toEqual([]);
  });
  test.each([
    ['fp8', 'write q8_0'],
    ['q4_2', 'write q4_0'],
    ['whatever', 'write f16'],
  ])('keeps none in %s', (type, fix) => {
    expect(find({ kvTypeK: type })).toMatchObject([{ got: `kvTypeK ${type}`, fix, path: '/options/kvTypeK' }]);
    expect(find({ kvTypeK: type, kvTypeV: type })).toHaveLength(2);
  });
});

describe('QUANTIZED_VALUES_NEED_FLASH_ATTENTION', () => {
  const find = (kvTypeV: string, flashAttention: string) =>
    alone('QUANTIZED_VALUES_NEED_FLASH_ATTENTION', spec({ options: { kvTypeV, flashAttention } }));
  test.each(['off', 'OFF', '0', 'false', 'disabled'])('are refused with %s', (value) => {
    expect(find('q8_0', value)).toHaveLength(1);
    expect(find('f16', value)).toEqual([]);
  });
  test.each(['on', 'auto', '10', '0x', 'switched-off', 'offered'])('are not with %s', (value) => {
    expect(find('q8_0', value)).toEqual([]);
  });
});

describe('SLOTS_SHARE_ONE_CACHE', () => {
  const find = (rest: Partial<EndpointSpec>) =>
    alone('SLOTS_SHARE_ONE_CACHE', spec({ workload: { concurrency: 3 }, ...rest }));
  test('proposes a slot for each request', () => {
    expect(find({})).toMatchObject([{ got: 'concurrency 3 and no slots', fix: 'set slots to 3' }]);
    expect(find({ environment: { SM_LLAMA_CPP_PARALLELISM: '4', SM_LLAMA_CPP_NPU: '1' } })).toHaveLength(1);
  });
  test.each<[string, Partial<EndpointSpec>]>([
    ['slots', { options: { slots: 2 } }],
    ['one request at a time', { workload: { concurrency: 1 } }],
    ['no workload', { workload: undefined }],
    ['SM_LLAMA_CPP_PARALLEL', { environment: { SM_LLAMA_CPP_PORT: '8080', SM_LLAMA_CPP_PARALLEL: '4' } }],
    ['SM_LLAMA_CPP_NP', { environment: { SM_LLAMA_CPP_NP: '4' } }],
  ])('has nothing to say of %s', (_, rest) => expect(find(rest)).toEqual([]));
});

describe('PROMPT_CACHE_EXCEEDS_HOST_MEMORY', () => {
  const GIB = 2 ** 30;
  const memory = { weights: 4 * GIB, activations: GIB, kvCache: 2 * GIB };
  const find = (text: string | undefined, rest: Partial<EndpointSpec> = {}, parts: object = memory) =>
    alone(
      'PROMPT_CACHE_EXCEEDS_HOST_MEMORY',
      spec({
        instanceType: 'ml.c7i.2xlarge',
        environment: text === undefined ? {} : { SM_LLAMA_CPP_CACHE_RAM: text },
        ...rest,
      }),
      { memory: parts },
    );
  /** 16 GiB less what the system takes, less 7 for the model. */
  const left = 16 * 0.925 - 7;

  test('is bounded by what the model leaves of a CPU’s memory', () => {
    expect(find(String(Math.floor(left * 1024)))).toEqual([]);
    expect(find(String(Math.floor(left * 1024) + 1))).toMatchObject([
      {
        got: `SM_LLAMA_CPP_CACHE_RAM ${Math.floor(left * 1024) + 1} MiB`,
        allowed: '7.8 GiB, which ml.c7i.2xlarge has left',
        fix: 'set SM_LLAMA_CPP_CACHE_RAM to 3840',
      },
    ]);
    expect(find('1', {}, { weights: 90 * GIB, activations: null, kvCache: null })[0].fix).toBe(
      'set SM_LLAMA_CPP_CACHE_RAM to 0',
    );
    expect(find('4096', {}, { weights: null, activations: 10 * GIB, kvCache: null })).toEqual([]);
    expect(find('6000', {}, { weights: null, activations: 10 * GIB, kvCache: null })).toHaveLength(1);
  });

  test('has the host to itself where the model is on a GPU', () => {
    expect(find('14000', { instanceType: 'ml.g5.xlarge' })).toEqual([]);
    expect(find('15200', { instanceType: 'ml.g5.xlarge' })).toHaveLength(1);
  });

  test('without a bound is too large for any host', () => {
    expect(find('-1')).toMatchObject([{ got: 'SM_LLAMA_CPP_CACHE_RAM without a bound' }]);
  });

  test.each(['much', '8192M', 'x8192', undefined])('of %s is not judged', (text) => {
    expect(find(text)).toEqual([]);
  });

  test('is not judged without an instance', () => {
    expect(find('-1', { instanceType: undefined })).toEqual([]);
  });
});

describe('QUANTIZED_VALUES_NEED_KERNEL', () => {
  const find = (options: object, instanceType: string | undefined = 'ml.g6.xlarge', version?: string) =>
    alone(
      'QUANTIZED_VALUES_NEED_KERNEL',
      spec({ options, instanceType, container: { family: 'llama-cpp', ...(version && { version }) } }),
    );

  test.each([
    { kvTypeK: 'q8_0', kvTypeV: 'q8_0' },
    { kvTypeK: 'Q4_0', kvTypeV: 'Q4_0' },
    { kvTypeK: 'q4_0', kvTypeV: 'f16' },
    { kvTypeK: 'q4_0', kvTypeV: 'BF16' },
    { kvTypeV: 'q4_0', flashAttention: 'off' },
    {},
  ])('has nothing to say of %j', (options) => expect(find(options)).toEqual([]));

  test.each([
    [{ kvTypeV: 'q8_0' }, 'error'],
    [{ kvTypeK: 'q8_0', kvTypeV: 'q4_0' }, 'error'],
    [{ kvTypeK: 'q5_1', kvTypeV: 'q5_1' }, 'error'],
    [{ kvTypeV: 'q8_0', flashAttention: 'on' }, 'warning'],
  ])('%j is an %s on a GPU up to b10068, slow since, and nothing on a CPU', (options, severity) => {
    expect(find(options, 'ml.g6.xlarge', 'b9522')).toMatchObject([{ severity, path: '/options/kvTypeV' }]);
    for (const version of ['b10361', '1.0.0', undefined])
      expect(find(options, 'ml.g6.xlarge', version)).toMatchObject([{ severity: 'warning' }]);
    expect(find(options, 'ml.c7i.4xlarge')).toEqual([]);
    expect(alone('QUANTIZED_VALUES_NEED_KERNEL', { ...spec({ options }), instanceType: undefined })).toEqual([]);
  });
});

describe('ARGUMENT_VALUE_UNKNOWN', () => {
  const find = (environment: Record<string, string>, family: 'llama-cpp' | 'vllm' = 'llama-cpp') =>
    alone('ARGUMENT_VALUE_UNKNOWN', spec({ environment, container: { family } }));

  test.each([
    ['SPLIT_MODE', 'columns', 'none, layer, row or tensor'],
    ['POOLING', 'avg', 'none, mean, cls, last or rank'],
    ['ROPE_SCALING', 'dynamic', 'none, linear or yarn'],
    ['NUMA', 'auto', 'distribute, isolate or numactl'],
    ['LOAD_MODE', 'mmapped', 'auto, none, mmap, mlock, mmap+mlock or dio'],
  ])('%s=%s', (name, value, allowed) => {
    expect(find({ [`SM_LLAMA_CPP_${name}`]: value })).toMatchObject([
      { got: `SM_LLAMA_CPP_${name}=${value}`, allowed, path: `/environment/SM_LLAMA_CPP_${name}` },
    ]);
  });

  test.each([
    { SM_LLAMA_CPP_SPLIT_MODE: 'row' },
    { SM_LLAMA_CPP_FIT: 'enabled' },
    { SM_LLAMA_CPP_SPEC_TYPE: 'draft-mtp,ngram-mod' },
    { SM_LLAMA_CPP_SPLIT_MODE: 'true' },
    { SM_LLAMA_CPP_SPLIT_MODE: '' },
    { SM_LLAMA_CPP_SPLIT_MODE: '${Token[TOKEN.1]}' },
    { SM_LLAMA_CPP_N_GPU_LAYERS: 'all', SM_LLAMA_CPP_TENSOR_SPLIT: '3,1' },
    { SM_LLAMA_CPP_FLASH_ATTN: 'yes' },
  ])('%j is taken, or another rule’s matter', (environment) => {
    expect(find(environment as unknown as Record<string, string>)).toEqual([]);
  });

  test.each([
    ['eagle3', 'write draft-eagle3, or leave it out'],
    ['ngram-mod,mtp', 'write draft-mtp, or leave it out'],
  ])('each of several types of speculation counts: %s', (value, fix) => {
    expect(find({ SM_LLAMA_CPP_SPEC_TYPE: value })).toMatchObject([{ got: `SM_LLAMA_CPP_SPEC_TYPE=${value}`, fix }]);
  });

  test('is of llama-server alone', () => {
    expect(find({ SM_LLAMA_CPP_SPLIT_MODE: 'columns' }, 'vllm')).toEqual([]);
    expect(alone('ARGUMENT_VALUE_UNKNOWN', spec({}))).toEqual([]);
  });
});

describe('ARGUMENT_REMOVED', () => {
  const find = (environment: Record<string, string>, family: 'llama-cpp' | 'vllm' = 'llama-cpp') =>
    alone('ARGUMENT_REMOVED', spec({ environment, container: { family } }));

  test.each([
    ['DRAFT', 'write SM_LLAMA_CPP_SPEC_DRAFT_N_MAX, or leave it out'],
    ['DRAFT_MAX', 'write SM_LLAMA_CPP_SPEC_DRAFT_N_MAX, or leave it out'],
    ['DRAFT_N_MIN', 'write SM_LLAMA_CPP_SPEC_DRAFT_N_MIN, or leave it out'],
    ['SPEC_NGRAM_SIZE_M', 'leave SM_LLAMA_CPP_SPEC_NGRAM_SIZE_M out, or use the respective --spec-ngram-*-size-m'],
  ])('%s', (name, fix) => {
    expect(find({ [`SM_LLAMA_CPP_${name}`]: '16' })).toMatchObject([
      { got: `SM_LLAMA_CPP_${name}=16`, fix, path: `/environment/SM_LLAMA_CPP_${name}` },
    ]);
  });

  test.each([
    { SM_LLAMA_CPP_SPEC_DRAFT_N_MAX: '16' },
    { SM_LLAMA_CPP_DRAFT_P_MIN: '0.8' },
    { SM_LLAMA_CPP_DRAFT_MAX: 'false' },
    { OTHER_DRAFT_MAX: '16' },
  ])('%j is taken, or never handed on', (environment) => {
    expect(find(environment as unknown as Record<string, string>)).toEqual([]);
  });

  test('is of llama-server alone', () => {
    expect(find({ SM_LLAMA_CPP_DRAFT_MAX: '16' }, 'vllm')).toEqual([]);
    expect(alone('ARGUMENT_REMOVED', spec({}))).toEqual([]);
  });
});

test('a priority has a value, and is no bare flag', () => {
  const found = alone('FLAG_BECOMES_POSITIONAL', spec({ environment: { SM_LLAMA_CPP_PRIO: '2' } }));
  expect(found).toEqual([]);
});

describe('multi-token prediction', () => {
  const of = (environment: Record<string, string>, config: object = SMALL) =>
    alone('SPECULATION_NEEDS_MTP_LAYERS', spec({ model: { config: config as typeof SMALL }, environment }));
  test('needs layers for it, of the model or of a draft', () => {
    expect(of({ SM_LLAMA_CPP_SPEC_TYPE: 'draft-mtp', SM_LLAMA_CPP_SPEC_DRAFT_N_MAX: '3' })).toHaveLength(1);
    expect(of({ LLAMA_ARG_SPEC_TYPE: 'draft-mtp' })).toHaveLength(1);
    expect(of({ SM_LLAMA_CPP_SPEC_TYPE: 'draft-mtp' }, { ...SMALL, num_nextn_predict_layers: 1 })).toEqual([]);
    expect(of({ SM_LLAMA_CPP_SPEC_TYPE: 'draft-mtp', SM_LLAMA_CPP_MODEL_DRAFT: '/x/mtp.gguf' })).toEqual([]);
    // llama-server looks for a file of such layers in the repository.
    expect(of({ SM_LLAMA_CPP_SPEC_TYPE: 'draft-mtp', SM_LLAMA_CPP_HF_REPO: 'org/model-GGUF' })).toEqual([]);
  });
  test('shares its context with no draft of another kind', () => {
    const both = { SM_LLAMA_CPP_SPEC_TYPE: 'draft-eagle3,draft-mtp', SM_LLAMA_CPP_MODEL_DRAFT: '/x/eagle.gguf' };
    expect(of(both, { ...SMALL, num_nextn_predict_layers: 1 })).toMatchObject([
      { fix: 'leave draft-mtp out of SM_LLAMA_CPP_SPEC_TYPE' },
    ]);
  });
});

test.each([
  [{ SM_LLAMA_CPP_CHAT_TEMPLATE: 'mistral-v7-tekken' }, 1],
  [{ SM_LLAMA_CPP_CHAT_TEMPLATE: 'llama2', SM_LLAMA_CPP_JINJA: 'false' }, 1],
  [{ SM_LLAMA_CPP_CHAT_TEMPLATE: 'llama2', LLAMA_ARG_JINJA: '0' }, 0],
  [{ SM_LLAMA_CPP_CHAT_TEMPLATE: 'llama2', SM_LLAMA_CPP_NO_JINJA: '' }, 0],
  [{ SM_LLAMA_CPP_CHAT_TEMPLATE: 'a b' }, 0],
])('a chat template by name: %j', (environment, findings) => {
  expect(alone('CHAT_TEMPLATE_IS_A_NAME', spec({ environment: environment as Record<string, string> }))).toHaveLength(
    findings,
  );
});

test('of the file formats GGUF alone is loaded', () => {
  const of = (file: string) => alone('MODEL_FILE_NOT_LOADABLE', spec({ environment: { SM_LLAMA_CPP_MODEL: file } }));
  for (const file of ['/x/model.safetensors', '/x/pytorch_model.pth', '/x/llama.ggmlv3.q4_0.bin'])
    expect(of(file)).toHaveLength(1);
  expect(of('/x/model.bin')).toEqual([]);
});

test.each([
  ['Olmo2ForCausalLM', 1],
  ['Olmo3ForCausalLM', 1],
  ['LlamaForCausalLM', 0],
  ['Qwen3ForCausalLM', 0],
])('whether tensors of %s can be split over GPUs', (architecture, findings) => {
  const config = { ...SMALL, architectures: [architecture] };
  const environment = { SM_LLAMA_CPP_SPLIT_MODE: 'tensor' };
  expect(alone('SPLIT_MODE_TENSOR', spec({ model: { config }, environment }))).toHaveLength(findings);
});

test.each([
  [{ SM_LLAMA_CPP_SPEC_TYPE: 'draft-simple,ngram-mod' }, 1],
  [{ SM_LLAMA_CPP_SPEC_TYPE: 'draft-dflash', SM_LLAMA_CPP_SPEC_DRAFT_MODEL: '/x/draft.gguf' }, 0],
  [{ SM_LLAMA_CPP_SPEC_TYPE: 'draft-eagle3', SM_LLAMA_CPP_HF_REPO: 'org/model-GGUF' }, 0],
  [{ SM_LLAMA_CPP_SPEC_TYPE: 'draft-mtp' }, 0],
])('speculation without its draft: %j', (environment, findings) => {
  expect(alone('SPECULATION_WITHOUT_DRAFT', spec({ environment: environment as Record<string, string> }))).toHaveLength(
    findings,
  );
});

test.each([
  [{ SM_LLAMA_CPP_EMBEDDINGS: '' }, 2048, 1, 1],
  [{ SM_LLAMA_CPP_EMBEDDINGS: 'false' }, 2048, 1, 0],
  [{ LLAMA_ARG_EMBEDDINGS: '1', LLAMA_ARG_UBATCH: '1024' }, 2048, 1, 1],
  [{ LLAMA_ARG_EMBEDDINGS: '1', LLAMA_ARG_UBATCH: '1024' }, 2048, 2, 0],
  [{ SM_LLAMA_CPP_RERANKING: 'true', SM_LLAMA_CPP_POOLING: 'rank' }, 1024, 1, 1],
])('embeddings %j in a context of %d over %d slots', (environment, maxModelLen, slots, findings) => {
  const embedding = spec({ environment: environment as Record<string, string>, options: { maxModelLen, slots } });
  expect(alone('EMBEDDING_EXCEEDS_BATCH', embedding)).toHaveLength(findings);
});

describe('a build of llama.cpp that is named', () => {
  const container = (version: string) => ({ family: 'llama-cpp' as const, version });
  const of = (id: string, version: string, rest: Partial<EndpointSpec>) =>
    alone(id, spec({ container: container(version), ...rest }));
  const QWEN3_MOE = {
    ...{ ...SMALL, architectures: ['Qwen3MoeForCausalLM'], model_type: 'qwen3_moe' },
    ...{ num_experts: 8, num_experts_per_tok: 2, moe_intermediate_size: 256 },
  };

  test('is known as it stands in a tag, and is no unknown image', () => {
    for (const version of ['b6122', '6122', 'server-cuda-b6122'])
      expect(of('IMAGE_VERSION_UNKNOWN', version, {})).toEqual([]);
    expect(of('IMAGE_VERSION_UNKNOWN', 'nightly', {})).toHaveLength(1);
  });

  test('does not load an architecture that came later, and says when it did', () => {
    const found = of('GGUF_ARCHITECTURE_NOT_IN_LLAMA_CPP', 'b4980', { model: { config: QWEN3_MOE } });
    expect(found).toHaveLength(1);
    expect(found[0].message).toMatch(/b4980.*qwen3moe/);
    expect(of('GGUF_ARCHITECTURE_NOT_IN_LLAMA_CPP', 'b5415', { model: { config: QWEN3_MOE } })).toEqual([]);
    // Between the builds that were read: nothing is said.
    expect(of('GGUF_ARCHITECTURE_NOT_IN_LLAMA_CPP', 'b5200', { model: { config: QWEN3_MOE } })).toEqual([]);
  });

  test('takes a model that was once written as another architecture', () => {
    const text = { ...SMALL, model_type: 'mistral', architectures: undefined };
    const eye = { model_type: 'pixtral', hidden_size: 64, intermediate_size: 128, num_hidden_layers: 1 };
    const vision = { ...eye, num_attention_heads: 2, image_size: 64, patch_size: 16 };
    const model_type = 'mistral3';
    const architectures = ['Mistral3ForConditionalGeneration'];
    const config = { architectures, model_type, text_config: text, vision_config: vision };
    expect(of('GGUF_ARCHITECTURE_NOT_IN_LLAMA_CPP', 'b5415', { model: { config } })).toEqual([]);
  });

  test('has the arguments of its time', () => {
    const environment = { SM_LLAMA_CPP_NO_MMAP: 'true', SM_LLAMA_CPP_DRAFT_MAX: '8' };
    expect(check(spec({ container: container('b6122'), environment })).findings.map(({ rule }) => rule)).toEqual([]);
    expect(of('ARGUMENT_NOT_IN_BUILD', 'b6122', { environment: { SM_LLAMA_CPP_LOAD_MODE: 'mmap' } })).toHaveLength(1);
    expect(of('ARGUMENT_NOT_IN_BUILD', 'b9842', { environment: { SM_LLAMA_CPP_SPEC_REPLACE: 'a b' } })).toHaveLength(1);
    expect(of('ARGUMENT_NOT_IN_BUILD', 'b4435', { environment: { SM_LLAMA_CPP_JINJA: 'false' } })).toEqual([]);
  });

  test('takes --flash-attn bare until b6303, with a value from b6341 on, and nobody knows between', () => {
    const set = (value: string) => ({ environment: { SM_LLAMA_CPP_FLASH_ATTN: value } });
    expect(of('ARGUMENT_NOT_IN_BUILD', 'b6301', set('on'))).toHaveLength(1);
    expect(of('VARIABLE_VALUE_MISSING', 'b6301', set('true'))).toEqual([]);
    expect(of('VARIABLE_VALUE_MISSING', 'b6431', set('true'))).toHaveLength(1);
    for (const value of ['on', 'true']) {
      expect(of('ARGUMENT_NOT_IN_BUILD', 'b6350', set(value))).toEqual([]);
      expect(of('VARIABLE_VALUE_MISSING', 'b6350', set(value))).toEqual([]);
    }
  });

  test('has flash attention off where it has no auto', () => {
    const options = { maxModelLen: 512, slots: 1, kvTypeV: 'q8_0' };
    const id = 'QUANTIZED_VALUES_NEED_FLASH_ATTENTION';
    expect(of(id, 'b4234', { options })).toHaveLength(1);
    expect(of(id, 'b4234', { options: { ...options, flashAttention: 'on' } })).toEqual([]);
    expect(of(id, 'b6431', { options })).toEqual([]);
  });
});

describe('a context that nobody sets', () => {
  const LLAMA = {
    ...SMALL,
    ...{ hidden_size: 4096, intermediate_size: 14_336, num_attention_heads: 32, num_key_value_heads: 8 },
    ...{ num_hidden_layers: 32, vocab_size: 128_256, max_position_embeddings: 131_072 },
  };
  const on = (instanceType: string, quantization: string, options: object = {}) =>
    rules({
      model: { config: LLAMA },
      quantization,
      instanceType,
      options,
      environment: { SM_LLAMA_CPP_N_GPU_LAYERS: '99' },
      endpoint: { inferenceAmiVersion: 'al2023-ami-sagemaker-inference-gpu-4-1' },
    });

  test('is shortened to what fits, and refused only where 4,096 tokens do not', () => {
    expect(on('ml.g4dn.xlarge', 'gguf:Q4_K_M')).not.toContain('KV_CACHE_BELOW_CONTEXT');
    expect(on('ml.g4dn.xlarge', 'gguf:Q4_K_M', { maxModelLen: 131_072 })).toContain('KV_CACHE_BELOW_CONTEXT');
    expect(on('ml.g4dn.xlarge', 'gguf:F16')).toContain('KV_CACHE_BELOW_CONTEXT');
  });
});

describe('LAYERS_EXCEED_HOST_MEMORY', () => {
  const MIXTURE = {
    ...SMALL,
    ...{ architectures: ['MixtralForCausalLM'], model_type: 'mixtral', num_local_experts: 8, num_experts_per_tok: 2 },
    ...{ hidden_size: 6144, intermediate_size: 16_384, num_attention_heads: 48, num_key_value_heads: 8 },
    ...{ num_hidden_layers: 56, vocab_size: 32_768 },
  };
  const find = (environment: Record<string, string>, instanceType = 'ml.g5.2xlarge') =>
    alone(
      'LAYERS_EXCEED_HOST_MEMORY',
      spec({ model: { config: MIXTURE }, quantization: 'gguf:Q4_K_M', instanceType, environment }),
    );

  test('counts experts that are kept back, and refuses what cannot be read again', () => {
    expect(find({ SM_LLAMA_CPP_CPU_MOE: 'true' })).toMatchObject([{ severity: 'warning' }]);
    expect(find({ SM_LLAMA_CPP_CPU_MOE: 'true', SM_LLAMA_CPP_LOAD_MODE: 'none' })).toMatchObject([
      { severity: 'error' },
    ]);
    expect(find({ SM_LLAMA_CPP_CPU_MOE: 'true' }, 'ml.g5.12xlarge')).toEqual([]);
    expect(find({ SM_LLAMA_CPP_N_CPU_MOE: '10', SM_LLAMA_CPP_N_GPU_LAYERS: '99' })).toEqual([]);
  });
});

describe('an argument that llama-server takes apart', () => {
  const find = (name: string, value: string, id = 'ARGUMENT_FORM_UNKNOWN') =>
    alone(id, spec({ environment: { [`SM_LLAMA_CPP_${name}`]: value } }));

  test.each([
    ['LORA_SCALED', '/a.gguf:1,/b.gguf:.5'],
    ['LORA_SCALED', ''],
    ['CONTROL_VECTOR_SCALED', '/v.gguf:-0.5'],
    ['OVERRIDE_KV', 'a.b=int:1,c.d=str:x'],
    ['CHAT_TEMPLATE_KWARGS', '{}'],
  ])('may be %s=%s', (name, value) => expect(find(name, value)).toEqual([]));

  test.each([
    ['LORA_SCALED', '/a.gguf:1,/b.gguf'],
    ['CONTROL_VECTOR_SCALED', '/v.gguf:strong'],
    ['OVERRIDE_KV', 'a.b=bool:yes'],
    ['OVERRIDE_KV', 'a.b'],
    ['CHAT_TEMPLATE_KWARGS', '[1]'],
  ])('is refused as %s=%s', (name, value) => expect(find(name, value)).toHaveLength(1));

  test('has numbers above its least', () => {
    const id = 'VARIABLE_VALUE_OUT_OF_RANGE';
    expect(find('REASONING_BUDGET', '-5', id)).toHaveLength(1);
    expect(find('REASONING_BUDGET', '-1', id)).toEqual([]);
    expect(find('SLEEP_IDLE_SECONDS', '0', id)).toHaveLength(1);
    expect(find('SLEEP_IDLE_SECONDS', '-1', id)).toEqual([]);
    expect(find('N_CPU_MOE', '-3', id)).toHaveLength(1);
  });
});

describe('rows of tensors split over GPUs', () => {
  const of = (rest: Partial<EndpointSpec>) =>
    alone(
      'SPLIT_MODE_ROW',
      spec({ instanceType: 'ml.g6.12xlarge', environment: { SM_LLAMA_CPP_SPLIT_MODE: 'row' }, ...rest }),
    );
  test('stop today’s llama-server, on one GPU as well', () => {
    expect(of({})).toMatchObject([{ fix: 'set SM_LLAMA_CPP_SPLIT_MODE to layer' }]);
    expect(of({ instanceType: 'ml.g6.xlarge' })).toHaveLength(1);
    expect(of({ environment: { LLAMA_ARG_SPLIT_MODE: 'row' } })).toMatchObject([
      { path: '/environment/LLAMA_ARG_SPLIT_MODE' },
    ]);
  });
  test('are for builds that still had them, and nothing to a host without a GPU', () => {
    expect(of({ container: { family: 'llama-cpp', version: 'b9522' } })).toEqual([]);
    expect(of({ container: { family: 'llama-cpp', version: 'b10433' } })).toHaveLength(1);
    expect(of({ instanceType: 'ml.c7i.4xlarge' })).toEqual([]);
    expect(of({ environment: { SM_LLAMA_CPP_SPLIT_MODE: 'layer' } })).toEqual([]);
  });
});

describe('arguments that went away only lately', () => {
  const of = (environment: Record<string, string>, version?: string) =>
    check(
      spec({ container: { family: 'llama-cpp', ...(version === undefined ? {} : { version }) }, environment }),
    ).findings.map(({ rule }) => rule);
  test('are held against no image whose build is not known', () => {
    expect(of({ SM_LLAMA_CPP_NO_MMAP: 'true', SM_LLAMA_CPP_MLOCK: 'true' })).toEqual([]);
    expect(of({ SM_LLAMA_CPP_MLOCK: 'true' }, '1.0.0')).toEqual([]);
    expect(of({ SM_LLAMA_CPP_LOAD_MODE: 'mlock' })).toEqual([]);
  });
  test('are flags there all the same', () => {
    expect(of({ SM_LLAMA_CPP_MLOCK: '1' })).toEqual(['FLAG_BECOMES_POSITIONAL']);
    expect(of({ SM_LLAMA_CPP_MMAP: 'false' })).toEqual(['FLAG_SWITCHED_OFF_IS_DROPPED']);
  });
  test('of others nothing is assumed', () => {
    expect(of({ SM_LLAMA_CPP_LOG_FORMAT: 'json' })).toEqual(['VARIABLE_NOT_READ']);
  });
});

test.each([
  [{ SM_LLAMA_CPP_EMBEDDINGS: 'true' }, undefined, 1],
  [{ SM_LLAMA_CPP_RERANKING: '' }, undefined, 1],
  [{ LLAMA_ARG_RERANKING: 'true' }, undefined, 1],
  [{ SM_LLAMA_CPP_EMBEDDINGS: 'false' }, undefined, 0],
  [{ SM_LLAMA_CPP_EMBEDDINGS: 'true' }, 'b9522', 0],
])('no request reaches embeddings or ranks: %j', (environment, version, findings) => {
  const container = { family: 'llama-cpp', ...(version === undefined ? {} : { version }) } as const;
  expect(
    alone('EMBEDDINGS_NOT_ROUTED', spec({ container, environment: environment as Record<string, string> })),
  ).toHaveLength(findings);
});

test('a key of its own keeps every request from llama-server', () => {
  expect(check(spec({ environment: { SM_LLAMA_CPP_API_KEY: 'secret' } })).verdict).toBe('error');
});

describe('builds that came before what a GGUF has', () => {
  const SCALED = {
    rope_type: 'llama3',
    factor: 8,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 256,
  };
  const of = (id: string, version: string | undefined, config: object, environment?: Record<string, string>) =>
    alone(
      id,
      spec({
        model: { config: config as typeof SMALL },
        container: { family: 'llama-cpp', ...(version === undefined ? {} : { version }) },
        ...(environment === undefined ? {} : { environment }),
      }),
    );
  test.each([
    ['b3445', { ...SMALL, rope_scaling: SCALED }, 1],
    ['b3411', { ...SMALL, rope_parameters: SCALED }, 1],
    ['b3543', { ...SMALL, rope_scaling: SCALED }, 0],
    // Between the builds that tell nothing is said.
    ['b3500', { ...SMALL, rope_scaling: SCALED }, 0],
    [undefined, { ...SMALL, rope_scaling: SCALED }, 0],
    ['b3445', SMALL, 0],
    ['b3445', { ...SMALL, architectures: ['ExaoneForCausalLM'], rope_scaling: SCALED }, 0],
  ])('the RoPE factors of Llama 3.1 in %s: %j', (version, config, findings) => {
    expect(of('ROPE_FACTORS_NOT_IN_BUILD', version, config)).toHaveLength(findings);
  });
  test.each([
    ['CTX_SIZE_DRAFT', undefined, 1],
    ['CTX_SIZE_DRAFT', '1.0.0', 1],
    ['CTX_SIZE_DRAFT', 'b8390', 0],
    ['PENALIZE_NL', undefined, 1],
    ['MLOCK', undefined, 0],
    ['NO_SUCH_ARGUMENT', undefined, 0],
  ])('%s, which had gone, in %s', (name, version, findings) => {
    expect(of('ARGUMENT_NOT_IN_BUILD', version, SMALL, { [`SM_LLAMA_CPP_${name}`]: '1' })).toHaveLength(findings);
  });
  test.each([
    ['b6303', 1],
    ['b6341', 0],
  ])('a value of --flash-attn in %s', (version, findings) => {
    expect(of('ARGUMENT_NOT_IN_BUILD', version, SMALL, { SM_LLAMA_CPP_FLASH_ATTN: 'on' })).toHaveLength(findings);
  });
});

describe('what llama-server cannot take as it is written', () => {
  const of = (id: string, environment: Record<string, string>, instanceType = 'ml.g6.12xlarge') =>
    alone(id, spec({ instanceType, environment }));
  test.each([
    ['HF_REPO', 'https://huggingface.co/org/model-GGUF', 1],
    ['HF_REPO', 'model-GGUF', 1],
    ['HF_REPO', 'org/model-GGUF:Q4_K_M', 0],
    ['SPEC_DRAFT_HF', 'org/draft-GGUF/file.gguf', 1],
    ['TENSOR_SPLIT', '[1,1,1,1]', 1],
    ['TENSOR_SPLIT', 'auto', 1],
    ['TENSOR_SPLIT', '3,1', 0],
    ['TENSOR_SPLIT', '0.5/0.5', 0],
    ['N_GPU_LAYERS', 'max', 1],
    ['N_GPU_LAYERS', 'ALL', 1],
    ['N_GPU_LAYERS', 'all', 0],
    ['N_GPU_LAYERS', '-1', 0],
    ['GPU_LAYERS', '${Token[TOKEN.1]}', 0],
  ])('%s=%s', (name, value, findings) => {
    expect(of('ARGUMENT_FORM_UNKNOWN', { [`SM_LLAMA_CPP_${name}`]: value })).toHaveLength(findings);
  });
  test.each([
    ['org/model-GGUF', 'give it as SM_LLAMA_CPP_HF_REPO, in place of SM_LLAMA_CPP_MODEL'],
    ['https://huggingface.co/a/b/resolve/main/c.gguf', undefined],
    ['s3://bucket/model.gguf', undefined],
  ])('no file of the container: %s', (value, fix) => {
    expect(of('MODEL_FILE_NOT_LOADABLE', { SM_LLAMA_CPP_MODEL: value })).toMatchObject([
      fix === undefined ? {} : { fix },
    ]);
  });
  test('a file of the container by a relative path', () => {
    for (const SM_LLAMA_CPP_MODEL of ['models/model.gguf', './model', '../models/model.Q4_K_M'])
      expect(of('MODEL_FILE_NOT_LOADABLE', { SM_LLAMA_CPP_MODEL })).toEqual([]);
  });
  test.each([
    ['cuda', 1],
    ['0', 1],
    ['CUDA0, CUDA1', 1],
    ['cuda3', 0],
    ['none', 0],
    ['cuda4', 1],
  ])('--device %s', (value, findings) => {
    expect(of('GPU_NOT_THERE', { SM_LLAMA_CPP_DEVICE: value })).toHaveLength(findings);
  });
  test('a type of the cache in capitals', () => {
    expect(of('KV_TYPE_UNKNOWN', { SM_LLAMA_CPP_CACHE_TYPE_K: 'Q8_0', LLAMA_ARG_CACHE_TYPE_V: 'F16' })).toMatchObject([
      { path: '/environment/SM_LLAMA_CPP_CACHE_TYPE_K', fix: 'set SM_LLAMA_CPP_CACHE_TYPE_K to q8_0' },
      { path: '/environment/LLAMA_ARG_CACHE_TYPE_V', fix: 'set LLAMA_ARG_CACHE_TYPE_V to f16' },
    ]);
    expect(alone('KV_TYPE_UNKNOWN', spec({ options: { kvTypeK: 'Q8_0' } }))).toEqual([]);
  });
  test.each([
    ['/v1', 1],
    ['', 0],
    ['false', 0],
  ])('a prefix of its routes: %j', (value, findings) => {
    expect(of('HEALTH_NOT_AT_ITS_PATH', { SM_LLAMA_CPP_API_PREFIX: value })).toHaveLength(findings);
  });
});

describe('the first GGUF of the model folder', () => {
  const of = (environment: Record<string, string>) => alone('MODEL_NOT_NAMED', spec({ environment }));
  test('may be one that goes with the model', () => {
    expect(of({ SM_LLAMA_CPP_MMPROJ: '/opt/ml/model/mmproj-F16.gguf' })).toHaveLength(1);
    expect(of({ SM_LLAMA_CPP_LORA: '/opt/ml/model/adapters/a.gguf' })).toHaveLength(1);
    expect(of({ SM_LLAMA_CPP_MODEL_DRAFT: '/opt/ml/model/draft.gguf' })).toHaveLength(1);
  });
  test('is not taken where the model is named, and what lies elsewhere is not in its way', () => {
    const SM_LLAMA_CPP_MMPROJ = '/opt/ml/model/mmproj-F16.gguf';
    expect(of({ SM_LLAMA_CPP_MMPROJ, SM_LLAMA_CPP_MODEL: '/opt/ml/model/model.gguf' })).toEqual([]);
    expect(of({ SM_LLAMA_CPP_MMPROJ, SM_LLAMA_CPP_HF_REPO: 'org/model-GGUF' })).toEqual([]);
    expect(of({ SM_LLAMA_CPP_LORA: '/opt/ml/additional-model-data-sources/lora/a.gguf' })).toEqual([]);
    expect(of({ SM_LLAMA_CPP_LORA: '/opt/ml/model/a/b/c.gguf' })).toEqual([]);
    expect(of({ SM_LLAMA_CPP_MMPROJ, SM_LLAMA_CPP_MODEL_DIR: '/opt/ml/model/main' })).toEqual([]);
  });
});

test.each([
  ['bartowski/DeepSeek-R1-Distill-Qwen-7B-GGUF', 'Qwen2ForCausalLM', 4096, 'b4215', 1],
  ['bartowski/DeepSeek-R1-Distill-Qwen-7B-GGUF', 'Qwen2ForCausalLM', 4096, 'b4529', 0],
  // Between the builds that were read nothing is said, and the first builds did not look.
  ['bartowski/DeepSeek-R1-Distill-Qwen-7B-GGUF', 'Qwen2ForCausalLM', 4096, 'b4500', 0],
  ['bartowski/DeepSeek-R1-Distill-Qwen-7B-GGUF', 'Qwen2ForCausalLM', 4096, 'b2750', 0],
  ['bartowski/Qwen2.5-7B-GGUF', 'Qwen2ForCausalLM', 4096, 'b4215', 0],
  ['bartowski/Mistral-Nemo-Instruct-2407-GGUF', 'MistralForCausalLM', 131072, 'b3347', 1],
  ['bartowski/Mistral-7B-GGUF', 'MistralForCausalLM', 32768, 'b3347', 0],
  ['unsloth/Phi-4-mini-instruct-GGUF', 'Phi3ForCausalLM', 200064, 'b4600', 1],
  ['bartowski/Falcon3-7B-Instruct-GGUF', 'LlamaForCausalLM', 131072, 'b4234', 1],
])('the pre-tokenizer of %s (%s, %i) in %s', (id, architecture, vocabSize, version, findings) => {
  const config = { ...SMALL, architectures: [architecture], vocab_size: vocabSize };
  expect(
    alone('PRE_TOKENIZER_NOT_IN_BUILD', spec({ model: { id, config }, container: { family: 'llama-cpp', version } })),
  ).toHaveLength(findings);
});
