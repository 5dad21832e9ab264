import { DEEPSEEK_V3, DEEPSEEK_V32, LLAMA_8B, QWEN3_MOE, QWEN35_27B, type Json } from '../../lib/rules/helpers/samples';
import { alone } from './own-findings';

const called = (architecture: string, type: string, config: Json = LLAMA_8B): Json => ({
  ...config,
  architectures: [architecture],
  model_type: type,
  rope_scaling: undefined,
});
const on = (family: string, version: string, config: Json, parts: object = {}) => ({
  model: { config },
  container: { family, version },
  options: { maxModelLen: 4096 },
  ...parts,
});
const severities = (rule: string, spec: object) => alone(rule, spec).map(({ severity }) => severity ?? 'error');

describe('MODEL_TYPE_NEWER_THAN_TRANSFORMERS', () => {
  const found = (family: string, version: string, config: Json, parts: object = {}) =>
    severities('MODEL_TYPE_NEWER_THAN_TRANSFORMERS', on(family, version, config, parts));
  const lite = called('Glm4MoeLiteForCausalLM', 'glm4_moe_lite', DEEPSEEK_V3);

  test('refuses a class of vLLM whose config the Transformers of the image cannot read', () => {
    for (const version of ['0.15.1', '0.17.0', '0.19.0']) expect(found('vllm', version, lite)).toEqual(['error']);
    for (const version of ['0.19.1', '0.20.0', '0.28.0']) expect(found('vllm', version, lite)).toEqual([]);
  });

  test('says which Transformers and which vLLM know it', () => {
    const [finding] = alone('MODEL_TYPE_NEWER_THAN_TRANSFORMERS', on('vllm', '0.17.0', lite));
    expect(finding).toMatchObject({
      message: expect.stringContaining('Transformers 5.0.0'),
      fix: expect.stringContaining('vLLM 0.19.1'),
    });
  });

  test('knows the configs that vLLM and SGLang bring along', () => {
    expect(found('vllm', '0.14.0', DEEPSEEK_V32)).toEqual([]);
    expect(found('vllm', '0.17.0', QWEN35_27B)).toEqual([]);
    expect(found('sglang', '0.5.9', DEEPSEEK_V32)).toEqual([]);
  });

  test('holds for SGLang, which pins one Transformers', () => {
    expect(found('sglang', '0.5.8', lite)).toEqual(['error']);
    expect(found('sglang', '0.5.10', lite)).toEqual([]);
  });

  test('takes the Transformers of an image that is told one', () => {
    expect(found('lmi', '0.36.0-lmi24', lite)).toEqual(['error']);
    expect(found('lmi', '0.36.0-lmi25', lite)).toEqual([]);
    // Its requirements.txt may bring another.
    expect(found('lmi', '0.36.0-lmi24', lite, { endpoint: { modelData: 's3-prefix' } })).toEqual(['warning']);
    // Its tag says 5.8.1, and the type came with 5.9.
    const compass = called('CohereForCausalLM', 'cohere2_moe');
    expect(found('vllm', '0.21.0-transformers5.8.1-gpu-py312-cu130-ubuntu22.04', compass)).toEqual(['error']);
  });

  test('leaves to others what the repository’s own code, a GGUF or Mistral’s params.json says', () => {
    const remote = { ...lite, auto_map: { AutoConfig: 'configuration_x.X' } };
    expect(found('vllm', '0.17.0', remote)).toEqual([]);
    expect(found('vllm', '0.17.0', lite, { quantization: 'gguf:Q4_K_M' })).toEqual([]);
    const own = { environment: { SM_VLLM_CONFIG_FORMAT: 'mistral' } };
    expect(found('vllm', '0.17.0', lite, own)).toEqual([]);
  });

  test('only warns where the day of the image alone says it', () => {
    // Transformers 5.7, of the day after the image.
    expect(found('vllm', '0.20.0', called('LagunaForCausalLM', 'laguna', QWEN3_MOE))).toEqual([]);
    expect(found('vllm', '0.24.0', called('Qwen3ForCausalLM', 'zaya'))).toEqual(['warning']);
  });

  test('only warns of types whose repositories bring their config along at first, and leaves those that no Transformers knows', () => {
    const of = (type: string) => ({ ...called('MiniMaxM2ForCausalLM', type, QWEN3_MOE), num_local_experts: 128 });
    expect(found('vllm', '0.13.0', of('minimax_m2'))).toEqual(['warning']);
    expect(found('vllm', '0.13.0', of('nobodys'))).toEqual([]);
  });

  test('leaves it at that for DeepSeek V2, which LMI 12 is published with', () => {
    // aws-samples/aws-kr-startup-samples, deepseek-v2-lite-chat: vLLM 0.6.2 and Transformers 4.45.2, by the code of the repository.
    const second = called('DeepseekV2ForCausalLM', 'deepseek_v2', DEEPSEEK_V3);
    expect(found('lmi', '0.30.0-lmi12', second)).toEqual(['warning']);
    expect(found('lmi', '0.30.0-lmi12', second, { environment: { OPTION_TRUST_REMOTE_CODE: 'true' } })).toEqual([]);
    expect(found('lmi', '0.36.0-lmi24', lite, { environment: { OPTION_TRUST_REMOTE_CODE: 'true' } })).toEqual([
      'error',
    ]);
    const own = { ...second, auto_map: { AutoConfig: 'configuration_deepseek.DeepseekV2Config' } };
    expect(found('lmi', '0.30.0-lmi12', own)).toEqual([]);
  });

  test('speaks of no other server, and of nothing without a type', () => {
    expect(found('llama-cpp', '1.0.0', lite, { quantization: 'gguf:Q4_K_M' })).toEqual([]);
    const rest = { ...lite, model_type: undefined };
    expect(found('vllm', '0.17.0', rest)).toEqual([]);
  });
});

describe('what a server has no code for, and Transformers has', () => {
  const vllm = (version: string, config: Json) => severities('ARCHITECTURE_NOT_IN_SERVER', on('vllm', version, config));
  const sglang = (version: string, config: Json) =>
    severities('SGLANG_ARCHITECTURE_NOT_NATIVE', on('sglang', version, config));

  test('is tried where its attention can be exchanged', () => {
    expect(vllm('0.20.0', called('HeliumForCausalLM', 'helium'))).toEqual(['warning']);
    expect(sglang('0.5.10', called('HeliumForCausalLM', 'helium'))).toEqual(['warning']);
  });

  test('is refused where it keeps its attention to itself', () => {
    expect(vllm('0.23.0', called('XGLMForCausalLM', 'xglm'))).toEqual(['error']);
    expect(vllm('0.18.0', called('DiffLlamaForCausalLM', 'diffllama'))).toEqual(['error']);
    expect(vllm('0.33.0', called('DiffLlamaForCausalLM', 'diffllama'))).toEqual(['warning']);
    expect(sglang('0.5.20', called('BloomForCausalLM', 'bloom'))).toEqual(['error']);
  });

  test('is refused where there is no class of that name either', () => {
    expect(vllm('0.20.0', called('LlavaLlamaForCausalLM', 'llama'))).toEqual(['error']);
    expect(sglang('0.5.20', called('BrandNewForCausalLM', 'llama'))).toEqual(['error']);
  });

  test('may come with the checkpoint', () => {
    const with_ = (key: string) => ({
      ...called('BrandNewForCausalLM', 'brand_new'),
      auto_map: { AutoConfig: 'configuration_x.X', [key]: 'modeling_x.X' },
    });
    expect(vllm('0.20.0', with_('AutoModelForCausalLM'))).toEqual(['warning']);
    expect(vllm('0.9.2', with_('AutoModelForCausalLM'))).toEqual(['error']);
    expect(vllm('0.9.2', with_('AutoModel'))).toEqual(['warning']);
    expect(sglang('0.5.20', with_('AutoModelForCausalLM'))).toEqual(['error']);
    expect(sglang('0.5.20', with_('AutoModel'))).toEqual(['warning']);
  });

  test('needs Transformers 5 for experts', () => {
    const doge = called('DogeForCausalLM', 'doge', QWEN3_MOE);
    expect(vllm('0.14.0', doge)).toEqual(['error']);
    expect(vllm('0.20.0', doge)).toEqual(['warning']);
  });

  test('is tried by a vLLM that has no class of its own yet', () => {
    const found = (version: string, config: Json) =>
      severities('ARCHITECTURE_NEWER_THAN_SERVER', on('vllm', version, config));
    const ministral = called('Ministral3ForCausalLM', 'ministral3');
    expect(found('0.19.1', ministral)).toEqual(['warning']);
    expect(found('0.19.0', ministral)).toEqual(['error']);
  });
});

describe('REMOTE_CODE_NOT_TRUSTED', () => {
  const found = (version: string, type: string) =>
    severities(
      'REMOTE_CODE_NOT_TRUSTED',
      on('vllm', version, {
        ...{ ...called('MiniMaxM2ForCausalLM', type, QWEN3_MOE), num_local_experts: 128 },
        auto_map: { AutoConfig: 'configuration_x.XConfig', AutoModelForCausalLM: 'modeling_x.X' },
      }),
    );

  test('is asked of the Transformers that the image has', () => {
    for (const version of ['0.13.0', '0.17.0', '0.19.0']) expect(found(version, 'minimax_m2')).toEqual(['error']);
    for (const version of ['0.19.1', '0.27.1']) expect(found(version, 'minimax_m2')).toEqual([]);
    expect([found('0.17.0', 'kimi_k2'), found('0.18.0', 'kimi_k2')]).toEqual([['error'], []]);
  });
});

describe('TGI_MODEL_NOT_SERVED of releases that leave models to Transformers', () => {
  const found = (release: string, type: string, parts: Json = {}) =>
    severities('TGI_MODEL_NOT_SERVED', {
      model: { config: { ...LLAMA_8B, model_type: type, rope_scaling: undefined, ...parts } },
      container: {
        family: 'custom',
        image: `763104351884.dkr.ecr.us-east-1.amazonaws.com/huggingface-pytorch-tgi-inference:2.7.0-tgi${release}-gpu-py311-cu124-ubuntu22.04`,
      },
      environment: { SM_NUM_GPUS: '4' },
    });

  test('refuses what their Transformers does not know', () => {
    expect(found('3.3.6', 'seed_oss')).toEqual(['error']);
    expect(found('3.3.6', 'qwen3')).toEqual([]);
    expect(found('3.2.0', 'qwen3')).toEqual(['error']);
  });

  test('knows code of their own, the repository’s, and releases that nobody read', () => {
    expect(found('3.2.0', 'gemma3_text')).toEqual([]);
    expect(found('3.3.6', 'seed_oss', { auto_map: { AutoConfig: 'configuration_x.X' } })).toEqual([]);
    expect(found('3.9.0', 'seed_oss')).toEqual([]);
  });
});
