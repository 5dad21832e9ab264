import { resolveContainer } from '../../lib/container';
import { isVllm, serverName } from '../../lib/rules/helpers/engine';
import { anyOf, count, gib } from '../../lib/rules/helpers/finding';
import { modelFrom } from '../../lib/rules/helpers/model-source';
import { firstWith, lastWith, vllmHas, vllmRanges } from '../../lib/rules/helpers/vllm-models';

const container = (family: 'vllm', version: string) => resolveContainer({ family, version });

describe('where a model comes from', () => {
  test.each([
    ['meta-llama/Llama-3.1-8B', 'hub'],
    ['s3://bucket/models/llama/', 's3-prefix'],
    ['s3://bucket/model.tar.gz', 's3-tarball'],
    ['s3://bucket/model.TGZ', 's3-tarball'],
    ['/opt/ml/model', 'local'],
    ['./model', 'local'],
    ['llama', undefined],
    ['a/b/c', undefined],
  ])('%s: %s', (id, from) => {
    expect(modelFrom({ model: { id } })).toBe(from);
  });

  test('as the spec says, before what the id shows', () => {
    expect(modelFrom({ model: { id: 'a/b' }, endpoint: { modelData: 's3-prefix' } })).toBe('s3-prefix');
    expect(modelFrom({ model: {} })).toBeUndefined();
  });
});

describe('which vLLM', () => {
  test.each([
    ['0.8.5', { since: '0.8.5' }, true],
    ['0.8.5', { before: '0.8.5' }, false],
    ['0.8.5', { since: '0.8.0', before: '0.9.0' }, true],
    ['0.10.2', { before: '0.9.0' }, false],
    ['0.5.3', { since: '0.5.3.post1' }, false],
    ['0.8.5', {}, true],
  ])('%s in %j: %s', (version, range, expected) => {
    expect(isVllm({ container: container('vllm', version) }, range)).toBe(expected);
  });

  test('is named with its version, where one is known', () => {
    expect(serverName({ container: container('vllm', '0.8.5') })).toBe('vLLM 0.8.5');
    expect(serverName({ container: undefined })).toBe('the server');
    expect(isVllm({ container: undefined })).toBe(false);
  });
});

describe('what vLLM serves', () => {
  test.each([
    ['LlamaForCausalLM', 'served', [0, 1, 4], 'yes'],
    ['LlamaForCausalLM', 'served', [9, 0, 0], 'yes'],
    ['Qwen3ForCausalLM', 'served', [0, 8, 3], 'not-yet'],
    ['Qwen3ForCausalLM', 'served', [0, 8, 4], 'yes'],
    ['MistralForCausalLM', 'loraHead', [0, 14, 0], 'yes'],
    // A patch of a minor version has what its others have.
    ['MistralForCausalLM', 'loraHead', [0, 14, 9], 'yes'],
    ['MistralForCausalLM', 'loraHead', [0, 15, 0], 'no-more'],
    ['GPT2LMHeadModel', 'lora', [0, 8, 5], 'never'],
    ['NobodysForCausalLM', 'served', [0, 8, 5], 'unknown'],
    ['constructor', 'served', [0, 8, 5], 'unknown'],
  ] as const)('%s, %s, in %j: %s', (architecture, feature, version, support) => {
    expect(vllmHas(architecture, feature, version)).toBe(support);
  });

  test('from and up to which version', () => {
    expect(firstWith('Qwen3ForCausalLM', 'served')).toBe('0.8.4');
    expect(lastWith('Qwen3ForCausalLM', 'served')).toBeUndefined();
    expect(lastWith('MistralForCausalLM', 'loraHead')).toBe('0.14.0');
    expect(vllmRanges('GPT2LMHeadModel', 'lora')).toEqual([]);
    expect(vllmRanges('NobodysForCausalLM')).toBeUndefined();
  });
});

describe('words of a message', () => {
  test('choices', () => {
    expect(anyOf([1])).toBe('1');
    expect(anyOf([1, 2])).toBe('1 or 2');
    expect(anyOf(['a', 'b', 'c'])).toBe('a, b or c');
  });

  test('amounts', () => {
    expect(count(152_064)).toBe('152,064');
    expect(gib(1.5 * 2 ** 30)).toBe('1.5 GiB');
  });
});
