import fc from 'fast-check';
import { findingOf, findingsOf, spec } from './own-findings';
import { LLAMA_8B } from '../../lib/rules/helpers/samples';

const endpoint = (parts: object, model: object = {}) => spec({ endpoint: parts }, model);

describe('timeouts', () => {
  test.each([
    ['STARTUP_TIMEOUT_OUT_OF_RANGE', 'startupHealthCheckTimeoutSeconds'],
    ['DOWNLOAD_TIMEOUT_OUT_OF_RANGE', 'modelDataDownloadTimeoutSeconds'],
  ])('%s: 60 to 3600, the fix is the nearest', (rule, field) => {
    for (const value of [60, 61, 3599, 3600]) expect(findingOf(rule, endpoint({ [field]: value }))).toBeUndefined();
    expect(findingOf(rule, endpoint({ [field]: 59 }))).toMatchObject({
      severity: 'error',
      got: '59',
      fix: 'use 60',
      path: `/endpoint/${field}`,
    });
    expect(findingOf(rule, endpoint({ [field]: 3601 }))).toMatchObject({ got: '3601', fix: 'use 3600' });
    expect(findingOf(rule, endpoint({}))).toBeUndefined();
  });

  test("LMI's loading timeout must not outlast SageMaker's", () => {
    const rule = 'STARTUP_TIMEOUT_BELOW_LOADING_TIMEOUT';
    const lmi = (loading: string, wait?: number, name = 'OPTION_MODEL_LOADING_TIMEOUT', family = 'lmi') =>
      spec(
        {
          container: { family },
          environment: { [name]: loading },
          endpoint: { startupHealthCheckTimeoutSeconds: wait },
        },
        { weightBytes: 140e9 },
      );
    expect(findingOf(rule, lmi('601', 600))).toMatchObject({
      severity: 'warning',
      got: 'OPTION_MODEL_LOADING_TIMEOUT=601',
      fix: 'set startupHealthCheckTimeoutSeconds to 601',
    });
    expect(findingOf(rule, lmi('9000', 600, 'MODEL_LOADING_TIMEOUT'))?.fix).toBe(
      'set startupHealthCheckTimeoutSeconds to 3600',
    );
    expect(findingOf(rule, lmi('600', 600))).toBeUndefined();
    expect(findingOf(rule, lmi('9000'))).toBeUndefined();
    expect(findingOf(rule, lmi('soon', 600))).toBeUndefined();
    expect(findingOf(rule, lmi('9000', 600, 'MODEL_LOADING_TIMEOUT', 'vllm'))).toBeUndefined();
  });

  test("LMI's loading timeout may be generous where the model is long loaded by then", () => {
    const rule = 'STARTUP_TIMEOUT_BELOW_LOADING_TIMEOUT';
    const ofBytes = (weightBytes: number, startupHealthCheckTimeoutSeconds = 600) =>
      spec(
        {
          container: { family: 'lmi' },
          environment: { OPTION_MODEL_LOADING_TIMEOUT: '3600' },
          endpoint: { startupHealthCheckTimeoutSeconds },
        },
        { weightBytes },
      );
    expect(findingOf(rule, ofBytes(30e9))).toBeUndefined();
    expect(findingOf(rule, ofBytes(31e9))?.severity).toBe('warning');
    expect(findingOf(rule, ofBytes(16e9, 300))?.severity).toBe('warning');
  });
});

describe('ENDPOINT_NAME_INVALID', () => {
  const name = (endpointName: string) => findingOf('ENDPOINT_NAME_INVALID', endpoint({ endpointName }));
  test.each([
    ['ENTER MODEL NAME', 'a space', 'use ENTER-MODEL-NAME'],
    ['my_first_endpoint', 'the character _', 'use my-first-endpoint'],
    ['huggingface-llm-', 'a hyphen at its beginning or end', 'use huggingface-llm'],
    ['-a', 'a hyphen at its beginning or end', 'use a'],
    ['', 'no character at all', 'use my-endpoint'],
    ['___', 'the character _', 'use my-endpoint'],
    ['é', 'the character é', 'use my-endpoint'],
    ['a'.repeat(64), 'a length of 64 characters', `use ${'a'.repeat(63)}`],
  ])('%p has %s', (value, reason, fix) => {
    expect(name(value)).toMatchObject({ severity: 'error', fix, path: '/endpoint/endpointName' });
    expect(name(value)?.message).toContain(reason);
  });
  test('whatever the name, the proposed one is accepted', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 90 }), (text) => {
        const fix = name(text)?.fix;
        if (fix !== undefined) expect(name(fix.replace('use ', ''))).toBeUndefined();
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});

describe('volumes', () => {
  const on = (instanceType: string, volumeSizeInGb?: number, weightBytes?: number) =>
    spec({ instanceType, endpoint: { volumeSizeInGb } }, { weightBytes });
  test('are refused with local NVMe, which is named', () => {
    expect(findingOf('VOLUME_SIZE_NOT_ALLOWED', on('ml.g4dn.xlarge', 64))).toMatchObject({
      severity: 'error',
      got: 'volumeSizeInGb 64',
      fix: 'remove volumeSizeInGb',
    });
    expect(findingOf('VOLUME_SIZE_NOT_ALLOWED', on('ml.g4dn.xlarge', 64))?.message).toContain('125 GB of local NVMe');
    expect(findingOf('VOLUME_SIZE_NOT_ALLOWED', on('ml.g4dn.xlarge'))).toBeUndefined();
    expect(findingOf('VOLUME_SIZE_NOT_ALLOWED', on('ml.inf2.xlarge', 64))).toBeUndefined();
    expect(findingOf('VOLUME_SIZE_NOT_ALLOWED', on('ml.g7.2xlarge', 64))).toBeUndefined();
  });
  test('are a warning where the answer is not known', () => {
    expect(findingOf('VOLUME_SIZE_NOT_VERIFIED', on('ml.g7.2xlarge', 64))).toMatchObject({
      severity: 'warning',
      got: 'volumeSizeInGb 64',
    });
    expect(findingOf('VOLUME_SIZE_NOT_VERIFIED', on('ml.g7.2xlarge'))).toBeUndefined();
    expect(findingOf('VOLUME_SIZE_NOT_VERIFIED', on('ml.g5.xlarge', 64))).toBeUndefined();
    expect(findingOf('VOLUME_SIZE_NOT_VERIFIED', spec({ endpoint: { volumeSizeInGb: 64 } }))).toBeUndefined();
  });
  test('have 1 to 512 GB', () => {
    expect(findingOf('VOLUME_SIZE_OUT_OF_RANGE', on('ml.inf2.xlarge', 0))?.fix).toBe('use 1');
    expect(findingOf('VOLUME_SIZE_OUT_OF_RANGE', on('ml.inf2.xlarge', 513))?.fix).toBe('use 512');
    expect(findingOf('VOLUME_SIZE_OUT_OF_RANGE', on('ml.inf2.xlarge', 512))).toBeUndefined();
  });
  test('must hold the model: probably 30 GB by default', () => {
    const rule = 'MODEL_LARGER_THAN_DISK';
    const gib = 2 ** 30;
    expect(findingOf(rule, on('ml.inf2.48xlarge', undefined, 30 * gib))).toBeUndefined();
    expect(findingOf(rule, on('ml.inf2.48xlarge', undefined, 30 * gib + 1))).toMatchObject({
      severity: 'warning',
      fix: 'set volumeSizeInGb to 37 or more',
    });
    expect(findingOf(rule, on('ml.inf2.48xlarge', 100, 140 * gib))).toMatchObject({
      severity: 'error',
      got: 'volumeSizeInGb 100',
      fix: 'set volumeSizeInGb to 168 or more',
    });
    expect(findingOf(rule, on('ml.inf2.48xlarge', undefined, 600 * gib))?.fix).toMatch(/local NVMe/);
    expect(findingOf(rule, on('ml.g5.48xlarge', undefined, 600 * gib))).toBeUndefined();
    expect(findingOf(rule, on('ml.p3.2xlarge', undefined, 600 * gib))).toBeUndefined();
  });
});

describe('a model in S3', () => {
  const from = (id: string, modelData?: string) => endpoint({ modelData }, { id });
  test.each([
    ['s3://bucket/a', undefined, 'use s3://bucket/a/'],
    ['s3://bucket/a', 's3-prefix', 'use s3://bucket/a/'],
    ['s3://bucket/a/model.gguf', 's3-prefix', 'use s3://bucket/a/'],
  ])('%s (%s) is no prefix', (id, modelData, fix) => {
    expect(findingOf('S3_PREFIX_WITHOUT_SLASH', from(id, modelData))).toMatchObject({
      severity: 'error',
      got: id,
      fix,
      path: '/model/id',
    });
  });
  test.each([
    ['s3://bucket/a/', undefined],
    ['s3://bucket/a.tar.gz', 's3-prefix'],
    ['s3://bucket/a', 's3-tarball'],
    ['/opt/ml/model', 's3-prefix'],
    ['org/model', undefined],
  ])('%s (%s) lacks no slash', (id, modelData) => {
    expect(findingOf('S3_PREFIX_WITHOUT_SLASH', from(id, modelData))).toBeUndefined();
  });
  test('LMI fetches the address it is given as a model by itself, with or without a slash', () => {
    const lmi = (id: string, modelData?: string, family = 'lmi') =>
      findingOf('S3_PREFIX_WITHOUT_SLASH', spec({ container: { family }, endpoint: { modelData } }, { id }));
    for (const family of ['lmi', 'lmi-trtllm', 'lmi-neuron'])
      expect(lmi('s3://bucket/a', undefined, family)).toBeUndefined();
    expect(lmi('s3://bucket/a', 's3-prefix')?.severity).toBe('error');
    expect(lmi('s3://bucket/a', undefined, 'vllm')?.severity).toBe('error');
  });
  test.each([
    ['s3://bucket/m.tar.gz', 's3-prefix', /s3-tarball/],
    ['s3://bucket/m.TGZ', 's3-prefix', /s3-tarball/],
    ['s3://bucket/m/', 's3-tarball', /^set modelData to s3-prefix$/],
    ['s3://bucket/m', 's3-tarball', /end the prefix with a slash/],
  ])('%s is not a %s', (id, modelData, fix) => {
    const finding = findingOf('TARBALL_AS_PREFIX', from(id, modelData));
    expect(finding).toMatchObject({ severity: 'error', path: '/endpoint/modelData' });
    expect(finding?.fix).toMatch(fix);
  });
  test.each([
    ['https://bucket.s3.amazonaws.com/m/', 's3-prefix', '/model/id'],
    ['s3://B/x/', 's3-prefix', '/model/id'],
    [`s3://bucket/${'x'.repeat(1020)}/`, 's3-prefix', '/model/id'],
    ['s3://bucket/m/', 'hub', '/endpoint/modelData'],
  ])('%s with %s is no S3 URI there', (id, modelData, path) => {
    expect(findingOf('S3_URI_INVALID', from(id, modelData))).toMatchObject({ severity: 'error', path });
  });
  test('a hub id names a model whose files may lie in S3: where is still to be said', () => {
    expect(findingOf('S3_URI_INVALID', from('org/model', 's3-prefix'))).toMatchObject({
      severity: 'warning',
      path: '/model/id',
    });
  });

  test.each([
    ['s3://bucket', 's3-prefix'],
    ['s3://my.bucket-1/x/', 's3-prefix'],
    ['s3://${Token[TOKEN.4]}/x/', 's3-prefix'],
    ['org/model', 'jumpstart'],
    ['org/model', 'hub'],
    ['./model', 's3-prefix'],
  ])('%s with %s is not judged', (id, modelData) => {
    expect(findingOf('S3_URI_INVALID', from(id, modelData))).toBeUndefined();
  });
});

describe('NETWORK_ISOLATION_NEEDS_LOCAL_MODEL', () => {
  const rule = 'NETWORK_ISOLATION_NEEDS_LOCAL_MODEL';
  const isolated = (parts: object, id: string, modelData?: string) =>
    spec({ container: { family: 'vllm' }, ...parts, endpoint: { networkIsolation: true, modelData } }, { id });
  test.each([
    [isolated({}, 'org/model'), '/endpoint/networkIsolation'],
    [isolated({}, 'anything', 'hub'), '/endpoint/networkIsolation'],
    [
      isolated({ environment: { SM_VLLM_MODEL: 'org/model' } }, 's3://b-b/m/', 's3-prefix'),
      '/environment/SM_VLLM_MODEL',
    ],
    [isolated({ environment: { OPTION_MODEL_ID: 's3://b-b/m/' } }, 's3://b-b/m/'), '/environment/OPTION_MODEL_ID'],
    [isolated({ speculative: { model: 'org/draft' } }, 's3://b-b/m/'), '/speculative/model'],
    [
      isolated({ environment: { SM_VLLM_SPECULATIVE_CONFIG: '{"model":"org/draft"}' } }, 's3://b-b/m/'),
      '/environment/SM_VLLM_SPECULATIVE_CONFIG',
    ],
    [
      isolated(
        { container: { family: 'llama-cpp' }, environment: { SM_LLAMA_CPP_HF_REPO: 'org/model-GGUF:Q4_K_M' } },
        's3://b-b/m/',
      ),
      '/environment/SM_LLAMA_CPP_HF_REPO',
    ],
  ])('a download cannot happen %#', (value, path) => {
    expect(findingOf(rule, value)).toMatchObject({ severity: 'error', path });
  });
  test.each([
    // The folder that SageMaker has filled is read without a network.
    isolated({ options: { loadFormat: 'runai_streamer' } }, 's3://b-b/m/'),
    isolated({}, 's3://b-b/m/'),
    isolated({ environment: { SM_VLLM_MODEL: '/opt/ml/model' } }, 'org/model'),
    isolated({ speculative: { model: '/opt/ml/draft' } }, 's3://b-b/m/'),
    isolated({}, 'jumpstart-id', 'jumpstart'),
    spec({ endpoint: { networkIsolation: false } }, { id: 'org/model' }),
  ])('nothing to download %#', (value) => {
    expect(findingOf(rule, value)).toBeUndefined();
  });
});

describe('hub access', () => {
  test.each([
    [endpoint({ hubToken: 'plaintext' }), '/endpoint/hubToken'],
    [spec({ environment: { HF_TOKEN: 'hf_x' } }), '/environment/HF_TOKEN'],
    [spec({ environment: { HUGGING_FACE_HUB_TOKEN: 'hf_x' } }), '/environment/HUGGING_FACE_HUB_TOKEN'],
    [spec({ environment: { SM_VLLM_HF_TOKEN: 'hf_x' } }), '/environment/SM_VLLM_HF_TOKEN'],
  ])('a token in plain text is warned of %#', (value, path) => {
    const finding = findingOf('HUB_TOKEN_IN_PLAIN_TEXT', value);
    expect(finding).toMatchObject({ severity: 'warning', path });
    expect(JSON.stringify(finding)).not.toContain('hf_x');
  });
  test.each([
    endpoint({ hubToken: 'secret' }),
    spec({ environment: { HF_TOKEN: '${Token[1]}' } }),
    spec({ environment: { HF_HOME: 'hf_x' } }),
  ])('a token in a secret is none %#', (value) => expect(findingOf('HUB_TOKEN_IN_PLAIN_TEXT', value)).toBeUndefined());

  const gated = (parts: object, environment?: object, id = 'meta-llama/x') =>
    spec({ endpoint: parts, environment }, { id, gated: true });
  test('a gated model needs a token, or an accepted licence', () => {
    const rule = 'GATED_MODEL_WITHOUT_ACCESS';
    expect(findingOf(rule, gated({}))).toMatchObject({ severity: 'error', path: '/endpoint/hubToken' });
    expect(findingOf(rule, gated({ modelData: 'hub' }))).toBeDefined();
    expect(findingOf(rule, gated({ modelData: 'jumpstart', hubToken: 'secret' }))).toMatchObject({
      path: '/endpoint/acceptEula',
      got: 'acceptEula not set',
    });
    expect(findingOf(rule, gated({ modelData: 'model-package', acceptEula: false }))?.got).toBe('acceptEula false');
    expect(findingOf(rule, gated({ modelData: 'jumpstart', acceptEula: true }))).toBeUndefined();
    expect(findingOf(rule, gated({ hubToken: 'secret' }))).toBeUndefined();
    expect(findingOf(rule, gated({}, { HF_TOKEN: '${t}' }))).toBeUndefined();
    expect(findingOf(rule, gated({}, {}, 's3://bucket/m/'))).toBeUndefined();
    expect(findingOf(rule, spec({}, { id: 'org/open' }))).toBeUndefined();
  });
});

describe('ENVIRONMENT_TOO_LARGE', () => {
  const rule = 'ENVIRONMENT_TOO_LARGE';
  const environment = (variables: object) => spec({ environment: variables });
  const many = (count: number, value = 'x') =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`VLLM_${i}`, value]));
  test.each([
    ['SM_VLLM_LIMIT_MM_PER_PROMPT.VIDEO', '0', 'set SM_VLLM_LIMIT_MM_PER_PROMPT to {"video": 0}'],
    ['SM_VLLM_SPECULATIVE_CONFIG.METHOD', 'mtp', 'set SM_VLLM_SPECULATIVE_CONFIG to {"method": "mtp"}'],
    ['SM_VLLM_COMPILATION_CONFIG.A.B', 'true', 'set SM_VLLM_COMPILATION_CONFIG to {"a": {"b": true}}'],
    ['SM_VLLM_DTYPE.X', 'auto', 'use SM_VLLM_DTYPE_X'],
  ])('%s=%s goes into the object it is of', (name, value, fix) => {
    expect(findingOf(rule, { ...environment({ [name]: value }), container: { family: 'vllm' } })).toMatchObject({
      fix,
    });
  });
  test('counts entries, characters and bytes', () => {
    expect(findingOf(rule, environment(many(100)))).toBeUndefined();
    expect(findingOf(rule, environment(many(101)))).toMatchObject({
      severity: 'error',
      got: '101 variables',
      path: '/environment',
    });
    expect(findingOf(rule, environment({ A: 'x'.repeat(1024) }))).toBeUndefined();
    expect(findingOf(rule, environment({ A: 'x'.repeat(1025) }))).toMatchObject({
      got: '1,025 characters in A',
      path: '/environment/A',
    });
    expect(findingOf(rule, environment(many(33, 'x'.repeat(1000))))?.got).toMatch(/bytes of variables/);
    expect(findingOf(rule, environment(many(32, 'x'.repeat(1000))))).toBeUndefined();
  });
  test.each([
    ['1A', 'use _1A'],
    ['A-B', 'use A_B'],
    ['', 'use _'],
    ['x'.repeat(1025), `use ${'x'.repeat(60)}`],
  ])('name %p is refused', (name, fix) => {
    expect(findingOf(rule, environment({ [name]: 'x' }))?.fix).toBe(fix);
  });
  test('counts what the options become, too', () => {
    const value = spec({ container: { family: 'vllm' }, options: { maxModelLen: 4096 }, environment: many(100) });
    expect(findingOf(rule, value)?.got).toMatch(/^10[1-9] variables$/);
  });
});

test('asynchronous endpoints serve no model package, and probably no components', () => {
  expect(
    findingOf('ASYNC_WITH_MODEL_PACKAGE', endpoint({ asyncInference: true, modelData: 'model-package' }))?.severity,
  ).toBe('error');
  expect(
    findingOf('ASYNC_WITH_MODEL_PACKAGE', endpoint({ asyncInference: true, modelData: 'jumpstart' })),
  ).toBeUndefined();
  expect(
    findingOf('ASYNC_WITH_INFERENCE_COMPONENTS', endpoint({ asyncInference: true, inferenceComponents: true }))
      ?.severity,
  ).toBe('warning');
  expect(findingOf('ASYNC_WITH_INFERENCE_COMPONENTS', endpoint({ asyncInference: true }))).toBeUndefined();
});

describe('INSTANCE_POOLS_INVALID', () => {
  const rule = 'INSTANCE_POOLS_INVALID';
  const pools = (...list: object[]) => spec({ instancePools: list });
  const pool = (instanceType: string, priority?: number) => ({ instanceType, priority });
  test('takes 1 to 5 pools of different types with priorities 1 to 5', () => {
    expect(findingsOf(rule, pools(pool('ml.g5.xlarge', 1), pool('ml.g6.xlarge', 5), pool('ml.g6e.xlarge')))).toEqual(
      [],
    );
    expect(findingOf(rule, pools())).toMatchObject({ severity: 'error', got: '0', path: '/instancePools' });
    expect(
      findingOf(rule, pools(...['', '2', '4', '8', '12', '16'].map((n) => pool(`ml.g5.${n}xlarge`)))),
    ).toMatchObject({ got: '6', fix: 'keep the first 5' });
    expect(findingOf(rule, pools(pool('ml.g5.xlarge', 0)))).toMatchObject({
      fix: 'use 1',
      path: '/instancePools/0/priority',
    });
    expect(findingOf(rule, pools(pool('ml.g5.xlarge', 6)))).toMatchObject({ fix: 'use 5' });
    expect(findingOf(rule, pools(pool('ml.g5.xlarge'), pool('ml.g5.xlarge')))).toMatchObject({
      path: '/instancePools/1/instanceType',
    });
    expect(findingOf(rule, { ...pools(pool('ml.g5.xlarge')), instanceType: 'ml.g6.xlarge' })).toMatchObject({
      path: '/instancePools',
    });
    expect(findingsOf(rule, spec({ instanceType: 'ml.g5.xlarge' }))).toEqual([]);
  });
});

test.each([
  ['SM_VLLM_LORA_MODULES', 'sql=org/adapter', 'adapter org/adapter'],
  ['SM_VLLM_LORA_MODULES', 'a=/opt/ml/model/a b=org/b', 'adapter org/b'],
  [
    'SM_VLLM_LORA_MODULES',
    '[{"name": "sql", "path": "org/adapter", "base_model_name": "base"}]',
    'adapter org/adapter',
  ],
  ['SM_SGLANG_LORA_PATHS', 'sql=org/adapter', 'adapter org/adapter'],
  ['SM_VLLM_LORA_MODULES', 'sql=/opt/ml/model/adapters/sql', undefined],
  ['SM_VLLM_LORA_MODULES', '', undefined],
])('an isolated container fetches no adapters: %s=%s', (name, value, got) => {
  const isolated = spec({
    model: { id: 's3://bucket/model/', config: LLAMA_8B },
    container: { family: 'vllm' },
    environment: { [name]: value },
    endpoint: { networkIsolation: true },
  });
  const finding = findingOf('NETWORK_ISOLATION_NEEDS_LOCAL_MODEL', isolated);
  if (got === undefined) expect(finding).toBeUndefined();
  else expect(finding).toMatchObject({ severity: 'error', got, path: `/environment/${name}` });
});

describe('HUB_FROM_WITHIN_VPC', () => {
  const rule = 'HUB_FROM_WITHIN_VPC';
  const inVpc = (parts: object, endpoint: object = {}) =>
    findingOf(
      rule,
      spec({ model: { id: 'org/model', config: LLAMA_8B }, ...parts, endpoint: { vpc: true, ...endpoint } }),
    );
  const own = { family: 'custom', image: '123456789012.dkr.ecr.us-east-1.amazonaws.com/server:1' };

  test('warns of a way to the hub that cannot be seen', () => {
    expect(inVpc({ container: { family: 'lmi' } })).toMatchObject({ severity: 'warning', path: '/endpoint/vpc' });
    expect(inVpc({ container: { family: 'lmi' } }, { modelData: 's3-prefix' })).toBeUndefined();
    expect(inVpc({ container: { family: 'lmi' } }, { networkIsolation: true })).toBeUndefined();
    expect(inVpc({ container: { family: 'lmi' } }, { vpc: false })).toBeUndefined();
  });

  test('takes the id of an image of one’s own for a name, unless told otherwise', () => {
    expect(inVpc({ container: own })).toBeUndefined();
    expect(inVpc({ container: undefined })).toBeUndefined();
    expect(inVpc({ container: own }, { modelData: 'hub' })).toBeDefined();
    expect(inVpc({ container: undefined }, { modelData: 'hub' })).toBeDefined();
    const isolation = (endpoint: object) =>
      findingOf(
        'NETWORK_ISOLATION_NEEDS_LOCAL_MODEL',
        spec({ model: { id: 'org/model', config: LLAMA_8B }, container: own, endpoint }),
      );
    expect(isolation({ networkIsolation: true })).toMatchObject({ severity: 'warning' });
    expect(isolation({ networkIsolation: true, modelData: 'hub' })).toMatchObject({ severity: 'error' });
  });
});

test('TIMEOUT_BELOW_DOWNLOAD holds LMI’s own timeout for loading to what the hub gives', () => {
  const rule = 'TIMEOUT_BELOW_DOWNLOAD';
  const lmi = (variables: object, id = 'org/model', family = 'lmi') =>
    findingOf(
      rule,
      spec({ model: { id, config: LLAMA_8B, weightBytes: 140e9 }, container: { family }, environment: variables }),
    );
  expect(lmi({ OPTION_MODEL_LOADING_TIMEOUT: '120' })).toMatchObject({
    severity: 'warning',
    got: 'OPTION_MODEL_LOADING_TIMEOUT 120',
    path: '/environment/OPTION_MODEL_LOADING_TIMEOUT',
  });
  expect(lmi({ MODEL_LOADING_TIMEOUT: '120' })).toBeDefined();
  expect(lmi({ OPTION_MODEL_LOADING_TIMEOUT: '900' })).toBeUndefined();
  expect(lmi({ OPTION_MODEL_LOADING_TIMEOUT: 'soon' })).toBeUndefined();
  expect(lmi({ OPTION_MODEL_LOADING_TIMEOUT: '120' }, 's3://bucket/model/')).toBeUndefined();
  expect(lmi({ OPTION_MODEL_LOADING_TIMEOUT: '120' }, 'org/model', 'vllm')).toBeUndefined();
});

describe('SERVER_NOT_ON_PORT_8080', () => {
  const find = (family: string, environment: object) =>
    findingOf('SERVER_NOT_ON_PORT_8080', spec({ container: { family }, environment }));

  test.each([
    ['vllm', { SM_VLLM_PORT: '8000' }, '8080'],
    ['vllm', { SM_VLLM_HOST: 'localhost' }, '0.0.0.0'],
    ['vllm', { SM_VLLM_SSL_KEYFILE: '/opt/ml/model/key.pem' }, 'no certificate'],
    ['sglang', { SM_SGLANG_PORT: '30000' }, '8080'],
    ['sglang', { SM_SGLANG_HOST: '127.0.0.1' }, '0.0.0.0'],
    ['llama-cpp', { SM_LLAMA_CPP_PORT: '8081' }, '8080'],
    ['hf-vllm-neuron', { SM_ON_PORT: '8000' }, '8080'],
  ])('%s is moved by %j', (family, environment, allowed) => {
    const [name] = Object.keys(environment);
    expect(find(family, environment)).toMatchObject({
      severity: 'error',
      allowed,
      fix: `remove ${name}`,
      path: `/environment/${name}`,
    });
  });

  test.each([
    ['vllm', { SM_VLLM_PORT: '8080', SM_VLLM_HOST: '0.0.0.0', SM_VLLM_SSL_CERTFILE: '' }],
    ['vllm', { SM_VLLM_PORT: '${Token[Port.1]}' }],
    ['vllm', { SM_SGLANG_PORT: '30000' }],
    ['llama-cpp', { SM_LLAMA_CPP_HOST: '127.0.0.1' }],
    ['lmi', { SM_VLLM_PORT: '8000' }],
  ])('%s is not moved by %j', (family, environment) => {
    expect(find(family, environment)).toBeUndefined();
  });
});

test.each([
  ['sagemaker-us-east-1-197237853439', 'eu-west-2', 'us-east-1'],
  ['jumpstart-cache-prod-us-west-2', 'us-east-1', 'us-west-2'],
  ['jumpstart-private-cache-prod-ap-southeast-2', 'us-gov-west-1', 'ap-southeast-2'],
  ['sagemaker-us-gov-west-1-197237853439', 'us-gov-west-1', undefined],
  ['sagemaker-us-east-1-models', 'eu-west-2', undefined],
  ['models-us-east-1', 'eu-west-2', undefined],
])('BUCKET_IN_OTHER_REGION reads where %s is, for an endpoint in %s', (bucket, region, its) => {
  const of = (parts: object) =>
    findingOf('BUCKET_IN_OTHER_REGION', spec({ model: { id: `s3://${bucket}/llama/`, config: LLAMA_8B }, ...parts }));
  if (its === undefined) expect(of({ region })).toBeUndefined();
  else expect(of({ region })?.fix).toBe(`copy the files into a bucket in ${region}, or deploy in ${its}`);
  expect(of({})).toBeUndefined();
});

test('TARBALL_EXCEEDS_MEMORY holds archives to the memory of the instance', () => {
  const archive = (weightBytes: number, instanceType: string | undefined, id = 's3://bucket/model.tar.gz') =>
    findingOf('TARBALL_EXCEEDS_MEMORY', spec({ model: { id, config: LLAMA_8B, weightBytes }, instanceType }));
  // Of 8 GiB the system takes its part: an archive of 8 GB was refused.
  expect(archive(7e9, 'ml.m5.large')).toBeUndefined();
  expect(archive(8e9, 'ml.m5.large')).toMatchObject({ severity: 'error', path: '/endpoint/modelData' });
  expect(archive(20 * 2 ** 30, 'ml.g5.xlarge')).toMatchObject({ severity: 'warning' });
  expect(archive(20 * 2 ** 30, 'ml.m5.large', 's3://bucket/model/')).toBeUndefined();
  expect(archive(20 * 2 ** 30, 'ml.m5.large', 'org/model')).toBeUndefined();
  expect(archive(20 * 2 ** 30, undefined)).toBeUndefined();
  // Without the size of the files it is planned: 15 GiB.
  const planned = { model: { id: 's3://bucket/model.tar.gz', config: LLAMA_8B } };
  expect(findingOf('TARBALL_EXCEEDS_MEMORY', spec({ ...planned, instanceType: 'ml.m5.large' }))).toBeDefined();
  expect(findingOf('TARBALL_EXCEEDS_MEMORY', spec({ ...planned, instanceType: 'ml.m5.2xlarge' }))).toBeUndefined();
});

test('ENDPOINT_SETTING_AS_VARIABLE knows the settings in every spelling', () => {
  const given = (name: string) =>
    findingOf('ENDPOINT_SETTING_AS_VARIABLE', spec({ environment: { HF_TOKEN: '', [name]: '300' } }));
  expect(given('container_startup_health_check_timeout_in_seconds')).toMatchObject({
    severity: 'warning',
    got: 'container_startup_health_check_timeout_in_seconds=300',
    fix: 'remove it, and set endpoint.startupHealthCheckTimeoutSeconds',
  });
  expect(given('ContainerStartupHealthCheckTimeoutInSeconds')).toBeDefined();
  expect(given('MODEL_DATA_DOWNLOAD_TIMEOUT')?.fix).toContain('endpoint.modelDataDownloadTimeoutSeconds');
  expect(given('VOLUME_SIZE_IN_GB')?.fix).toContain('endpoint.volumeSizeInGb');
  expect(given('INFERENCE_AMI_VERSION')?.fix).toContain('endpoint.inferenceAmiVersion');
  expect(given('MODEL_LOADING_TIMEOUT')).toBeUndefined();
  expect(given('OPTION_MODEL_LOADING_TIMEOUT')).toBeUndefined();
});

test('a model package runs without a network', () => {
  const of = (parts: object) => findingOf('MODEL_PACKAGE_WITHOUT_ISOLATION', endpoint(parts));
  expect(of({ modelData: 'model-package' })).toMatchObject({
    severity: 'warning',
    fix: 'set networkIsolation to true',
  });
  expect(of({ modelData: 'model-package', networkIsolation: true })).toBeUndefined();
  expect(of({ modelData: 's3' })).toBeUndefined();
});
