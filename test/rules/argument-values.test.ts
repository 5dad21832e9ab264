import { boundsOf, fieldsOf, wordsOf } from '../../lib/rules/helpers/argument-values';
import conflicts from '../../data/sources/argument-conflicts.json';
import sglangArguments from '../../data/sources/sglang-arguments.json';
import vllmArguments from '../../data/sources/vllm-arguments.json';
import { DEEPSEEK_V3 } from '../../lib/rules/helpers/samples';
import { parseVersion, type Version } from '../../lib/text/version';
import { alone } from './own-findings';

const version = (text: string): Version => parseVersion(text) ?? [];

const QWEN3 = {
  architectures: ['Qwen3ForCausalLM'],
  model_type: 'qwen3',
  hidden_size: 2048,
  intermediate_size: 6144,
  num_hidden_layers: 28,
  num_attention_heads: 16,
  num_key_value_heads: 8,
  head_dim: 128,
  vocab_size: 151936,
  max_position_embeddings: 40960,
  torch_dtype: 'bfloat16',
};

const spec = (family: string, of: string, environment: Record<string, string>, options: object = {}) => ({
  model: { config: QWEN3 },
  container: { family, version: of },
  instanceType: 'ml.g6e.2xlarge',
  options: { maxModelLen: 4096, ...options },
  environment,
});

const found = (id: string, given: object): readonly (string | undefined)[] => alone(id, given).map(({ got }) => got);

describe('values that versions take', () => {
  test('are those of the release itself where it was read', () => {
    expect(wordsOf('vllm', 'prefix-caching-hash-algo', version('0.10.1'))).toContain('builtin');
    expect(wordsOf('vllm', 'prefix-caching-hash-algo', version('0.11.0'))).toEqual(['sha256', 'sha256_cbor']);
    expect(wordsOf('sglang', 'load-balance-method', version('0.5.8'))).not.toContain('shortest_queue');
  });

  test('are those of both neighbours for a release between two that were read', () => {
    const between = wordsOf('vllm', 'prefix-caching-hash-algo', version('0.10.1.1'));
    expect(between).toEqual(expect.arrayContaining(['builtin', 'sha256_cbor']));
  });

  test('are not known for a release newer than all that were read, another engine, or an argument without a list', () => {
    expect(wordsOf('vllm', 'runner', version('0.99.0'))).toBeUndefined();
    expect(wordsOf('tensorrt-llm', 'runner', version('0.30.0'))).toBeUndefined();
    expect(wordsOf('vllm', 'model-impl', version('0.30.0'))).toBeUndefined();
    expect(wordsOf('vllm', 'constructor', version('0.30.0'))).toBeUndefined();
    expect(boundsOf('stream-interval', version('0.15.1'))).toBeUndefined();
    expect(fieldsOf('compilation-config', version('0.15.1'))).toBeUndefined();
  });

  test('have the fields of a JSON value, with words where only words are taken', () => {
    const fields = fieldsOf('kv-transfer-config', version('0.30.0'));
    expect(fields?.get('kv_role')).toEqual(['kv_both', 'kv_consumer', 'kv_producer']);
    expect(fields?.has('kv_connector')).toBe(true);
    expect(fields?.get('kv_connector')).toBeUndefined();
  });
});

describe('numbers with limits', () => {
  test.each([
    ['SM_VLLM_STREAM_INTERVAL', '0'],
    ['SM_VLLM_WATERMARK', '1'],
    ['SM_VLLM_CPU_OFFLOAD_GB', '-0.5'],
  ])('stop the server outside them: %s=%s', (name, value) => {
    expect(found('VARIABLE_VALUE_OUT_OF_RANGE', spec('vllm', '0.30.0', { [name]: value }))).toEqual([
      `${name}=${value}`,
    ]);
  });

  test('are looked at for media only where a model takes some', () => {
    const value = { SM_VLLM_MM_PROCESSOR_CACHE_GB: '-1' };
    expect(found('VARIABLE_VALUE_OUT_OF_RANGE', spec('vllm', '0.30.0', value))).toEqual([]);
  });
});

describe('arguments that a server compares', () => {
  const id = 'ARGUMENTS_REFUSED_TOGETHER';

  test('are compared with an option, whichever way it is given', () => {
    const threshold = { SM_VLLM_LONG_PREFILL_TOKEN_THRESHOLD: '8192' };
    expect(found(id, spec('vllm', '0.30.0', threshold))).toHaveLength(1);
    expect(
      found(id, spec('vllm', '0.30.0', { ...threshold, SM_VLLM_MAX_MODEL_LEN: '8192' }, { maxModelLen: undefined })),
    ).toEqual([]);
  });

  test('are read from JSON in single quotes, where an image needs them', () => {
    const connector = (json: string) => spec('vllm', '0.22.1', { SM_VLLM_KV_TRANSFER_CONFIG: json });
    expect(found(id, connector(`'{"kv_connector":"X"}'`))).toHaveLength(1);
    expect(found(id, connector(`'{"kv_connector":"X","kv_role":"kv_both"}'`))).toEqual([]);
  });

  test('are left alone while one of them is not known, or is no number', () => {
    const sizes = (chunk: string, page: string) =>
      spec('sglang', '0.5.20', { SM_SGLANG_CHUNKED_PREFILL_SIZE: chunk, SM_SGLANG_PAGE_SIZE: page });
    expect(found(id, sizes('1000', '16'))).toHaveLength(1);
    expect(found(id, sizes('1000', '${Token[TOKEN.1]}'))).toEqual([]);
    expect(found(id, sizes('x', '16'))).toEqual([]);
    expect(found(id, sizes('1000', '0'))).toEqual([]);
  });

  test('are compared by aliases of an argument too', () => {
    const balanced = (more: Record<string, string>) =>
      spec('sglang', '0.5.20', { SM_SGLANG_ENABLE_EPLB: 'true', ...more });
    expect(found(id, balanced({}))).toHaveLength(1);
    expect(found(id, balanced({ SM_SGLANG_EP: '4' }))).toEqual([]);
    expect(found(id, balanced({ SM_SGLANG_MOE_A2A_BACKEND: 'deepep' }))).toEqual([]);
  });

  test('count the guesses of every sequence, with adapters', () => {
    const guessing = (sequences: number, enableLora: boolean) =>
      spec(
        'vllm',
        '0.30.0',
        { SM_VLLM_SPECULATIVE_CONFIG: '{"method":"ngram","num_speculative_tokens":4}' },
        { enableLora, maxNumSeqs: sequences, maxNumBatchedTokens: 1024 },
      );
    expect(found(id, guessing(256, true))).toHaveLength(1);
    expect(found(id, guessing(128, true))).toEqual([]);
    expect(found(id, guessing(256, false))).toEqual([]);
  });

  test('know which models vLLM serves with latent attention', () => {
    const latent = { kv_lora_rank: 256, q_lora_rank: 768, qk_nope_head_dim: 64, qk_rope_head_dim: 32, v_head_dim: 64 };
    const minicpm = { ...QWEN3, ...latent, architectures: ['MiniCPM3ForCausalLM'], model_type: 'minicpm3' };
    const backend = (name: string, config: object, more: Record<string, string> = {}) => ({
      ...spec('vllm', '0.30.0', { SM_VLLM_ATTENTION_BACKEND: name, ...more }),
      model: { config },
    });
    expect(found(id, backend('FLASHMLA', QWEN3))).toHaveLength(1);
    expect(found(id, backend('FLASH_ATTN', QWEN3))).toEqual([]);
    expect(found(id, backend('FLASH_ATTN', DEEPSEEK_V3))).toHaveLength(1);
    expect(found(id, backend('FLASH_ATTN', DEEPSEEK_V3, { VLLM_MLA_DISABLE: '1' }))).toEqual([]);
    expect(found(id, backend('FLASH_ATTN', minicpm))).toEqual([]);
  });

  test('are those of LMI’s own command line from LMI 15 on', () => {
    const traces = (of: string) => spec('lmi', of, { OPTION_COLLECT_DETAILED_TRACES: 'all' });
    expect(found(id, traces('0.36.0-lmi27'))).toHaveLength(1);
    expect(found(id, traces('0.31.0-lmi13'))).toEqual([]);
  });
});

describe('the table of what servers compare', () => {
  const TESTS =
    'set unset on notOn off in notIn notInOrUnset startsWith unlike isText contains keysNotIn over notOver under differs indivisible';
  const arguments_: Readonly<Record<string, object>> = {
    vllm: vllmArguments.entries,
    sglang: sglangArguments.entries,
  };

  test.each(conflicts.conflicts.map((row) => [row.what, row] as const))('names what there is: %s', (_, row) => {
    const conditions = row.all as readonly (readonly unknown[])[];
    for (const [operand, how, against] of conditions) {
      expect(TESTS.split(' ')).toContain(how);
      const others = typeof against === 'object' && against !== null && 'of' in against ? [against.of] : [];
      const named = [operand, ...others].map(String).filter((text) => !text.startsWith('@'));
      for (const text of named)
        expect(
          text
            .split(':')[0]
            .split('|')
            .some((name) => Object.hasOwn(arguments_[row.engine], name)),
        ).toBe(true);
    }
    for (const [, name] of `${row.allowed} ${row.fix}`.matchAll(/\{([\w-]+)\}/g))
      expect(Object.keys(arguments_[row.engine])).toContain(name);
  });
});
