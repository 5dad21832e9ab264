import { describeModel } from '../../lib/model';
import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { makePlan } from '../../lib/plan';
import { visionRun, type VisionRanks } from '../../lib/plan/memory/vision-profile';

type Json = Readonly<Record<string, unknown>>;

const TEXT = {
  hidden_size: 2048,
  intermediate_size: 4096,
  num_attention_heads: 16,
  num_key_value_heads: 8,
  num_hidden_layers: 4,
  vocab_size: 32_000,
  max_position_embeddings: 32_768,
};
const QWEN25: Json = {
  architectures: ['Qwen2_5_VLForConditionalGeneration'],
  model_type: 'qwen2_5_vl',
  ...TEXT,
  vision_config: {
    ...{ depth: 4, hidden_size: 1280, intermediate_size: 3420, num_heads: 16, patch_size: 14 },
    ...{ temporal_patch_size: 2, spatial_merge_size: 2, out_hidden_size: 2048 },
  },
};
const QWEN3: Json = {
  architectures: ['Qwen3VLForConditionalGeneration'],
  model_type: 'qwen3_vl',
  text_config: { ...TEXT, model_type: 'qwen3_vl_text', head_dim: 128 },
  vision_config: {
    ...{ depth: 4, hidden_size: 1152, intermediate_size: 4304, num_heads: 16, patch_size: 16, temporal_patch_size: 2 },
    ...{ spatial_merge_size: 2, out_hidden_size: 2048, deepstack_visual_indexes: [0, 1, 2] },
  },
};
const GEMMA3: Json = {
  architectures: ['Gemma3ForConditionalGeneration'],
  model_type: 'gemma3',
  mm_tokens_per_image: 256,
  text_config: { ...TEXT, model_type: 'gemma3_text', head_dim: 128, sliding_window: 1024 },
  vision_config: {
    ...{ model_type: 'siglip_vision_model', hidden_size: 1152, intermediate_size: 4304, num_hidden_layers: 4 },
    ...{ num_attention_heads: 16, image_size: 896, patch_size: 14 },
  },
};
const LLAVA: Json = {
  architectures: ['LlavaForConditionalGeneration'],
  model_type: 'llava',
  text_config: { ...TEXT, model_type: 'llama' },
  vision_config: {
    ...{ model_type: 'clip_vision_model', hidden_size: 1024, intermediate_size: 4096, num_hidden_layers: 4 },
    ...{ num_attention_heads: 16, image_size: 336, patch_size: 14 },
  },
};

const run = (config: Json, tokens: number, ranks: Partial<VisionRanks> = {}) =>
  visionRun(describeModel(config), tokens, { tensorParallel: 1, rotation: 'in turn', ...ranks }, 2);

describe('what an image encoder takes while an engine measures itself', () => {
  test('is that of the largest image, where a step has fewer tokens', () => {
    const patches = 16_384 * 4;
    const whole = patches * (3 * 14 * 14 * 2 + 1280 * (1 + 11)) * 2;
    expect(run(QWEN25, 2048).peak).toBe(whole);
    expect(run(QWEN25, 16_384).peak).toBe(whole);
    expect(run(QWEN25, 32_768).peak).toBe(2 * whole);
  });

  test.each([
    ['in turn', 11],
    ['joined', 18],
    ['in place', 13],
  ] as const)('holds queries and keys that are rotated %s, %i times the width', (rotation, widths) => {
    expect(run(QWEN25, 2048, { rotation }).peak).toBe(16_384 * 4 * (3 * 14 * 14 * 2 + 1280 * (1 + widths)) * 2);
  });

  test('is divided among the ranks, but for the residual and the pixels', () => {
    expect(run(QWEN25, 2048, { tensorParallel: 2 }).peak).toBe(
      16_384 * 4 * (3 * 14 * 14 * 2 + 1280 + (1280 * 11) / 2) * 2,
    );
  });

  test('leaves its tokens, and those of the depths that are added later', () => {
    expect(run(QWEN25, 2048).outputs).toBe(16_384 * 2048 * 2);
    expect(run(QWEN3, 2048).outputs).toBe(16_384 * 2048 * 2 * 4);
  });

  test('counts the patches that one token is made of', () => {
    // 64 × 64 patches make 256 tokens; the feed-forward is larger than attention that does not rotate.
    expect(run(GEMMA3, 1024).peak).toBe(1024 * 16 * (3 * 14 * 14 + 2 * 1152 + 2 * 4304) * 2);
    expect(run(LLAVA, 1024).peak).toBe(1024 * (3 * 14 * 14 + 2 * 1024 + 2 * 4096) * 2);
  });

  describe('whose image is given in another way', () => {
    const vision = LLAVA.vision_config as Json;
    const peakOf = (parts: Json, outside: Json = {}) =>
      run({ ...LLAVA, ...outside, vision_config: { ...vision, ...parts } }, 1024).peak;
    const peakWith = (patches: number, pixels = 3 * 14 * 14) => 1024 * patches * (pixels + 2 * 1024 + 2 * 4096) * 2;

    test.each<[string, Json, number]>([
      ['a token a patch, as CLIP', {}, 1],
      ['a token a patch, as SigLIP', { model_type: 'siglip_vision_model' }, 1],
      ['two by two, as others do', { model_type: 'clip_vision_model_2' }, 4],
      ['two by two, as others do', { model_type: 'my_clip_vision_model' }, 4],
      ['what it merges', { spatial_merge_size: 2 }, 4],
      ['what it pools', { pooling_kernel_size: 3 }, 9],
      ['what it merges first', { spatial_merge_size: 2, pooling_kernel_size: 3 }, 4],
      ['not what is no size', { spatial_merge_size: 0 }, 1],
      ['not what is no size', { spatial_merge_size: -2 }, 1],
      ['not what is no number', { spatial_merge_size: '2' }, 1],
    ])('%s: %j', (_text, parts, patches) => {
      expect(peakOf(parts)).toBe(peakWith(patches));
    });

    test('beside the section', () => {
      expect(peakOf({}, { spatial_merge_size: 3 })).toBe(peakWith(9));
      expect(peakOf({ spatial_merge_size: 2 }, { spatial_merge_size: 3 })).toBe(peakWith(4));
      expect(peakOf({ pooling_kernel_size: 2 }, { spatial_merge_size: 3 })).toBe(peakWith(9));
    });

    test('with patches of another size, or of no size', () => {
      expect(peakOf({ patch_size: 16 })).toBe(peakWith(1, 3 * 16 * 16));
      expect(peakOf({ patch_size: undefined })).toBe(peakWith(1));
      expect(peakOf({ temporal_patch_size: 2 })).toBe(peakWith(1, 3 * 14 * 14 * 2));
    });

    test.each(['image_size', 'patch_size'])('with tokens of an image, but no %s', (key) => {
      const section = { ...(GEMMA3.vision_config as Json), [key]: undefined };
      // A token a patch.
      expect(run({ ...GEMMA3, vision_config: section }, 1024).peak).toBe(
        1024 * (3 * 14 * 14 + 2 * 1152 + 2 * 4304) * 2,
      );
    });
  });

  test('is nothing without weights of it, whatever else the config says', () => {
    const model = describeModel(LLAVA);
    const ranks: VisionRanks = { tensorParallel: 1, rotation: 'in turn' };
    const nothing = { peak: 0, outputs: 0 };
    expect(visionRun({ ...model, multimodal: false }, 1024, ranks, 2)).toEqual(nothing);
    expect(visionRun({ ...model, weights: [] }, 1024, ranks, 2)).toEqual(nothing);
    for (const vision_config of [undefined, null, 'clip'])
      expect(visionRun({ ...model, config: { ...model.config, vision_config } }, 1024, ranks, 2)).toEqual(nothing);
  });

  test('is the same on every rank where each has the whole encoder', () => {
    const model = describeModel(LLAVA);
    const whole = { ...model, weights: model.weights.map((group) => ({ ...group, split: 'replicated' as const })) };
    const peakOn = (tensorParallel: number) => visionRun(whole, 1024, { tensorParallel, rotation: 'in turn' }, 2).peak;
    expect(peakOn(4)).toBe(peakOn(1));
    expect(visionRun(model, 1024, { tensorParallel: 4, rotation: 'in turn' }, 2).peak).toBeLessThan(peakOn(1));
  });

  test('is nothing for a model that sees nothing', () => {
    expect(run({ architectures: ['LlamaForCausalLM'], model_type: 'llama', ...TEXT }, 2048)).toEqual({
      peak: 0,
      outputs: 0,
    });
  });
});

describe('room for the longest video of Qwen3-VL', () => {
  const activations = (version: string, maxModelLen: number, environment?: Record<string, string>, config = QWEN3) =>
    makePlan(
      resolveEndpoint({
        model: { config: { max_position_embeddings: 65_536, ...config } },
        container: { family: 'vllm', version },
        instanceType: 'ml.g6e.xlarge',
        options: { maxModelLen, maxNumSeqs: 1, maxNumBatchedTokens: 2048 },
        environment,
      }),
    ).memory.activations as number;
  const text = 2048 * 2 * (3 * 2048 + 3 * 4096);
  const kept = (tokens: number) => tokens * 2048 * 4 * 2;

  // Text is written before each of its frames, and counts as if it were embeddings.
  test.each([
    ['0.12.0', 65_536, 153_600 + 12_288],
    ['0.12.0', 12_288, 153_600 + 12_288],
    ['0.12.0', 12_000, 150_000 + 12_000],
  ])('is kept by %s with a context of %i tokens: %i', (version, context, tokens) => {
    expect(activations(version, context)).toBe(kept(tokens) + text);
  });

  test('is not kept by other versions, for other models, nor where no prompt has a video', () => {
    const image = activations('0.13.0', 65_536);
    expect(image).toBeLessThan(kept(153_600));
    expect(activations('0.12.0', 65_536, { SM_VLLM_LIMIT_MM_PER_PROMPT: '{"video": 0}' })).toBe(image);
    expect(activations('0.10.2', 65_536)).toBeLessThan(kept(153_600));
    expect(activations('0.12.0', 65_536, {}, QWEN25)).toBe(activations('0.13.0', 65_536, {}, QWEN25));
  });
});
