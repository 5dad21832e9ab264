import { check, planAnswer } from '../../lib/rules';
import type { EndpointSpec } from '../../lib/spec/types';

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
