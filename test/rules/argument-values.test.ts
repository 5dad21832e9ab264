import { boundsOf, fieldsOf, wordsOf } from '../../lib/rules/helpers/argument-values';
import conflicts from '../../data/sources/argument-conflicts.json';
import sglangArguments from '../../data/sources/sglang-arguments.json';
import vllmArguments from '../../data/sources/vllm-arguments.json';
import { DEEPSEEK_V3, INTERNVL_26B } from '../../lib/rules/helpers/samples';
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
  const id = 'VARIABLE_VALUE_OUT_OF_RANGE';
  const media = { model: { config: INTERNVL_26B } };
  const judged = (name: string, value: string, more: object = {}) =>
    alone(id, { ...spec('vllm', '0.31.0', { [`SM_VLLM_${name}`]: value }), ...more });

  test.each([
    ['STREAM_INTERVAL', '0', '1 or more', '1', '1'],
    ['CPU_OFFLOAD_GB', '-0.5', '0 or more', '0', '0'],
    ['MAX_LOGPROBS', '-2', '-1 or more', '-1', '-1'],
    ['WATERMARK', '1', '0 or more, less than 1', '0.5', '0'],
    ['WATERMARK', '-0.1', '0 or more, less than 1', '0', '0.99'],
    ['MAMBA_BLOCK_SIZE', '0', 'more than 0', '1', '1'],
    ['DEVICE_MEMORY_UTILIZATION', '0', 'more than 0, 1 or less', '0.5', '0.01'],
    ['DEVICE_MEMORY_UTILIZATION', '1.5', 'more than 0, 1 or less', '1', '1'],
  ])('%s=%s: allowed is %s, and the nearest is %s', (name, value, allowed, nearest, within) => {
    const variable = `SM_VLLM_${name}`;
    expect(judged(name, value)).toMatchObject([
      {
        got: `${variable}=${value}`,
        allowed,
        fix: `set ${variable} to ${nearest}, or leave it out`,
        path: `/environment/${variable}`,
      },
    ]);
    expect(judged(name, nearest)).toEqual([]);
    expect(judged(name, within)).toEqual([]);
  });

  test('are no numbers, or not known yet', () => {
    for (const value of ['', '${Token[TOKEN.1]}', 'none', '-1.8881545897087505e+289', 'Infinity'])
      expect(judged('CPU_OFFLOAD_GB', value)).toEqual([]);
  });

  test('are looked at for media only where a model takes some', () => {
    expect(judged('MM_PROCESSOR_CACHE_GB', '-1')).toEqual([]);
    expect(judged('MM_PROCESSOR_CACHE_GB', '-1', { model: {} })).toEqual([]);
    expect(judged('MM_PROCESSOR_CACHE_GB', '-1', media)).toHaveLength(1);
    expect(judged('MM_PROCESSOR_CACHE_GB', '0', media)).toEqual([]);
  });

  test('are looked at for adapters only where LoRA is on', () => {
    const lora = (enableLora?: boolean) => ({ options: { maxModelLen: 4096, enableLora } });
    expect(judged('MAX_LORA_CLS_LABELS', '0', lora())).toEqual([]);
    expect(judged('MAX_LORA_CLS_LABELS', '0', lora(true))).toHaveLength(1);
  });

  test('are those of vLLM, from the version that looks at them on', () => {
    const interval = (family: string, of: string, name: string) => found(id, spec(family, of, { [name]: '0' }));
    expect(interval('vllm', '0.15.1', 'SM_VLLM_STREAM_INTERVAL')).toEqual([]);
    expect(interval('vllm', '0.16.0', 'SM_VLLM_STREAM_INTERVAL')).toHaveLength(1);
    expect(interval('lmi', '0.36.0-lmi27', 'OPTION_STREAM_INTERVAL')).toHaveLength(1);
    expect(interval('sglang', '0.5.20', 'SM_SGLANG_STREAM_INTERVAL')).toEqual([]);
  });
});

describe('words that an argument takes', () => {
  const id = 'ARGUMENT_CHOICE_UNKNOWN';
  const judged = (family: string, of: string, environment: Record<string, string>) =>
    alone(id, spec(family, of, environment));

  test('are named, with the nearest', () => {
    expect(judged('vllm', '0.30.0', { SM_VLLM_RUNNER: 'poolin' })).toMatchObject([
      {
        got: 'SM_VLLM_RUNNER=poolin',
        allowed: 'auto, draft, generate, pooling',
        fix: 'set SM_VLLM_RUNNER to pooling, or leave it out',
        path: '/environment/SM_VLLM_RUNNER',
      },
    ]);
  });

  test('are all there is: without one that is near, the variable goes', () => {
    const [finding] = judged('vllm', '0.30.0', { SM_VLLM_RUNNER: 'qqqqqqqqqqqqqqqq' });
    expect(finding.fix).toBe('leave SM_VLLM_RUNNER out');
  });

  test('are read without the space around them', () => {
    expect(judged('vllm', '0.30.0', { SM_VLLM_RUNNER: ' pooling ' })).toEqual([]);
  });

  test('do not name the absence of one', () => {
    expect(wordsOf('vllm', 'mm-encoder-attn-dtype', version('0.30.0'))).toEqual(['None', 'fp8']);
    const [finding] = judged('vllm', '0.30.0', { SM_VLLM_MM_ENCODER_ATTN_DTYPE: 'fp16' });
    expect(finding.allowed).toBe('fp8');
  });

  test('are not looked at where no server is known', () => {
    const { container, ...unserved } = spec('vllm', '0.30.0', { SM_VLLM_RUNNER: 'x' });
    expect(alone(id, { ...unserved, container })).toHaveLength(1);
    expect(alone(id, unserved)).toEqual([]);
  });
});

describe('fields of a JSON value', () => {
  const id = 'JSON_FIELD_UNKNOWN';
  const judged = (name: string, value: object | string, of = '0.30.0') =>
    alone(id, spec('vllm', of, { [`SM_VLLM_${name}`]: typeof value === 'string' ? value : JSON.stringify(value) }));

  test('are named, with the nearest', () => {
    const fields = [...(fieldsOf('kv-transfer-config', version('0.30.0'))?.keys() ?? [])];
    expect(judged('KV_TRANSFER_CONFIG', { kv_roles: 'kv_both' })).toMatchObject([
      {
        got: 'SM_VLLM_KV_TRANSFER_CONFIG with kv_roles',
        allowed: fields.join(', '),
        fix: 'rename kv_roles in the JSON to kv_role',
        path: '/environment/SM_VLLM_KV_TRANSFER_CONFIG',
      },
    ]);
    expect(judged('KV_TRANSFER_CONFIG', { qqqqqqqqqqqqqqqqqqqqqqqq: 1 })[0].fix).toBe(
      'take qqqqqqqqqqqqqqqqqqqqqqqq from the JSON',
    );
  });

  test('take one of a few words, if they take words', () => {
    expect(judged('KV_TRANSFER_CONFIG', { kv_connector: 'X', kv_role: 'both' })).toMatchObject([
      {
        got: 'SM_VLLM_KV_TRANSFER_CONFIG with kv_role both',
        allowed: 'kv_both, kv_consumer, kv_producer',
        fix: 'give kv_role the value kv_both',
      },
    ]);
    expect(judged('KV_TRANSFER_CONFIG', { kv_connector: 'X', kv_role: 3 })).toEqual([]);
  });

  test('are found one by one', () => {
    expect(judged('KV_TRANSFER_CONFIG', { one: 1, kv_role: 'both', kv_connector: 'X' })).toHaveLength(2);
  });

  test('are looked for in JSON, and in versions that refuse them', () => {
    expect(judged('KV_TRANSFER_CONFIG', '{"one": 1')).toEqual([]);
    expect(judged('SERVED_MODEL_NAME', '{"one": 1}')).toEqual([]);
    expect(judged('KV_TRANSFER_CONFIG', { one: 1 }, '0.15.1')).toEqual([]);
    expect(judged('KV_TRANSFER_CONFIG', { one: 1 }, '0.16.0')).toHaveLength(1);
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

describe('what is told of arguments that a server compares', () => {
  const told = (given: object) => alone('ARGUMENTS_REFUSED_TOGETHER', given);

  test('names each variable once, and points to the first', () => {
    expect(
      told(spec('sglang', '0.5.20', { SM_SGLANG_CHUNKED_PREFILL_SIZE: '1000', SM_SGLANG_PAGE_SIZE: '16' })),
    ).toMatchObject([
      {
        got: 'SM_SGLANG_CHUNKED_PREFILL_SIZE=1000 with SM_SGLANG_PAGE_SIZE=16',
        allowed: 'a multiple of --page-size',
        fix: 'leave SM_SGLANG_CHUNKED_PREFILL_SIZE out',
        path: '/environment/SM_SGLANG_CHUNKED_PREFILL_SIZE',
      },
    ]);
  });

  test('names an option by its name in a spec, with its value', () => {
    expect(
      told(spec('vllm', '0.30.0', { SM_VLLM_LONG_PREFILL_TOKEN_THRESHOLD: '8192' }, { maxModelLen: 4096 })),
    ).toMatchObject([
      {
        got: 'SM_VLLM_LONG_PREFILL_TOKEN_THRESHOLD=8192 with maxModelLen 4096',
        fix: 'leave SM_VLLM_LONG_PREFILL_TOKEN_THRESHOLD out',
      },
    ]);
  });

  test('points to an option where no variable is involved', () => {
    const latent = {
      model: { config: DEEPSEEK_V3 },
      container: { family: 'vllm', version: '0.30.0' },
      options: { maxModelLen: 4096, kvCacheDtype: 'nvfp4' },
    };
    expect(told(latent)).toMatchObject([
      { got: 'kvCacheDtype nvfp4', fix: 'set kvCacheDtype to auto', path: '/options/kvCacheDtype' },
    ]);
  });

  test('names a variable that nothing sets yet as the container would', () => {
    const objects = (family: string, of: string, prefix: string) => ({
      ...spec(family, of, { [`${prefix}MM_SHM_CACHE_MAX_OBJECT_SIZE_MB`]: '64' }),
      model: { config: INTERNVL_26B },
    });
    const allowed = (given: object) => told(given).map((finding) => finding.allowed);
    expect(allowed(objects('vllm', '0.30.0', 'SM_VLLM_'))).toEqual(['SM_VLLM_MM_PROCESSOR_CACHE_TYPE=shm']);
    expect(allowed(objects('lmi', '0.36.0-lmi27', 'OPTION_'))).toEqual(['OPTION_MM_PROCESSOR_CACHE_TYPE=shm']);
  });

  test('has an end, and a beginning, by version', () => {
    const name = (of: string) => told(spec('sglang', of, { SM_SGLANG_SERVED_MODEL_NAME: 'qwen3:8b' }));
    expect([name('0.5.5'), name('0.5.6')].map((findings) => findings.length)).toEqual([0, 1]);
  });

  test('is less for adapters with every age of SGLang', () => {
    const counts = (environment: Record<string, string>) =>
      ['0.3.0', '0.3.1', '0.4.6', '0.4.6.post2', '0.4.10', '0.5.1'].map(
        (of) => told(spec('sglang', of, { SM_SGLANG_LORA_PATHS: 'a=org/a', ...environment })).length,
      );
    expect(counts({})).toEqual([0, 2, 2, 1, 1, 0]);
    expect(counts({ SM_SGLANG_DISABLE_RADIX_CACHE: 'true' })).toEqual([0, 1, 1, 0, 0, 0]);
  });

  test('is guessing beside what knows nothing of it', () => {
    const guessing = (of: string, environment: Record<string, string>) =>
      told(spec('sglang', of, { SM_SGLANG_SPECULATIVE_ALGORITHM: 'NEXTN', ...environment })).length;
    const groups = { SM_SGLANG_ENABLE_DP_ATTENTION: 'true', SM_SGLANG_DP_SIZE: '2' };
    expect(['0.4.3.post2', '0.4.4.post1', '0.4.4.post2'].map((of) => guessing(of, groups))).toEqual([1, 1, 0]);
    for (const kind of ['PREFILL', 'DECODE']) {
      const backend = { [`SM_SGLANG_${kind}_ATTENTION_BACKEND`]: 'flashinfer' };
      expect(['0.4.9.post5', '0.5.1', '0.5.2'].map((of) => guessing(of, backend))).toEqual([1, 1, 0]);
    }
  });

  test('is a count of groups for data-parallel attention', () => {
    const groups = (of: string, more: Record<string, string> = {}) =>
      told(spec('sglang', of, { SM_SGLANG_ENABLE_DP_ATTENTION: 'true', ...more })).length;
    expect(['0.4.4', '0.4.6', '0.5.1', '0.5.2'].map((of) => groups(of))).toEqual([0, 1, 1, 0]);
    expect(groups('0.4.6', { SM_SGLANG_DP_SIZE: '2' })).toBe(0);
  });

  test('is nothing of a custom image, or without a server', () => {
    const latent = { model: { config: DEEPSEEK_V3 }, options: { kvCacheDtype: 'nvfp4' } };
    const image = '763104351884.dkr.ecr.us-east-1.amazonaws.com/vllm:0.30.0-gpu-py312-cu130-ubuntu24.04-sagemaker';
    expect(told({ ...latent, container: { family: 'custom', image } })).toEqual([]);
    expect(told(latent)).toEqual([]);
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
