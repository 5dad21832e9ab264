import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { describeModel } from '../../lib/model';
import { planMemory } from '../../lib/plan';
import { dummyPrompts } from '../../lib/plan/memory/dummy-prompts';
import { mediaLimits, type MediaLimits } from '../../lib/plan/memory/media-limits';
import { activationBytes, VllmVersion } from '../../lib/plan/memory/vllm-profile';
import { LLAMA_8B, type Json } from '../../lib/rules/helpers/samples';
import type { EndpointSpec } from '../../lib/spec/types';

const GIB = 2 ** 30;
/** Tokens of the largest image. */
const ITEM = 16_384;

const vl = (hidden: number, intermediate: number, heads: number, kvHeads: number, layers: number, vocab = 152_064) => ({
  ...{ architectures: ['Qwen2_5_VLForConditionalGeneration'], model_type: 'qwen2_5_vl', hidden_size: hidden },
  ...{ intermediate_size: intermediate, num_attention_heads: heads, num_key_value_heads: kvHeads },
  ...{ num_hidden_layers: layers, vocab_size: vocab, max_position_embeddings: 128_000, torch_dtype: 'bfloat16' },
  tie_word_embeddings: vocab < 152_064,
  vision_config: {
    ...{ depth: 32, hidden_size: 1280, intermediate_size: 3420, num_heads: 16, patch_size: 14 },
    ...{ temporal_patch_size: 2, spatial_merge_size: 2, out_hidden_size: hidden },
  },
});
const VL_3B = vl(2048, 11_008, 16, 2, 36, 151_936);
const VL_7B = vl(3584, 18_944, 28, 4, 28);
const VL_72B = vl(8192, 29_568, 64, 8, 80);

const version = (text: string, isV1 = false) => new VllmVersion(text.split('.').map(Number), isV1);
const promptsOf = (
  text: string,
  run: { tokens: number; sequences?: number },
  limits: MediaLimits = {},
  { config = VL_7B as Json, context = run.tokens } = {},
) => dummyPrompts(describeModel(config), { sequences: 256, ...run }, context, limits, version(text));

describe('the prompts that V0 makes up to measure itself with', () => {
  test('hold an image and a video, however short a step is', () => {
    expect(promptsOf('0.8.3', { tokens: 8192 })).toEqual({
      ...{ tokens: 2 * ITEM, sequences: 1, imageTokens: ITEM, videoTokens: ITEM },
    });
  });

  test('are filled with text where a step is longer', () => {
    expect(promptsOf('0.8.3', { tokens: 40_000 })).toEqual({
      ...{ tokens: 40_000, sequences: 1, imageTokens: ITEM, videoTokens: ITEM },
    });
  });

  test.each(['0.7.0', '0.8.2'])('%s: hold text alone where these have more tokens than a step', (text) => {
    expect(promptsOf(text, { tokens: 2 * ITEM - 1 })).toEqual({
      ...{ tokens: 2 * ITEM - 1, sequences: 1, imageTokens: 0, videoTokens: 0 },
    });
    expect(promptsOf(text, { tokens: 2 * ITEM })).toEqual({
      ...{ tokens: 2 * ITEM, sequences: 1, imageTokens: ITEM, videoTokens: ITEM },
    });
  });

  test('hold no video before 0.7, though it takes its room', () => {
    expect(promptsOf('0.6.6', { tokens: 8192 })).toEqual({
      ...{ tokens: ITEM, sequences: 1, imageTokens: ITEM, videoTokens: 0 },
    });
    expect(promptsOf('0.6.6', { tokens: 4 * ITEM })?.sequences).toBe(2);
    expect(promptsOf('0.6.6', { tokens: 4 * ITEM - 1 })?.sequences).toBe(1);
  });

  test('are as many as have room, and as the server takes sequences', () => {
    const context = 2 * ITEM;
    expect(promptsOf('0.8.3', { tokens: 6 * ITEM }, {}, { context })).toEqual({
      ...{ tokens: 6 * ITEM, sequences: 3, imageTokens: 3 * ITEM, videoTokens: 3 * ITEM },
    });
    expect(promptsOf('0.8.3', { tokens: 6 * ITEM, sequences: 2 }, {}, { context })).toEqual({
      // 49,152 tokens each: two grids of frames beside the image.
      ...{ tokens: 6 * ITEM, sequences: 2, imageTokens: 2 * ITEM, videoTokens: 4 * ITEM },
    });
    expect(promptsOf('0.8.3', { tokens: 6 * ITEM, sequences: 0 }, {}, { context })?.sequences).toBe(1);
  });

  test('have videos as long as fits beside the images, of 16 frames at most', () => {
    const videos = (tokens: number, limits?: MediaLimits) =>
      (promptsOf('0.8.3', { tokens }, limits)?.videoTokens ?? 0) / ITEM;
    expect(videos(128_000)).toBe(6);
    expect(videos(4 * ITEM)).toBe(3);
    expect(videos(4 * ITEM - 1)).toBe(2);
    expect(videos(100 * ITEM)).toBe(8 * 11);
    // 12 frames for five videos are two each, and for seven one each, in a grid of its own.
    expect(videos(7 * ITEM, { videos: 5 })).toBe(5);
    expect(videos(7 * ITEM, { videos: 7 })).toBe(7);
    expect(videos(7 * ITEM, { videos: 4 })).toBe(4 * 2);
  });

  test('hold what a prompt may', () => {
    expect(promptsOf('0.8.3', { tokens: 4096 }, { videos: 0 })).toEqual({
      ...{ tokens: ITEM, sequences: 1, imageTokens: ITEM, videoTokens: 0 },
    });
    expect(promptsOf('0.8.3', { tokens: 4096 }, { images: 0 })).toEqual({
      ...{ tokens: ITEM, sequences: 1, imageTokens: 0, videoTokens: ITEM },
    });
    expect(promptsOf('0.8.3', { tokens: 4096 }, { images: 3 })).toEqual({
      ...{ tokens: 4 * ITEM, sequences: 1, imageTokens: 3 * ITEM, videoTokens: ITEM },
    });
    // 36 by 36 tokens of 28 pixels each.
    expect(promptsOf('0.8.3', { tokens: 1024 }, { videos: 0, pixels: 1_048_576 })?.imageTokens).toBe(1296);
    expect(promptsOf('0.8.3', { tokens: 1024 }, { videos: 0, pixels: 12_845_056 })?.imageTokens).toBe(ITEM);
    expect(promptsOf('0.8.3', { tokens: 1024, sequences: 1 }, { videos: 0, pixels: 1 })?.imageTokens).toBe(1);
  });

  test('have tokens of as many pixels as the config’s patches have', () => {
    const tokens = (vision_config?: Json) =>
      promptsOf(
        '0.8.3',
        { tokens: 1024, sequences: 1 },
        { videos: 0, pixels: 1_048_576 },
        {
          config: { ...VL_7B, vision_config },
        },
      )?.imageTokens;
    // 32 by 32 tokens of 32 pixels each.
    expect(tokens({ ...VL_7B.vision_config, patch_size: 16 })).toBe(1024);
    expect(tokens({ ...VL_7B.vision_config, patch_size: undefined })).toBe(1296);
    const unseen = { ...describeModel(VL_7B), config: { ...VL_7B, vision_config: undefined } };
    const run = { tokens: 1024, sequences: 1 };
    expect(dummyPrompts(unseen, run, 1024, { videos: 0, pixels: 784 }, version('0.8.3'))?.imageTokens).toBe(ITEM);
    const media = { ...run, imageTokens: ITEM, videoTokens: 0, sequences: 0 };
    expect(activationBytes(unseen, media, version('0.8.3'), 1, 2)).toBe(1024 * 2 * (4 * 3584 + 3 * 18_944));
  });

  test('are text where nothing else is allowed', () => {
    const text = { tokens: 4096, sequences: 256, imageTokens: 0, videoTokens: 0 };
    expect(promptsOf('0.8.3', { tokens: 4096 }, { images: 0, videos: 0 })).toEqual(text);
    const seen = dummyPrompts(
      describeModel(VL_7B),
      { tokens: 4096, sequences: 256 },
      4096,
      { images: 0, videos: 0 },
      version('0.9.2', true),
    );
    expect(seen).toEqual(text);
  });

  test('are none that V1 makes, nor for images of one size, or for none', () => {
    const run = { tokens: 4096, sequences: 256 };
    expect(dummyPrompts(describeModel(VL_7B), run, 4096, {}, version('0.9.2', true))).toBeUndefined();
    expect(promptsOf('0.8.3', run, {}, { config: LLAMA_8B })).toBeUndefined();
    expect(promptsOf('0.8.3', run, {}, { config: { ...VL_7B, model_type: 'qwen2_5_vl_2' } })).toBeUndefined();
    expect(promptsOf('0.8.3', run, {}, { config: { ...VL_7B, model_type: 'my_qwen2_vl' } })).toBeUndefined();
    expect(promptsOf('0.8.3', run, {}, { config: { ...VL_7B, model_type: 'qwen2_vl' } })).toBeDefined();
    const blind = { ...describeModel(VL_7B), multimodal: false };
    expect(dummyPrompts(blind, run, 4096, {}, version('0.8.3'))).toBeUndefined();
  });
});

describe('what V0 prints as the peak of its activations', () => {
  const spec = (config: Json, text: string, parts: Partial<EndpointSpec>): EndpointSpec => ({
    model: { config },
    container: { family: 'vllm', version: text },
    instanceType: 'ml.p4de.24xlarge',
    ...parts,
    environment: { VLLM_USE_V1: '0', ...parts.environment },
  });
  const printed = (...args: Parameters<typeof spec>) =>
    (planMemory(resolveEndpoint(spec(...args))).memory.activations as number) / GIB;

  // github.com/vllm-project/vllm/issues/16570
  test('is 2.51 GiB for the 72B on four GPUs, with an image', () => {
    const options = { tensorParallelSize: 4, maxNumSeqs: 2, maxModelLen: 4096 };
    const environment = { SM_VLLM_LIMIT_MM_PER_PROMPT: 'image=1,video=0' };
    expect(printed(VL_72B, '0.8.3', { options, environment })).toBeCloseTo(2.5, 2);
  });

  test('is 4.93 GiB for the 7B on one GPU, with an image and a video', () => {
    expect(printed(VL_7B, '0.9.2', { options: { maxModelLen: 4096 } })).toBeCloseTo(4.92, 2);
  });

  // A log of March 2025: "PyTorch activation peak memory takes 4.06GiB".
  test('is 4.06 GiB for the 3B, whose encoder takes more than its layers', () => {
    const peak = printed(VL_3B, '0.7.3', { options: { maxModelLen: 32_768 } });
    expect(Math.abs(peak / 4.06 - 1)).toBeLessThan(0.025);
  });

  test('is 0.32 GiB for the 7B on four GPUs with 0.8.2, which measures text alone', () => {
    const options = { tensorParallelSize: 4, maxModelLen: 3072, maxNumBatchedTokens: 5120 };
    expect(printed(VL_7B, '0.8.2', { options })).toBeCloseTo(0.31, 2);
  });

  // github.com/gpustack/gpustack/issues/1800
  test('leaves no 8,192 tokens for the 7B on 24 GB, as a log of 0.8.4 says', () => {
    const parts = { instanceType: 'ml.g5.xlarge', options: { maxModelLen: 8192 } };
    expect(planMemory(resolveEndpoint(spec(VL_7B, '0.8.4', parts))).kvCacheTokens).toBeLessThan(8192);
    expect(planMemory(resolveEndpoint(spec(VL_7B, '0.8.2', parts))).kvCacheTokens).toBeGreaterThan(8192);
  });

  test('has, beside the text model, the pixels in 32 bits or, from 0.9, in 16, and what was joined of them', () => {
    const media = { tokens: 2 * ITEM, sequences: 0, imageTokens: ITEM, videoTokens: ITEM };
    const text = 2 * ITEM * 2 * (4 * 3584 + 3 * 18_944);
    const pixels = 2 * ITEM * 4 * 3 * 14 * 14 * 2;
    const peak = (release: string) => activationBytes(describeModel(VL_7B), media, version(release), 1, 2);
    expect(peak('0.8.5')).toBe(text + pixels * 2 * 4);
    expect(peak('0.9.0')).toBe(text + pixels * 2 * 2);
  });

  test('has, beside the encoder, the embedded prompt, and what images became while videos follow', () => {
    const run = (imageTokens: number, videoTokens: number, release: string) =>
      activationBytes(
        describeModel(VL_3B),
        { tokens: 1, sequences: 0, imageTokens, videoTokens },
        version(release),
        1,
        2,
      );
    const patch = 3 * 14 * 14 * 2;
    // The residual; its norm, the projection and its copies, and four times two halves of float32.
    const block = 1280 * (1 + 15);
    const embedding = 2048 * 2;
    expect(run(ITEM, 0, '0.9.0')).toBe(ITEM * (4 * patch * 2 * 2 + embedding + 4 * block * 2));
    expect(run(0, ITEM, '0.9.0')).toBe(run(ITEM, 0, '0.9.0'));
    expect(run(ITEM, ITEM, '0.9.0')).toBe(ITEM * (2 * (4 * patch * 2 * 2 + embedding) + embedding + 4 * block * 2));
    expect(run(2 * ITEM, ITEM, '0.9.0')).toBe(ITEM * (3 * (4 * patch * 2 * 2 + embedding) + 2 * 4 * block * 2));
    // Pixels of 32 bits are copied once more into the model's.
    expect(run(ITEM, 0, '0.8.5')).toBe(ITEM * (4 * patch * 2 * 4 + embedding + 4 * (patch + block) * 2));
    expect(run(0, 0, '0.8.5')).toBeLessThan(1e6);
  });
});

describe('an encoder that is split among ranks', () => {
  const run = (release: string, ranks: number, isV1 = false) =>
    activationBytes(
      describeModel(VL_3B),
      { tokens: 1, sequences: 0, imageTokens: ITEM, videoTokens: 0 },
      version(release, isV1),
      ranks,
      2,
    );
  const patch = 3 * 14 * 14 * 2;
  const around = (pixelBytes: number) => ITEM * (4 * patch * 2 * pixelBytes + 2048 * 2);
  const elements = (release: string, ranks: number, pixelBytes: number, copied: number) =>
    (run(release, ranks) - around(pixelBytes)) / (ITEM * 4 * 2) - copied;

  test('holds the projections of all ranks twice in V0 from 0.7', () => {
    // Residual, norm, the rank's own projection, that of all as it came, and in order.
    expect(elements('0.8.3', 2, 4, patch)).toBeCloseTo(1280 * (1 + 1 + 1.5 + 3 + 3), 6);
    expect(elements('0.7.0', 4, 4, patch)).toBeCloseTo(1280 * (1 + 1 + 0.75 + 3 + 3), 6);
    expect(elements('0.9.2', 4, 2, 0)).toBeCloseTo(1280 * (1 + 1 + 0.75 + 3 + 3), 6);
  });

  test('holds its part before, and where it is not split', () => {
    expect(elements('0.6.6', 2, 4, patch)).toBeCloseTo(1280 * (1 + 15 / 2), 6);
    expect(elements('0.8.3', 1, 4, patch)).toBeCloseTo(1280 * (1 + 15), 6);
    const v1 = (run('0.9.2', 2, true) - around(2)) / (ITEM * 4 * 2);
    expect(v1).toBeCloseTo(1280 * (1 + 11 / 2), 6);
  });
});

describe('what a prompt may hold', () => {
  const limitsOf = (environment: Record<string, string>, family: 'vllm' | 'lmi' | 'sglang' = 'vllm') =>
    mediaLimits(resolveEndpoint({ model: { config: LLAMA_8B }, container: { family }, environment }));
  const count = (value: string) => {
    const { images, videos } = limitsOf({ SM_VLLM_LIMIT_MM_PER_PROMPT: value });
    return [images, videos];
  };

  test.each<[string, (number | undefined)[]]>([
    ['{"image":2,"video":0}', [2, 0]],
    ['\'{"image": 3}\'', [3, undefined]],
    ['image=1,video=0', [1, 0]],
    ['video = 12', [undefined, 12]],
    ['myimage=4', [undefined, undefined]],
    ['{"image":-1,"video":"2"}', [undefined, 2]],
    ['{"image":{"count":5}}', [undefined, undefined]],
    ['', [undefined, undefined]],
  ])('%s', (value, counts) => {
    expect(count(value)).toEqual(counts);
  });

  test.each<[string, number | undefined]>([
    ['{"max_pixels":1003520}', 1_003_520],
    ['{"size":{"longest_edge":2000,"shortest_edge":1}}', 2000],
    ['{"max_pixels":5,"size":{"longest_edge":2000}}', 5],
    ['{"size":7}', undefined],
    ['{"max_pixels":0}', undefined],
    ['{"max_pixels":-4}', undefined],
    ['{"max_pixels":"9"}', undefined],
    ['max_pixels=3', undefined],
  ])('pixels of %s', (value, pixels) => {
    expect(limitsOf({ SM_VLLM_MM_PROCESSOR_KWARGS: value }).pixels).toBe(pixels);
  });

  test('is said in the container’s own words', () => {
    expect(limitsOf({ OPTION_LIMIT_MM_PER_PROMPT: '{"image":2}' }, 'lmi').images).toBe(2);
    expect(limitsOf({ OPTION_LIMIT_MM_PER_PROMPT: '{"image":2}' }).images).toBeUndefined();
    expect(limitsOf({ SM_VLLM_LIMIT_MM_PER_PROMPT: '{"image":2}' }, 'sglang').images).toBeUndefined();
    expect(limitsOf({})).toEqual({});
  });

  test('limits V1’s largest image, too, but not below a step', () => {
    const peak = (pixels?: number) =>
      activationBytes(describeModel(VL_7B), { tokens: 2048, sequences: 1, pixels }, version('0.9.2', true), 1, 2);
    const block = 3 * 14 * 14 * 2 + 1280 * (1 + 11);
    expect(peak()).toBe(ITEM * 4 * block * 2);
    expect(peak(4096 * 784)).toBe(4096 * 4 * block * 2);
    // What the encoder leaves, and the text model's layer, are more than its own peak then.
    expect(peak(784)).toBe(2048 * 2 * (4 * 3584 + 3 * 18_944));
  });
});
