import { formatVersion, parseVersion } from '../../lib/text/version';
import { sglangRunsNoStages, sglangStagesSince } from '../../lib/rules/helpers/sglang-pipelines';
import {
  llamaCppConverts,
  sglangImplements,
  sglangMethods,
  tensorRtBuilds,
  tensorRtDocuments,
  vllmOfTensorRt,
} from '../../lib/rules/helpers/server-support';

const version = (text: string) => parseVersion(text) ?? [];

describe('what llama.cpp converts', () => {
  test.each(['LlamaForCausalLM', 'Qwen3MoeForCausalLM', 'T5ForConditionalGeneration', 'GptOssForCausalLM'])(
    '%s is there',
    (name) => expect(llamaCppConverts(name)).toBe(true),
  );
  test.each(['MllamaForConditionalGeneration', 'OPTForCausalLM', 'FuyuForCausalLM', '__proto__', ''])(
    '%s is not',
    (name) => expect(llamaCppConverts(name)).toBe(false),
  );
});

describe('what SGLang implements', () => {
  test('is known by version, and any of those that were read where there is none', () => {
    expect(sglangImplements('LlamaForCausalLM', version('0.5.5'))).toBe(true);
    expect(sglangImplements('MllamaForConditionalGeneration', undefined)).toBe(true);
    for (const name of ['T5ForConditionalGeneration', 'constructor'])
      for (const which of [undefined, version('0.5.20')]) expect(sglangImplements(name, which)).toBe(false);
  });

  test('begins with the release before the first that was read to have it', () => {
    expect(sglangImplements('Gemma4ForConditionalGeneration', version('0.5.5'))).toBe(false);
    expect(sglangImplements('Gemma4ForConditionalGeneration', version('0.5.20'))).toBe(true);
    expect(sglangImplements('Gemma4ForConditionalGeneration', version('0.6.0'))).toBe(true);
  });
});

describe('what SGLang implemented before AWS made images of it', () => {
  test.each([
    ['Glm4ForCausalLM', '0.4.7.post1', '0.4.8'],
    ['Gemma3ForConditionalGeneration', '0.4.4', '0.4.4.post2'],
    ['DeepseekV3ForCausalLM', '0.4.0', '0.4.1'],
    ['XverseForCausalLM', '0.2.15', '0.3.1'],
  ])('%s is not in %s, and in %s', (name, without, having) => {
    expect(sglangImplements(name, version(without))).toBe(false);
    expect(sglangImplements(name, version(having))).toBe(true);
  });

  test('is taken from the first that was read for older ones', () => {
    expect(sglangImplements('LlamaForCausalLM', version('0.1.3'))).toBe(true);
    // A name that a class is read under besides its own.
    expect(sglangImplements('MistralModel', version('0.2.15'))).toBe(true);
  });
});

describe('stages of a pipeline in SGLang', () => {
  test.each([
    ['Qwen3ForCausalLM', '0.4.6.post4', '0.4.6.post5'],
    ['DeepseekV3ForCausalLM', '0.4.10.post2', '0.5.1'],
    ['MiniMaxM2ForCausalLM', '0.5.9', '0.5.10'],
  ])('%s has none in %s, and some in %s', (name, without, having) => {
    expect(sglangRunsNoStages(name, version(without))).toBe(true);
    expect(sglangRunsNoStages(name, version(having))).toBe(false);
    expect(sglangStagesSince(name)).toBe(having);
  });

  test('are none of classes that never had any, and unknown of those that SGLang has not', () => {
    for (const which of ['0.4.6.post2', '0.5.20', '0.6.0'])
      expect(sglangRunsNoStages('Gemma2ForCausalLM', version(which))).toBe(true);
    expect(sglangStagesSince('Gemma2ForCausalLM')).toBeUndefined();
    for (const name of ['LlamaForCausalLM', 'T5ForConditionalGeneration', 'constructor']) {
      expect(sglangRunsNoStages(name, version('0.5.20'))).toBe(false);
      expect(sglangStagesSince(name)).toBeUndefined();
    }
  });
});

describe('methods of SGLang', () => {
  const has = (name: string, which?: string) =>
    sglangMethods(which === undefined ? undefined : version(which)).includes(name);
  test('come', () => {
    expect(has('mxfp8', '0.5.6')).toBe(false);
    expect(has('mxfp8', '0.5.9')).toBe(true);
    expect(has('compressed-tensors', '0.4.1.post5')).toBe(false);
    // 0.4.1.post6 lies between 0.4.1.post4, which has it not, and 0.4.1.post7.
    expect(has('modelopt', '0.4.1.post4')).toBe(false);
    expect(has('modelopt', '0.4.1.post6')).toBe(true);
    expect(has('mxfp8')).toBe(true);
  });
  test('and go', () => {
    expect(has('qoq', '0.5.14')).toBe(true);
    expect(has('qoq', '0.5.15')).toBe(true);
    expect(has('qoq', '0.5.16')).toBe(false);
    expect(has('awq', '0.5.20')).toBe(true);
  });
});

describe('what TensorRT-LLM builds', () => {
  test('came with a version, or was always there', () => {
    expect(tensorRtBuilds('DeepseekV2ForCausalLM', version('0.14.0'))).toBe(false);
    expect(tensorRtBuilds('DeepseekV2ForCausalLM', version('0.15.0'))).toBe(true);
    expect(tensorRtBuilds('DeepseekV2ForCausalLM', undefined)).toBe(true);
    expect(tensorRtBuilds('LlamaForCausalLM', version('0.5.0'))).toBe(true);
    for (const name of ['Qwen3MoeForCausalLM', 'constructor']) expect(tensorRtBuilds(name, undefined)).toBe(false);
  });

  test('is documented by how the names of classes begin', () => {
    for (const name of ['LlamaForCausalLM', 'Qwen2ForCausalLM', 'GPTBigCodeForCausalLM', 'PhiForCausalLM'])
      expect(tensorRtDocuments(name)).toBe(true);
    for (const name of ['Qwen2MoeForCausalLM', 'Phi3ForCausalLM', 'MyLlamaForCausalLM', ''])
      expect(tensorRtDocuments(name)).toBe(false);
  });

  test.each([
    ['0.21.0', '0.10.0'],
    ['0.20.0', '0.6.1'],
    ['0.12.0', '0.6.1'],
    ['0.11.0', '0.6.0'],
    ['0.5.0', '0.2.3'],
    ['0.4.0', '0.10.0'],
    [undefined, '0.10.0'],
  ])('of %s is of the time of vLLM %s', (tensorRt, vllm) => {
    expect(formatVersion(vllmOfTensorRt(tensorRt === undefined ? undefined : version(tensorRt)))).toBe(vllm);
  });
});
