import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { isDraftModel, speculationOf, type Speculation } from '../../lib/rules/helpers/speculation';
import { LLAMA_8B } from '../../lib/rules/helpers/samples';
import { readSpec } from '../../lib/spec';

function read(environment: Record<string, string>, family = 'vllm', rest: object = {}): Speculation | undefined {
  const { spec } = readSpec({ model: { config: LLAMA_8B }, container: { family }, environment, ...rest });
  if (spec === undefined) throw new Error('no spec');
  return speculationOf(resolveEndpoint(spec));
}

describe('speculative decoding as the server is asked for it', () => {
  const SMALL = '{"method":"draft_model","model":"a/b","num_speculative_tokens":3,"draft_tensor_parallel_size":2}';
  const small = { method: 'draft_model', model: 'a/b', tokens: 3, draftTensorParallelSize: 2 };

  test.each([
    ['vllm', { SM_VLLM_SPECULATIVE_CONFIG: SMALL }, { ...small, path: '/environment/SM_VLLM_SPECULATIVE_CONFIG' }],
    ['vllm', { SM_VLLM_SPECULATIVE_CONFIG: `'${SMALL}'` }, small],
    ['lmi', { OPTION_SPECULATIVE_CONFIG: SMALL }, { ...small, path: '/environment/OPTION_SPECULATIVE_CONFIG' }],
    [
      'vllm',
      { SM_VLLM_SPECULATIVE_CONFIG: '{"method":"","num_speculative_tokens":"3"}' },
      { path: /SPECULATIVE_CONFIG/ },
    ],
    [
      'vllm',
      { SM_VLLM_SPECULATIVE_MODEL: '[ngram]', SM_VLLM_NUM_SPECULATIVE_TOKENS: '5' },
      { method: 'ngram', tokens: 5, path: '/environment/SM_VLLM_SPECULATIVE_MODEL' },
    ],
    ['vllm', { SM_VLLM_SPECULATIVE_MODEL: 'a/b', SM_VLLM_NUM_SPECULATIVE_TOKENS: 'some' }, { model: 'a/b' }],
  ])('%s %j', (family, environment, expected) => {
    const { path, ...rest } = expected as { path?: string | RegExp };
    const found = read(environment as Record<string, string>, family);
    expect(found).toMatchObject(rest);
    if (path !== undefined) expect(found?.path).toMatch(path);
    if (!('method' in rest)) expect(found?.method).toBeUndefined();
    if (!('tokens' in rest)) expect(found?.tokens).toBeUndefined();
  });

  test('a well-known draft is known by its name, whoever names it', () => {
    const id = 'Qwen/Qwen2.5-7B';
    const heads = { config: { num_attention_heads: 28 } };
    const named = { SM_VLLM_SPECULATIVE_CONFIG: `{"model":"${id}","num_speculative_tokens":4}` };
    expect(read(named)).toMatchObject(heads);
    expect(read({}, 'vllm', { speculative: { model: id } })).toMatchObject(heads);
    expect(read({}, 'vllm', { speculative: { model: id, config: { vocab_size: 9 } } })?.config).toEqual({
      vocab_size: 9,
    });
    expect(read({ SM_VLLM_SPECULATIVE_CONFIG: SMALL })?.config).toBeUndefined();
  });

  test.each([
    [{ method: 'draft' }, true],
    [{ method: 'draft_model' }, true],
    [{ method: 'eagle' }, false],
    [{}, true],
    [{ config: { model_type: 'llama', architectures: ['LlamaForCausalLM'] } }, true],
    [{ config: { model_type: 'eagle' } }, false],
    [{ config: { model_type: 'llama', architectures: ['LlamaForCausalLMEagle3'] } }, false],
    [{ config: { architectures: ['MedusaModel'] } }, false],
  ])('%j guesses with a model of its own: %s', (speculation, expected) => {
    expect(isDraftModel({ path: '', ...speculation })).toBe(expected);
  });

  test('the spec’s own section comes first', () => {
    const section = { speculative: { method: 'ngram', tokens: 4 } };
    expect(read({ SM_VLLM_SPECULATIVE_CONFIG: SMALL }, 'vllm', section)).toMatchObject({
      ...{ method: 'ngram', tokens: 4, path: '/speculative' },
    });
  });

  test.each([
    ['vllm', {}],
    ['vllm', { SM_VLLM_SPECULATIVE_CONFIG: '{"method":' }],
    ['vllm', { SM_VLLM_SPECULATIVE_CONFIG: '["ngram"]' }],
    ['vllm', { SM_VLLM_SPECULATIVE_CONFIG: 'null' }],
    ['sglang', { SM_VLLM_SPECULATIVE_CONFIG: SMALL }],
    ['vllm', { OPTION_SPECULATIVE_CONFIG: SMALL }],
  ])('%s %j says nothing', (family, environment) => {
    expect(read(environment as Record<string, string>, family)).toBeUndefined();
  });
});
