import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { findModelConfig } from '../../lib/model';
import { makePlan } from '../../lib/plan';
import { AWQ, GEMMA2_2B, LLAMA_8B, LLAMA_70B, quantized } from '../../lib/rules/helpers/samples';
import type { EndpointSpec, SpeculativeSpec } from '../../lib/spec/types';

/** A fifth of a billion parameters, of the family of Llama 3.1: 16 layers, 8 KV heads of 64. */
const SMALL = {
  ...LLAMA_8B,
  hidden_size: 512,
  intermediate_size: 2048,
  num_attention_heads: 8,
  num_hidden_layers: 16,
  head_dim: 64,
};

const plan = (family: 'vllm' | 'sglang', speculative?: SpeculativeSpec, more: Partial<EndpointSpec> = {}) =>
  makePlan(
    resolveEndpoint({
      model: { config: LLAMA_8B },
      container: { family },
      instanceType: 'ml.g6e.2xlarge',
      options: { maxModelLen: 8192 },
      speculative,
      ...more,
    }),
  );

describe.each(['vllm', 'sglang'] as const)('what guesses ahead, in %s,', (family) => {
  const without = plan(family);

  test('from the text itself takes nothing', () => {
    expect(plan(family, { method: 'ngram', tokens: 4 })).toEqual(without);
  });

  test('as a draft model takes its weights, and its cache for each token', () => {
    const draft = plan(family, { method: 'draft', model: 'small', tokens: 4, config: SMALL });
    // 2 × 128,256 × 512 for tokens and 16 × 4.19 M for the layers between, 16 bits each; the rest is the allocator's,
    // and in SGLang a table of positions in 32 bits.
    expect(draft.memory.weights! - without.memory.weights!).toBeGreaterThan(396.8e6);
    expect(draft.memory.weights! - without.memory.weights!).toBeLessThan(435e6);
    // 16 layers, 8 heads of 64, keys and values, 2 bytes.
    expect(draft.kvBytesPerToken! - without.kvBytesPerToken!).toBeCloseTo(16 * 8 * 64 * 2 * 2, 0);
    expect(draft.kvCacheTokens!).toBeLessThan(without.kvCacheTokens!);
  });

  test('as the head of EAGLE takes its weights, and one layer of the cache', () => {
    const eagle = plan(family, { method: 'eagle3', model: 'head', tokens: 4, weightBytes: 850e6 });
    expect(eagle.memory.weights! - without.memory.weights!).toBe(850e6);
    expect(eagle.kvBytesPerToken).toBeCloseTo(without.kvBytesPerToken! * (1 + 1 / 32), 3);
  });

  test('as layers that the model brings takes one layer of the cache', () => {
    const mtp = plan(family, { method: 'mtp', tokens: 1 });
    expect(mtp.memory.weights).toBe(without.memory.weights);
    expect(mtp.kvBytesPerToken).toBeGreaterThan(without.kvBytesPerToken!);
  });

  test('is split over the ranks of the model', () => {
    const on = (speculative?: SpeculativeSpec) =>
      plan(family, speculative, {
        model: { config: LLAMA_70B },
        quantization: 'fp8',
        instanceType: 'ml.g6e.12xlarge',
        options: { maxModelLen: 8192, tensorParallelSize: 4 },
      });
    const head = on({ method: 'eagle3', model: 'head', tokens: 4, weightBytes: 2e9 });
    expect(head.memory.weights! - on().memory.weights!).toBe(500e6);
  });

  test('from the text itself takes nothing, whatever else is said of it', () => {
    for (const method of ['ngram', 'suffix'] as const)
      expect(plan(family, { method, tokens: 4, config: SMALL, weightBytes: 1e9 })).toEqual(without);
  });

  test('is a draft model where no method is named', () => {
    expect(plan(family, { model: 'small', tokens: 4, config: SMALL })).toEqual(
      plan(family, { method: 'draft', model: 'small', tokens: 4, config: SMALL }),
    );
  });

  test('is loaded in its own scheme', () => {
    const of = (config: Record<string, unknown>) =>
      plan(family, { method: 'draft', model: 'small', tokens: 4, config }).memory.weights!;
    // 16 layers of 3.9 M parameters in linear layers, of 16 bits and of about 4.
    expect(of(SMALL) - of(quantized(SMALL, AWQ))).toBeGreaterThan(60e6);
  });

  test('is not added to what cannot be known', () => {
    const unknown = plan(family, { method: 'eagle3', tokens: 4, weightBytes: 1e9 }, { model: { id: 'a/b' } });
    expect(unknown.memory.weights).toBeNull();
  });

  test('adds its layer to those that see the whole text', () => {
    const of = (speculative?: SpeculativeSpec) =>
      plan(family, speculative, { model: { config: GEMMA2_2B } }).kvBytesPerToken!;
    const plain = of();
    const head = of({ method: 'eagle3', model: 'head', tokens: 4, weightBytes: 1e8 });
    // One layer more: 4 KV heads of 256, keys and values, 2 bytes.
    expect(head - plain).toBeCloseTo(4 * 256 * 2 * 2, 0);
  });

  test('of which nothing is known leaves the plan as it is without it', () => {
    expect(plan(family, { method: 'draft', model: 'small', tokens: 4 })).toEqual(without);
  });

  test('is known by its name where it is a well-known model', () => {
    const id = 'meta-llama/Llama-3.2-1B-Instruct';
    const named = plan(family, { method: 'draft', model: id, tokens: 4 });
    expect(named).toEqual(plan(family, { method: 'draft', model: id, tokens: 4, config: findModelConfig(id) }));
    expect(named.memory.weights! - without.memory.weights!).toBeGreaterThan(2.4e9);
  });

  test('as layers of the model’s own checkpoint takes what they are', () => {
    const mimo = {
      ...LLAMA_8B,
      ...{ architectures: ['MiMoForCausalLM'], model_type: 'mimo', attention_bias: true, num_nextn_predict_layers: 1 },
    };
    const of = (config: object, speculative?: SpeculativeSpec, tensorParallelSize = 1) =>
      plan(family, speculative, {
        model: { config: config as Record<string, unknown> },
        instanceType: 'ml.g6e.12xlarge',
        options: { maxModelLen: 8192, tensorParallelSize },
      }).memory.weights!;
    const mtp: SpeculativeSpec = { method: 'mtp', tokens: 1 };
    // A layer of Llama 3.1 8B, and one projection of an embedding and a state.
    const layer = 2 * (218_112_000 + 2 * 4096 * 4096);
    expect((of(mimo, mtp) - of(mimo)) / layer).toBeCloseTo(1, 1);
    expect(of(mimo, mtp, 2) - of(mimo, undefined, 2)).toBeLessThan(of(mimo, mtp) - of(mimo));
    expect(of(mimo, { ...mtp, model: 'another/head' })).toBe(of(mimo));
    expect(of({ ...mimo, num_nextn_predict_layers: 0 }, mtp)).toBe(of(mimo));
  });
});

describe('what the container’s variables ask for', () => {
  const id = 'meta-llama/Llama-3.2-1B-Instruct';
  const asked = (environment: Record<string, string>, tensorParallelSize = 1) =>
    plan('vllm', undefined, {
      environment,
      instanceType: 'ml.g6e.12xlarge',
      options: { maxModelLen: 8192, tensorParallelSize },
    });
  const json = (more = {}) => ({
    SM_VLLM_SPECULATIVE_CONFIG: JSON.stringify({
      ...{ method: 'draft_model', model: id, num_speculative_tokens: 4 },
      ...more,
    }),
  });

  test('is planned as what the spec asks for', () => {
    const { memory, kvBytesPerToken } = asked(json());
    const spoken = plan('vllm', { method: 'draft_model', model: id, tokens: 4 }, { instanceType: 'ml.g6e.12xlarge' });
    expect(memory).toEqual(spoken.memory);
    expect(kvBytesPerToken).toBe(spoken.kvBytesPerToken);
    expect(memory.weights! - asked({}).memory.weights!).toBeGreaterThan(2.4e9);
  });

  test('may leave the draft whole on each GPU', () => {
    const more = (size?: number) => asked(json({ draft_tensor_parallel_size: size }), 4).memory.weights!;
    expect(more(1) - more(4)).toBeGreaterThan(1.2e9);
    expect(more()).toBe(more(4));
  });
});
