import { resolveEndpoint } from '../../lib/endpoint/resolve';

type Json = Readonly<Record<string, unknown>>;

const LLAMA: Json = {
  ...{ architectures: ['LlamaForCausalLM'], model_type: 'llama', hidden_size: 1024, intermediate_size: 2048 },
  ...{ num_attention_heads: 8, num_key_value_heads: 4, num_hidden_layers: 2, vocab_size: 32_000 },
};
const RECURRENT: Json = {
  ...{ architectures: ['Qwen3NextForCausalLM'], model_type: 'qwen3_next', full_attention_interval: 2, head_dim: 128 },
  ...{ linear_num_key_heads: 2, linear_num_value_heads: 4, linear_key_head_dim: 64, linear_value_head_dim: 64 },
  ...{ linear_conv_kernel_dim: 4, moe_intermediate_size: 64, shared_expert_intermediate_size: 64, num_experts: 4 },
  num_experts_per_tok: 2,
};
const optionsOf = (
  version: string | undefined,
  instanceType: string | undefined,
  options: object = {},
  more: { config?: Json; environment?: Readonly<Record<string, string>> } = {},
) =>
  resolveEndpoint({
    model: { config: more.config ?? LLAMA },
    container: { family: 'sglang', ...(version === undefined ? {} : { version }) },
    instanceType,
    options,
    environment: more.environment,
  }).options;
const fraction = (...of: Parameters<typeof optionsOf>) => optionsOf(...of).gpuMemoryUtilization;

describe('what SGLang takes of a card’s memory', () => {
  test.each<[string, string, number, number, number]>([
    // By ranks alone at first.
    ['0.3.0', 'ml.g5.48xlarge', 8, 0.83, 8192],
    ['0.3.5.post2', 'ml.g5.48xlarge', 8, 0.83, 2048],
    ['0.3.6', 'ml.p4d.24xlarge', 8, 0.82, 8192],
    ['0.4.0', 'ml.p5.48xlarge', 8, 0.81, 8192],
    ['0.4.5', 'ml.p5en.48xlarge', 2, 0.87, 8192],
    // Then by the card, too.
    ['0.4.5.post3', 'ml.p5en.48xlarge', 8, 0.907, 8192],
    ['0.4.6.post1', 'ml.p5.48xlarge', 4, 0.85, 8192],
    ['0.4.6.post2', 'ml.p5en.48xlarge', 8, 0.872, 8192],
    ['0.4.7', 'ml.p6-b200.48xlarge', 8, 0.79, 16_384],
    ['0.4.7.post1', 'ml.g5.2xlarge', 1, 0.871, 2048],
    ['0.4.7.post1', 'ml.g6e.2xlarge', 1, 0.778, 8192],
    ['0.5.2', 'ml.p5.48xlarge', 8, 0.83, 8192],
    ['0.5.2', 'ml.p6-b200.48xlarge', 8, 0.821, 16_384],
    ['0.5.4', 'ml.g5.2xlarge', 1, 0.838, 2048],
    ['0.5.6', 'ml.g4dn.xlarge', 1, 0.758, 2048],
    ['0.5.6', 'ml.g5.2xlarge', 1, 0.837, 2048],
    ['0.5.6', 'ml.g5.12xlarge', 4, 0.815, 2048],
    ['0.5.6', 'ml.g6e.2xlarge', 1, 0.851, 4096],
    ['0.5.6', 'ml.g6e.12xlarge', 4, 0.837, 4096],
    ['0.5.6', 'ml.p5.4xlarge', 1, 0.835, 8192],
    ['0.5.6', 'ml.p5.48xlarge', 8, 0.818, 8192],
    // The stock figure of DeepSeek V3.2 on eight H200.
    ['0.5.6', 'ml.p5en.48xlarge', 8, 0.897, 8192],
    ['0.5.10', 'ml.p5.4xlarge', 1, 0.83, 8192],
    ['0.5.18', 'ml.g5.2xlarge', 1, 0.822, 2048],
    ['0.5.20', 'ml.g5.2xlarge', 1, 0.684, 4096],
    ['0.5.20', 'ml.p6-b200.48xlarge', 8, 0.849, 16_384],
  ])('%s on %s with %d ranks', (version, instanceType, tensorParallelSize, expected, chunk) => {
    const options = optionsOf(version, instanceType, { tensorParallelSize });
    expect(options.gpuMemoryUtilization).toBeCloseTo(expected, 3);
    expect(options.maxNumBatchedTokens).toBe(chunk);
  });

  test('is a common share where nothing is known of the card', () => {
    expect(optionsOf('0.5.10', undefined)).toMatchObject({ gpuMemoryUtilization: 0.88, maxNumBatchedTokens: 8192 });
  });

  test.each<[string, string, number]>([
    ['0.4.6', 'EAGLE', 0.88],
    ['0.4.7', 'EAGLE', 0.836],
    ['0.4.7.post1', 'EAGLE', 0.849],
    ['0.5.2', 'STANDALONE', 0.799],
    ['0.5.6', 'NGRAM', 0.835],
    ['0.5.6', 'EAGLE3', 0.81],
    ['0.5.10', 'EAGLE3', 0.779],
    ['0.5.14', 'EAGLE3', 0.829],
  ])('%s sets something aside for guesses of %s', (version, algorithm, expected) => {
    const environment = { SM_SGLANG_SPECULATIVE_ALGORITHM: algorithm };
    expect(fraction(version, 'ml.p4de.24xlarge', {}, { environment })).toBeCloseTo(expected, 3);
  });

  test('counts the graphs that are asked for', () => {
    const asked = (name: string, most: string) =>
      fraction('0.5.6', 'ml.g5.2xlarge', {}, { environment: { [name]: most } });
    expect(asked('SM_SGLANG_CUDA_GRAPH_MAX_BS', '160')).toBeCloseTo(0.825, 3);
    expect(asked('SM_SGLANG_CUDA_GRAPH_MAX_BS', 'all')).toBeCloseTo(0.837, 3);
  });

  test('draws no graph of more sequences than run at once, from 0.5.23 on', () => {
    const many = (version: string) =>
      fraction(version, 'ml.p5.4xlarge', { maxNumSeqs: 8, maxNumBatchedTokens: 16_384 });
    expect(many('0.5.23')).toBeGreaterThan(many('0.5.22'));
  });

  test('is what was asked for', () => {
    expect(fraction('0.5.10', 'ml.p5.4xlarge', { gpuMemoryUtilization: 0.7 })).toBe(0.7);
  });

  test('leaves at least ten GiB of a large card, and more for longer chunks', () => {
    const asked = (maxNumBatchedTokens: number) => fraction('0.5.6', 'ml.p5.4xlarge', { maxNumBatchedTokens });
    expect(asked(2048)).toBe(0.874);
    expect(asked(512)).toBe(0.874);
    expect(asked(-1)).toBe(asked(16_384));
    expect(asked(16_384)).toBeCloseTo(asked(8192) - (8192 * 1.5) / 81_552, 2);
  });

  test('leaves room for graphs of prefill from 0.5.10, but not of models and ways that have none', () => {
    const of = (version: string, options: object = {}, config: Json = LLAMA) =>
      fraction(version, 'ml.p5.48xlarge', { tensorParallelSize: 4, ...options }, { config });
    expect(of('0.5.9')).toBe(0.824);
    expect(of('0.5.10')).toBe(0.819);
    expect(of('0.5.10', { pipelineParallelSize: 2 })).toBe(0.818);
    expect(of('0.5.10', {}, { ...LLAMA, ...RECURRENT })).toBe(0.824);
    expect(of('0.5.10', { enforceEager: true })).toBe(0.819);
    expect(of('0.5.14', { enforceEager: true })).toBe(0.837);
  });

  test('leaves room where ranks attend to sequences of their own', () => {
    const of = (environment: Readonly<Record<string, string>>) =>
      fraction('0.5.10', 'ml.p5en.48xlarge', { tensorParallelSize: 8 }, { environment });
    const plain = of({});
    expect(of({ SM_SGLANG_ENABLE_DP_ATTENTION: 'true', SM_SGLANG_DP_SIZE: '8' })).toBeCloseTo(0.768, 3);
    expect(of({ SM_SGLANG_ENABLE_DP_ATTENTION: '', SM_SGLANG_DP: '2' })).toBeCloseTo(0.865, 3);
    for (const size of ['1', '0', 'x', '1.5'])
      expect(of({ SM_SGLANG_ENABLE_DP_ATTENTION: 'true', SM_SGLANG_DP_SIZE: size })).toBe(plain);
    expect(of({ SM_SGLANG_ENABLE_DP_ATTENTION: 'false', SM_SGLANG_DP_SIZE: '8' })).toBe(plain);
    expect(of({ SM_SGLANG_ENABLE_DP_ATTENTION: 'true' })).toBe(plain);
  });

  test('leaves room for images, by the size of the tower', () => {
    const text = { ...LLAMA };
    const of = (vision: Json) =>
      fraction(
        '0.5.6',
        'ml.p5.4xlarge',
        {},
        {
          config: {
            architectures: ['LlavaForConditionalGeneration'],
            model_type: 'llava',
            text_config: text,
            vision_config: vision,
          },
        },
      );
    const vision = { model_type: 'clip_vision_model', intermediate_size: 4096, image_size: 336, patch_size: 14 };
    const base = { ...vision, num_attention_heads: 16 };
    expect(of({ ...base, num_hidden_layers: 24, hidden_size: 1024 })).toBeCloseTo(0.835 * 0.95, 4);
    expect(of({ ...base, num_hidden_layers: 48, hidden_size: 1024 })).toBeCloseTo(0.835 * 0.95 * 0.9, 4);
    expect(of({ ...base, num_hidden_layers: 96, hidden_size: 2048 })).toBeCloseTo(0.835 * 0.95 * 0.8, 4);
    expect(of({ ...base, num_hidden_layers: 2, hidden_size: 256 })).toBeCloseTo(0.835 * 0.95 * 1.05, 4);
  });

  test('is next to nothing where the buffers alone do not fit', () => {
    expect(fraction('0.5.10', 'ml.g4dn.xlarge', { maxNumBatchedTokens: 1_000_000 })).toBe(0.01);
  });
});
