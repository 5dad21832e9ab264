import {
  GEMMA2_2B,
  GEMMA_4,
  INTERNVL_26B,
  LLAMA_8B,
  QWEN3_MOE,
  QWEN3_SMALL,
  type Json,
} from '../../lib/rules/helpers/samples';
import { alone } from './own-findings';

const endpoint = (parts: object = {}, config: Json = LLAMA_8B) => ({
  model: { config },
  container: { family: 'vllm' },
  ...parts,
});
const called = (architecture: string, config: Json = LLAMA_8B, type?: string): Json => ({
  ...config,
  architectures: [architecture],
  ...(type === undefined ? {} : { model_type: type }),
});
const on = (version: string) => ({ container: { family: 'vllm', version } });

describe('TRTLLM_ARCHITECTURE_NOT_LISTED', () => {
  const find = (config: Json, environment?: object) =>
    alone('TRTLLM_ARCHITECTURE_NOT_LISTED', endpoint({ container: { family: 'lmi-trtllm' }, environment }, config));
  const pytorch = { OPTION_BACKEND: 'pytorch' };

  test('warns of what its documentation does not list, unless no engine is built', () => {
    expect(find(LLAMA_8B)).toEqual([]);
    expect(find(called('Phi3ForCausalLM'))).toMatchObject([{ severity: 'warning', got: 'Phi3ForCausalLM' }]);
    expect(find(QWEN3_MOE)).toMatchObject([{ severity: 'error', got: 'Qwen3MoeForCausalLM' }]);
    expect(find(QWEN3_MOE, pytorch)).toEqual([]);
    expect(find(QWEN3_MOE, { OPTION_BACKEND: 'tensorrt' })).toHaveLength(1);
  });

  test('is asked of the image’s own time', () => {
    const of = (version: string, architecture: string) =>
      alone(
        'TRTLLM_ARCHITECTURE_NOT_LISTED',
        endpoint({ container: { family: 'lmi-trtllm', version } }, called(architecture)),
      ).map(({ severity }) => severity ?? 'error');
    expect(of('0.28.0', 'Gemma2ForCausalLM')).toEqual(['error']);
    expect(of('0.30.0', 'Gemma2ForCausalLM')).toEqual([]);
    expect(of('0.30.0', 'Qwen3ForCausalLM')).toEqual(['error']);
    expect(of('0.33.0', 'Qwen3ForCausalLM')).toEqual(['warning']);
    for (const version of ['0.25.0', '0.26.0', '0.27.0', '0.29.0']) expect(of(version, 'LlamaForCausalLM')).toEqual([]);
  });

  test.each(['GptOssForCausalLM', 'ApertusForCausalLM', 'SeedOssForCausalLM'])(
    'refuses %s, which is younger than the image',
    (architecture) => {
      for (const environment of [undefined, pytorch])
        expect(find(called(architecture, QWEN3_MOE), environment)).toMatchObject([
          { fix: 'use the lmi or vllm container', got: architecture },
        ]);
      expect(find(called(architecture, QWEN3_MOE))[0].severity).toBeUndefined();
    },
  );

  test('is of that image, and of a model that is known', () => {
    const config = called('GptOssForCausalLM', QWEN3_MOE);
    expect(alone('TRTLLM_ARCHITECTURE_NOT_LISTED', endpoint({}, config))).toEqual([]);
    expect(alone('TRTLLM_ARCHITECTURE_NOT_LISTED', endpoint({ container: undefined }, config))).toEqual([]);
    expect(
      alone('TRTLLM_ARCHITECTURE_NOT_LISTED', { model: { id: 'a/b' }, container: { family: 'lmi-trtllm' } }),
    ).toEqual([]);
  });
});

describe.each(['ARCHITECTURE_NEWER_THAN_SERVER', 'ARCHITECTURE_NOT_IN_SERVER', 'ARCHITECTURE_REMOVED_FROM_SERVER'])(
  '%s',
  (rule) => {
    test('knows vLLM alone', () => {
      for (const container of [undefined, { family: 'sglang' }, { family: 'llama-cpp' }])
        for (const architecture of ['SeedOssForCausalLM', 'NobodysForCausalLM', 'SmolLM3ForCausalLM'])
          expect(alone(rule, endpoint({ container }, called(architecture)))).toEqual([]);
      expect(alone(rule, { ...endpoint(on('0.8.5')), model: { id: 'a/b' } })).toEqual([]);
    });
  },
);

describe('a classifier that is a decoder with another head', () => {
  const SERVED = ['ARCHITECTURE_NEWER_THAN_SERVER', 'ARCHITECTURE_NOT_IN_SERVER', 'ARCHITECTURE_REMOVED_FROM_SERVER'];
  const rulesOf = (architecture: string, version: string, config?: Json) =>
    SERVED.filter((rule) => alone(rule, endpoint(on(version), called(architecture, config))).length > 0);

  test('is made by vLLM 0.10 and later of the decoder that it has', () => {
    for (const version of ['0.10.0', '0.11.2', '0.30.0']) {
      expect(rulesOf('Qwen2ForSequenceClassification', version)).toEqual([]);
      expect(rulesOf('LlamaForSequenceClassification', version)).toEqual([]);
    }
    expect(rulesOf('Qwen3ForSequenceClassification', '0.30.0', QWEN3_SMALL)).toEqual([]);
    expect(rulesOf('NobodysForSequenceClassification', '0.30.0')).toEqual(['ARCHITECTURE_NOT_IN_SERVER']);
  });

  test('needs an implementation of its own before', () => {
    expect(rulesOf('Qwen2ForSequenceClassification', '0.6.1')).toEqual(['ARCHITECTURE_NEWER_THAN_SERVER']);
    expect(rulesOf('Qwen2ForSequenceClassification', '0.9.2')).toEqual([]);
    expect(rulesOf('LlamaForSequenceClassification', '0.9.2')).toEqual(['ARCHITECTURE_NOT_IN_SERVER']);
  });

  test('is no more where its decoder is no more', () => {
    expect(rulesOf('InternLMForSequenceClassification', '0.23.0')).toEqual([]);
    expect(rulesOf('InternLMForSequenceClassification', '0.24.0')).toEqual(['ARCHITECTURE_NOT_IN_SERVER']);
  });
});

describe('ARCHITECTURE_NOT_IN_SERVER', () => {
  const find = (version: string, config: Json) => alone('ARCHITECTURE_NOT_IN_SERVER', endpoint(on(version), config));
  const unknown = called('NobodysForCausalLM');
  const translator: Json = {
    ...{ architectures: ['T5ForConditionalGeneration'], model_type: 't5', d_model: 512, d_ff: 2048, d_kv: 64 },
    ...{ num_layers: 6, num_decoder_layers: 6, num_heads: 8, vocab_size: 32_128, is_encoder_decoder: true },
  };

  test('is a warning where the server may take a model from Transformers, and else an error', () => {
    const old = find('0.6.3', unknown);
    const recent = find('0.11.2', called('HeliumForCausalLM', LLAMA_8B, 'helium'));
    expect(old).toHaveLength(1);
    expect(recent).toHaveLength(1);
    expect(old[0].severity).not.toBe(recent[0].severity);
    expect(find('0.11.2', unknown)[0].severity).toBe(old[0].severity);
    expect(recent[0].severity).toBe('warning');
  });

  test('is an error for encoder-decoders, which that does not serve', () => {
    const found = find('0.11.2', translator);
    expect(found).toHaveLength(1);
    expect(found[0].severity).not.toBe('warning');
  });
});

describe('ENCODER_CANNOT_GENERATE', () => {
  const bert: Json = {
    ...{ architectures: ['BertModel'], model_type: 'bert', hidden_size: 768, intermediate_size: 3072 },
    ...{ num_attention_heads: 12, num_hidden_layers: 12, vocab_size: 30_522, max_position_embeddings: 512 },
  };
  test('needs a server', () => {
    expect(alone('ENCODER_CANNOT_GENERATE', endpoint({ container: undefined }, bert))).toEqual([]);
    expect(alone('ENCODER_CANNOT_GENERATE', endpoint({ container: { family: 'lmi-trtllm' } }, LLAMA_8B))).toEqual([]);
  });
});

describe('GGUF in SGLang', () => {
  const asks = (version: string | undefined, type: string, parts: object = {}) =>
    alone('GGUF_ARCHITECTURE_NOT_IN_SGLANG', {
      ...endpoint(
        { container: { family: 'sglang', version }, quantization: 'gguf:Q4_K_M' },
        {
          ...called('NobodysForCausalLM', LLAMA_8B, type),
          ...parts,
        },
      ),
    });

  test.each([
    ['0.4.3.post3', 'nobody', 0],
    ['0.4.3.post4', 'nobody', 1],
    ['0.5.9', 'nobody', 1],
    ['0.5.10', 'nobody', 0],
    ['0.4.6.post5', 'gemma3_text', 1],
    ['0.4.7', 'gemma3_text', 0],
    ['0.4.9.post4', 'qwen3', 1],
    ['0.4.9.post5', 'qwen3', 0],
    ['0.4.10.post2', 'qwen3_moe', 1],
    ['0.5.1', 'qwen3_moe', 0],
    ['0.5.2', 'lfm2', 1],
    ['0.5.3', 'lfm2', 0],
    ['0.4.4', 'qwen2', 0],
  ])('%s and a GGUF of %s', (version, type, findings) => {
    expect(asks(version, type)).toHaveLength(findings);
  });

  test('names the release that has it, where one has', () => {
    expect(asks('0.4.4.post3', 'gemma3_text')[0].allowed).toContain('SGLang 0.4.7 or newer');
    expect(asks('0.4.4.post3', 'nobody')[0].allowed).not.toMatch(/\d/);
  });

  test('leaves a model that wraps another alone, but for those of the table', () => {
    expect(asks('0.5.5', 'nobodys_vl', { text_config: LLAMA_8B })).toEqual([]);
    expect(asks('0.5.5', 'nobodys_vl', { llm_config: LLAMA_8B })).toEqual([]);
    const container = { family: 'sglang', version: '0.4.4' };
    const { vision_config } = INTERNVL_26B;
    const gemma3 = {
      ...GEMMA_4,
      model_type: 'gemma3',
      architectures: ['Gemma3ForConditionalGeneration'],
      vision_config,
    };
    const spec = endpoint({ container, quantization: 'gguf:Q4_K_M' }, gemma3);
    expect(alone('GGUF_ARCHITECTURE_NOT_IN_SGLANG', spec)).toHaveLength(1);
  });

  test('is about GGUF, and needs to know the model', () => {
    const container = { family: 'sglang', version: '0.5.5' };
    const config = called('NobodysForCausalLM', LLAMA_8B, 'nobody');
    expect(alone('GGUF_ARCHITECTURE_NOT_IN_SGLANG', endpoint({ container, quantization: 'awq' }, config))).toEqual([]);
    const unknown = { container, quantization: 'gguf:Q4_K_M', model: { id: 'a/b' } };
    expect(alone('GGUF_ARCHITECTURE_NOT_IN_SGLANG', unknown)).toEqual([]);
  });
});

describe('GGUF in vLLM', () => {
  const gguf = (version: string, config: Json, parts: object = {}) =>
    endpoint({ ...on(version), quantization: 'gguf:Q4_K_M', ...parts }, config);
  const unknown = { ...called('NobodysForCausalLM', LLAMA_8B, 'nobody') };

  test.each([
    ['0.5.4', false],
    ['0.5.5', true],
    ['0.23.9', true],
    ['0.24.0', false],
  ])('%s looks the architecture up: %p', (version, expected) => {
    expect(alone('GGUF_ARCHITECTURE_NOT_IN_VLLM', gguf(version, unknown)).length > 0).toBe(expected);
    expect(alone('GGUF_ARCHITECTURE_NOT_IN_VLLM', { ...gguf(version, unknown), quantization: 'awq' })).toEqual([]);
    expect(alone('GGUF_ARCHITECTURE_NOT_IN_VLLM', { ...gguf(version, unknown), model: { id: 'a/b' } })).toEqual([]);
    expect(alone('GGUF_ARCHITECTURE_NOT_IN_VLLM', gguf(version, LLAMA_8B))).toEqual([]);
  });

  test('proposes a version where a later one has it', () => {
    const [never] = alone('GGUF_ARCHITECTURE_NOT_IN_VLLM', gguf('0.8.5', unknown));
    expect(never.fix).not.toMatch(/vLLM \d/);
    expect(never.got).toContain('nobody');
    const later = ['gemma3_text', 'qwen3', 'qwen3_moe', 'gemma2']
      .map(
        (type) =>
          alone('GGUF_ARCHITECTURE_NOT_IN_VLLM', gguf('0.5.5', called('NobodysForCausalLM', LLAMA_8B, type)))[0],
      )
      .filter((found) => found !== undefined);
    expect(later.some(({ fix = '', allowed = '' }) => /\d+\.\d+/.test(fix + allowed))).toBe(true);
  });

  test.each([
    ['0.5.4', 60e9, false],
    ['0.5.5', 60e9, true],
    ['0.19.1', 60e9, true],
    ['0.20.0', 60e9, false],
    ['0.8.5', 1e9, false],
  ])('%s with %d bytes is in several files: %p', (version, checkpointBytes, expected) => {
    const find = (parts: object = {}) =>
      alone('GGUF_IN_SEVERAL_FILES', gguf(version, LLAMA_8B, parts), { checkpointBytes });
    expect(find().length > 0).toBe(expected);
    expect(find({ quantization: 'awq' })).toEqual([]);
    expect(alone('GGUF_IN_SEVERAL_FILES', gguf(version, LLAMA_8B), { checkpointBytes: null })).toEqual([]);
  });
});

describe('REMOTE_CODE_NOT_TRUSTED', () => {
  const own = { auto_map: { AutoConfig: 'configuration_x.XConfig' } };
  const find = (config: Json, options: object = {}) => alone('REMOTE_CODE_NOT_TRUSTED', endpoint({ options }, config));
  const custom: Json = { ...called('InternLM2ForCausalLM', LLAMA_8B, 'internlm2'), ...own };

  test('is of models whose config is code of their own', () => {
    expect(find(custom)).toHaveLength(1);
    expect(find(custom, { trustRemoteCode: true })).toEqual([]);
    for (const map of [undefined, null, 'text', {}, { AutoModel: 'x' }])
      expect(find({ ...custom, auto_map: map })).toEqual([]);
    expect(find({ ...LLAMA_8B, ...own })).toEqual([]);
  });

  test('is an error in vLLM, and elsewhere where it is switched off; a warning where another server only lacks the word', () => {
    const sglang = { container: { family: 'sglang' } };
    const elsewhere = (options: object) =>
      alone('REMOTE_CODE_NOT_TRUSTED', endpoint({ ...sglang, options }, custom)).map(({ severity }) => severity);
    expect(find(custom)).toMatchObject([{ severity: 'error' }]);
    expect(find(custom, { trustRemoteCode: false })).toMatchObject([{ severity: 'error' }]);
    expect(elsewhere({ trustRemoteCode: false })).toEqual(['error']);
    expect(elsewhere({})).toEqual(['warning']);
  });

  test.each([
    ['phi3', 'Phi3ForCausalLM', '0.4.2', '0.4.3'],
    ['exaone', 'ExaoneForCausalLM', '0.6.0', '0.6.1'],
    ['RefinedWebModel', 'FalconForCausalLM', '0.6.0', '0.6.1'],
    ['exaone', 'ExaoneForCausalLM', '0.10.1', '0.10.0'],
  ])('%s is read with its own code in some versions only', (type, architecture, needs, reads) => {
    const at = (version: string, family = 'vllm') =>
      alone('REMOTE_CODE_NOT_TRUSTED', {
        ...endpoint({ container: { family, version } }, { ...called(architecture, LLAMA_8B, type), ...own }),
      });
    expect(at(needs)).toHaveLength(1);
    expect(at(reads)).toEqual([]);
    expect(at(needs, 'sglang')).toEqual([]);
  });

  test('InternVL has the tokenizer of InternLM2, whoever reads its config', () => {
    const at = (version: string, inner: unknown) =>
      alone(
        'REMOTE_CODE_NOT_TRUSTED',
        endpoint({ container: { family: 'vllm', version } }, { ...INTERNVL_26B, ...own, llm_config: inner }),
      ).length;
    const language = INTERNVL_26B.llm_config as Json;
    expect([at('0.8.5', language), at('0.8.5', { ...language, model_type: 'qwen2' })]).toEqual([1, 0]);
    expect([at('0.9.2', language), at('0.9.2', { ...language, model_type: 'qwen2' })]).toEqual([1, 1]);
  });
});

describe('ROPE_SCALING_NEWER_THAN_SERVER', () => {
  const find = (scaling: unknown, version: string, config: Json = LLAMA_8B) =>
    alone('ROPE_SCALING_NEWER_THAN_SERVER', endpoint(on(version), { ...config, rope_scaling: scaling }));
  const llama3 = {
    rope_type: 'llama3',
    factor: 8,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 8192,
  };

  test.each<[unknown, string, boolean]>([
    [llama3, '0.5.0', true],
    [llama3, '0.6.1', false],
    [{ type: 'linear', factor: 2 }, '0.5.0', false],
    [{ rope_type: 'linear', factor: 2 }, '0.4.0', true],
    [{ rope_type: 'default' }, '0.4.0', false],
    [{ type: 7 }, '0.4.0', false],
    [{ type: 'nobodys' }, '0.4.0', false],
    [{}, '0.4.0', false],
    [null, '0.4.0', false],
    [{ type: 'mrope', mrope_section: [16, 24, 24] }, '0.5.5', true],
    [{ type: 'mrope', mrope_section: [16, 24, 24] }, '0.6.1', false],
  ])('%j in vLLM %s: %p', (scaling, version, expected) => {
    expect(find(scaling, version).length > 0).toBe(expected);
  });

  test('is also read from inside a multimodal config', () => {
    const nested = { ...QWEN3_SMALL, rope_scaling: llama3 };
    expect(alone('ROPE_SCALING_NEWER_THAN_SERVER', endpoint(on('0.5.0'), nested))).toHaveLength(1);
  });

  test('is of vLLM, and of a model that is known', () => {
    const config = { ...LLAMA_8B, rope_scaling: llama3 };
    expect(alone('ROPE_SCALING_NEWER_THAN_SERVER', endpoint({ container: { family: 'sglang' } }, config))).toEqual([]);
    expect(alone('ROPE_SCALING_NEWER_THAN_SERVER', { ...endpoint(on('0.5.0')), model: { id: 'a/b' } })).toEqual([]);
    expect(alone('ROPE_SCALING_NEWER_THAN_SERVER', endpoint(on('0.5.0'), GEMMA2_2B))).toEqual([]);
  });
});

describe('HEAD_SIZE_NOT_SUPPORTED', () => {
  const headed = (head_dim: number): Json => ({ ...LLAMA_8B, head_dim });
  const find = (size: number, container: object | undefined) =>
    alone('HEAD_SIZE_NOT_SUPPORTED', endpoint({ container }, headed(size)));

  test.each([
    ['0.4.2', [64, 80, 96, 112, 128, 256], [32, 100, 120, 160]],
    ['0.4.3', [32, 64, 80, 120, 160, 256], [40, 72, 100]],
    ['0.7.3', [32, 64, 80, 120, 160, 256], [40, 72, 100]],
    ['0.8.0', [32, 64, 96, 128, 160, 192, 224, 256], [80, 100, 112, 120]],
    ['0.9.1', [32, 64, 96, 128, 160, 192, 224, 256], [80, 100, 112, 120]],
    ['0.9.2', [72, 80, 100, 120], []],
  ])('vLLM %s takes heads of %j, not of %j', (version, taken, refused) => {
    for (const size of taken) expect(find(size, { family: 'vllm', version })).toEqual([]);
    for (const size of refused)
      expect(find(size, { family: 'vllm', version })).toMatchObject([
        { got: `head size ${size} of LlamaForCausalLM`, fix: 'use an image with vLLM 0.9.2 or newer' },
      ]);
  });

  test('TensorRT-LLM has sizes of its own', () => {
    const container = { family: 'lmi-trtllm' };
    for (const size of [32, 48, 80, 104, 128]) expect(find(size, container)).toEqual([]);
    expect(find(100, container)).toMatchObject([{ fix: 'use the lmi or vllm container' }]);
  });

  test('is not judged of servers, models and layers without such kernels', () => {
    for (const container of [undefined, { family: 'sglang' }, { family: 'llama-cpp' }])
      expect(find(100, container)).toEqual([]);
    expect(alone('HEAD_SIZE_NOT_SUPPORTED', { ...endpoint(on('0.7.3')), model: { id: 'a/b' } })).toEqual([]);
    const states: Json = {
      ...{ architectures: ['MambaForCausalLM'], model_type: 'mamba', hidden_size: 768, state_size: 16, conv_kernel: 4 },
      ...{ expand: 2, intermediate_size: 1536, time_step_rank: 48, num_hidden_layers: 24, vocab_size: 50_280 },
    };
    expect(alone('HEAD_SIZE_NOT_SUPPORTED', endpoint(on('0.7.3'), states))).toEqual([]);
    const bert: Json = {
      ...{ architectures: ['BertModel'], model_type: 'bert', hidden_size: 384, intermediate_size: 1536 },
      ...{ num_attention_heads: 4, num_hidden_layers: 12, vocab_size: 30_522, max_position_embeddings: 512 },
    };
    expect(alone('HEAD_SIZE_NOT_SUPPORTED', endpoint(on('0.8.5'), bert))).toEqual([]);
    const latent: Json = {
      ...{ architectures: ['DeepseekV2ForCausalLM'], model_type: 'deepseek_v2', hidden_size: 2048 },
      ...{ num_attention_heads: 16, num_key_value_heads: 16, num_hidden_layers: 27, vocab_size: 102_400 },
      ...{ kv_lora_rank: 512, qk_rope_head_dim: 64, qk_nope_head_dim: 100, v_head_dim: 100, q_lora_rank: null },
      ...{ n_routed_experts: 64, n_shared_experts: 2, num_experts_per_tok: 6, moe_intermediate_size: 1408 },
      ...{ first_k_dense_replace: 1, max_position_embeddings: 163_840, intermediate_size: 10_944 },
    };
    expect(alone('HEAD_SIZE_NOT_SUPPORTED', endpoint(on('0.8.5'), latent))).toEqual([]);
  });
});

describe('the versions of vLLM that have an architecture', () => {
  const severities = (architecture: string, version: string) =>
    ['ARCHITECTURE_NEWER_THAN_SERVER', 'ARCHITECTURE_NOT_IN_SERVER', 'ARCHITECTURE_REMOVED_FROM_SERVER'].flatMap(
      (rule) => alone(rule, endpoint(on(version), called(architecture))).map(({ severity }) => severity ?? 'error'),
    );

  test('begin with the first that lists it', () => {
    expect(severities('Moondream3ForCausalLM', '0.20.2')).toEqual(['error']);
    for (const version of ['0.21.0', '0.22.0']) expect(severities('Moondream3ForCausalLM', version)).toEqual([]);
  });

  test('end with the last patch of the minor version that vLLM names', () => {
    expect(severities('PersimmonForCausalLM', '0.25.1')).toEqual([]);
    expect(severities('PersimmonForCausalLM', '0.26.0')).toEqual(['error']);
  });

  test('are those of a class with another ending, from 0.10.1 on', () => {
    expect(severities('Qwen3Model', '0.10.1')).toEqual([]);
    expect(severities('Qwen3Model', '0.33.0')).toEqual([]);
    expect(severities('Qwen3Model', '0.10.0')).toHaveLength(1);
    expect(severities('LlamaForNothing', '0.33.0')).toHaveLength(1);
  });

  test('are known of short names, too', () => {
    expect(severities('Ovis', '0.24.0')).toEqual([]);
  });
});

describe('HUB_REVISION_IN_MODEL_NAME', () => {
  const find = (id: string, environment: object = {}, family = 'lmi') =>
    alone('HUB_REVISION_IN_MODEL_NAME', { model: { id, config: LLAMA_8B }, container: { family }, environment });

  test('reads the variable that wins, and says which one takes the revision', () => {
    expect(find('org/model@main')).toMatchObject([
      { path: '/model/id', fix: 'name the model org/model and set OPTION_REVISION to main' },
    ]);
    const both = { HF_MODEL_ID: 'org/model:main', OPTION_MODEL_ID: 'org/model' };
    expect(find('org/model', both)).toEqual([]);
    expect(find('org/model', { HF_MODEL_ID: 'org/model:main' })).toMatchObject([{ path: '/environment/HF_MODEL_ID' }]);
  });

  test('leaves places that are not of the hub, and servers that name a file so', () => {
    for (const id of ['s3://bucket/a:b/', '/opt/ml/model@1', './a@b/c', 'arn:aws:sagemaker:us-east-1:1:model/x'])
      expect(find(id)).toEqual([]);
    expect(find('org/model:Q4_K_M', {}, 'llama-cpp')).toEqual([]);
  });
});
