import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { startPeak } from '../../lib/plan';
import { AWQ, GPTQ, LLAMA2_7B, LLAMA_8B, MIXTRAL, quantized } from '../../lib/rules/helpers/samples';
import type { EndpointSpec } from '../../lib/spec/types';

const peakOf = (config: object, version: string, options: EndpointSpec['options'] = {}, family = 'vllm') =>
  startPeak(
    resolveEndpoint({
      model: { config: config as Record<string, unknown> },
      container: { family: family as 'vllm', version },
      instanceType: 'ml.g5.12xlarge',
      options: { maxModelLen: 4096, tensorParallelSize: 1, ...options },
    }),
  );

describe('sums of AWQ matrices', () => {
  // Eight partial sums, twice their size in float32 and the result, of gate and up together; residual, norm and input.
  const WIDEST = 11 * 2 * 11_008;

  test('are as wide as the widest matrix of a rank, for each token of a step', () => {
    const llama = quantized(LLAMA2_7B, AWQ);
    const each = 2 * (WIDEST + 3 * 4096);
    expect(peakOf(llama, '0.2.5')).toEqual({ cause: 'awq sums', each, count: 4096 });
    expect(peakOf(llama, '0.2.5', { maxNumBatchedTokens: 8192 })?.count).toBe(8192);
    expect(peakOf(llama, '0.2.5', { tensorParallelSize: 2 })?.each).toBe(2 * (WIDEST / 2 + 3 * 4096));
  });

  test('are of one matrix of an expert, which is whole on its rank, beside what it waits with', () => {
    const each = 2 * (12 * 14_336 + 3 * 4096);
    const mixtral = quantized(MIXTRAL, AWQ);
    expect(peakOf(mixtral, '0.2.7')?.each).toBe(each);
    expect(peakOf(mixtral, '0.2.7', { tensorParallelSize: 2 })?.each).toBe(each);
  });

  test.each<[string, object, string, string]>([
    ['GPTQ', quantized(LLAMA2_7B, GPTQ), '0.2.7', 'vllm'],
    ['16 bit', LLAMA2_7B, '0.2.7', 'vllm'],
    ['a newer kernel', quantized(LLAMA2_7B, AWQ), '0.3.0', 'vllm'],
    ['SGLang', quantized(LLAMA2_7B, AWQ), '0.2.7', 'sglang'],
  ])('are not kept with %s', (_, config, version, family) => {
    expect(peakOf(config, version, {}, family)).toBeUndefined();
  });
});

describe('images of Llama 3.2', () => {
  const vision = {
    ...{ model_type: 'mllama_vision_model', hidden_size: 1280, image_size: 560, patch_size: 14, max_num_tiles: 4 },
    ...{ num_hidden_layers: 32, attention_heads: 16, intermediate_layers_indices: [3, 7, 15, 23, 30] },
  };
  const config = (vision_config: object) => ({
    ...{ architectures: ['MllamaForConditionalGeneration'], model_type: 'mllama' },
    text_config: { ...LLAMA_8B, model_type: 'mllama_text_model' },
    vision_config,
  });
  // 40 × 40 patches and a class token, padded to eights, of four tiles.
  const patches = 4 * 1608;
  const each = 2 * (patches * 1280 * 17 + patches ** 2) + 4 * 4 * 3 * 560 ** 2;

  test('are held one for each sequence: states of the layers that are passed on, a mask, the pixels', () => {
    expect(peakOf(config(vision), '0.6.3', { maxNumSeqs: 16 })).toEqual({ cause: 'images', each, count: 16 });
    expect(peakOf(config(vision), '0.8.5')?.count).toBe(256);
  });

  test('have the sizes of the released model where the config gives none', () => {
    const { intermediate_layers_indices: _, max_num_tiles: __, hidden_size: ___, patch_size: ____, ...rest } = vision;
    expect(peakOf(config(rest), '0.6.3')?.each).toBe(each);
    const fewer = { ...vision, intermediate_layers_indices: [3, 7] };
    expect(peakOf(config(fewer), '0.6.3')?.each).toBe(each - 2 * patches * 1280 * 9);
  });

  test.each([
    ['before the model was known', config(vision), '0.6.1'],
    ['with an engine that has no such model', config(vision), '0.11.0'],
    ['of another model', LLAMA_8B, '0.6.3'],
    ['of a config without an encoder', { ...config(vision), vision_config: null }, '0.6.3'],
  ])('are not held %s', (_, given, version) => {
    expect(peakOf(given, version)).toBeUndefined();
  });
});
