import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { entry, safetensorsFile } from '../format/safetensors-file';
import { ggufFile, put, TYPE } from '../format/gguf-file';
import { S3Server } from '../format/s3-server';
import { useTemporaryFolder } from '../format/temporary-folder';
import { qe } from './qe';

const models = path.join(__dirname, '../../examples/models');
const temporary = useTemporaryFolder();

const inspectJson = async (location: string): Promise<Record<string, unknown>> => {
  const { status, stdout } = await qe('inspect', location, '--json');
  expect(status).toBe(0);
  return JSON.parse(stdout) as Record<string, unknown>;
};

describe('qe inspect', () => {
  test('says what a sharded checkpoint holds', async () => {
    const answer = await inspectJson(path.join(models, 'gutenberg-3m'));
    expect(Object.keys(answer)[0]).toBe('schema');
    expect(answer).toMatchObject({
      schema: 1,
      format: 'safetensors',
      architecture: 'LlamaForCausalLM',
      parameters: 3_410_176,
      parametersByConfig: 3_410_176,
      bytes: 6_820_352,
      quantization: null,
      dtypes: [{ dtype: 'BF16', tensors: 38, elements: 3_410_176, bytes: 6_820_352 }],
      metadata: [{ key: 'format', value: 'pt' }],
      warnings: [],
    });
    expect(answer.files).toHaveLength(3);
    expect(answer.tensors).toHaveLength(38);
    expect(answer.tensors).toContainEqual(
      expect.objectContaining({
        name: 'model.norm.weight',
        dtype: 'BF16',
        shape: [256],
        bytes: 512,
        file: 'model-00003-of-00003.safetensors',
      }),
    );
  });

  test('says how a GGUF is quantized, and never evaluates its chat template', async () => {
    const answer = await inspectJson(path.join(models, 'gutenberg-3m-Q4_K_M'));
    expect(answer).toMatchObject({
      format: 'gguf',
      architecture: 'llama',
      quantization: { method: 'gguf', type: 'Q4_K_M' },
      parameters: 3_410_176,
    });
    const template = "{{ ''.__class__.__mro__[1].__subclasses__() }}";
    const file = path.join(temporary(), 'hostile.gguf');
    writeFileSync(
      file,
      ggufFile({
        keys: [
          put.key('tokenizer.chat_template', TYPE.string, put.string(template)),
          put.key('big', TYPE.uint64, put.uint64(2n ** 64n - 1n)),
        ],
      }),
    );
    expect((await inspectJson(file)).metadata).toEqual([
      { key: 'tokenizer.chat_template', type: 'string', value: template },
      { key: 'big', type: 'uint64', value: '18446744073709551615' },
    ]);
  });

  test('reads the quantization from config.json', async () => {
    const tensors = [
      entry('l.qweight', 'I32', [64, 4], 0, 1024),
      entry('l.qzeros', 'I32', [1, 4], 1024, 1040),
      entry('l.scales', 'F16', [1, 32], 1040, 1104),
    ];
    writeFileSync(path.join(temporary(), 'model.safetensors'), safetensorsFile(`{${tensors.join(',')}}`, 1104));
    writeFileSync(
      path.join(temporary(), 'config.json'),
      JSON.stringify({
        ...JSON.parse(configOf('gutenberg-3m')),
        quantization_config: { quant_method: 'awq', bits: 4, group_size: 64, zero_point: true, version: 'gemm' },
      }),
    );
    expect(await inspectJson(temporary())).toMatchObject({
      parameters: 2048,
      weightBytes: 1024,
      companionBytes: 80,
      quantization: { method: 'awq', bits: 4, groupSize: 64, symmetric: false },
    });
    expect((await qe('inspect', temporary(), '--no-color')).stdout).toMatch(
      /quantization +awq, 4 bits, groups of 64, asymmetric/,
    );
  });

  test('looks at weights whose config describes no model, with a warning', async () => {
    writeFileSync(path.join(temporary(), 'model.safetensors'), safetensorsFile('{}'));
    writeFileSync(path.join(temporary(), 'config.json'), '{"architectures":["LlamaForCausalLM"],"hidden_size":"4096"}');
    const answer = await inspectJson(temporary());
    expect(answer.warnings).toEqual([expect.objectContaining({ id: expect.stringMatching(/^MODEL_CONFIG_/) })]);
  });

  test('shows a person the tensors of all layers in one line', async () => {
    const { status, stdout, stderr } = await qe('inspect', path.join(models, 'gutenberg-3m'), '--no-color');
    expect(status).toBe(0);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/parameters +3,410,176/);
    expect(stdout).toMatch(/model\.layers\.\{0…3\}\.self_attn\.q_proj\.weight +BF16 +\[256, 256\] +4 +512\.00 KiB/);
  });

  test('reads from S3 through the AWS SDK', async () => {
    const server = new S3Server();
    Object.assign(process.env, {
      AWS_ENDPOINT_URL_S3: await server.start(),
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_MAX_ATTEMPTS: '1',
    });
    try {
      server.put('bucket/model/model.safetensors', safetensorsFile(`{${entry('t', 'F32', [2], 0, 8)}}`, 8));
      expect(await inspectJson('s3://bucket/model/')).toMatchObject({ path: 's3://bucket/model/', bytes: 8 });
      expect(await qe('inspect', 's3://bucket/nothing/')).toMatchObject({ status: 2, stdout: '' });
    } finally {
      await server.stop();
    }
  });

  test.each<[string, string, Uint8Array]>([
    ['SAFETENSORS_HEADER_TOO_LARGE', 'a.safetensors', safetensorsFile('{}', 0, 1n << 62n)],
    ['SAFETENSORS_OFFSETS', 'a.safetensors', safetensorsFile(`{${entry('t', 'F32', [1], 4, 8)}}`, 8)],
    [
      'INDEX_SHARD_NAME',
      'model.safetensors.index.json',
      Buffer.from('{"weight_map":{"a":"../../etc/passwd.safetensors"}}'),
    ],
    ['GGUF_BAD_MAGIC', 'a.gguf', Buffer.from('not a GGUF file at all')],
    ['CHECKPOINT_FILE_TYPE', 'a.bin', Buffer.from('')],
  ])('ends in 2 on a malformed file, with the error as JSON too: %s', async (id, name, bytes) => {
    const file = path.join(temporary(), name);
    writeFileSync(file, bytes);
    const { status, stdout } = await qe('inspect', file, '--json');
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      verdict: 'error',
      findings: [{ rule: id, severity: 'error', fix: expect.stringMatching(/\S/) }],
    });
    const human = await qe('inspect', file, '--no-color');
    expect(human).toMatchObject({ status: 2, stdout: '' });
    expect(human.stderr).toContain(id);
  });

  test.each(['missing', '.'])('ends in 2 where there is no checkpoint: %s', async (name) => {
    expect((await qe('inspect', path.join(temporary(), name))).status).toBe(2);
  });

  test('lets no name in a file send commands to the terminal', async () => {
    const file = path.join(temporary(), 'model.safetensors');
    writeFileSync(
      file,
      safetensorsFile(
        `{"__metadata__":{"a":"\\u001b[2J"},"\\u001b]0;owned\\u0007":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`,
        1,
      ),
    );
    const { stdout } = await qe('inspect', file, '--no-color');
    expect(stdout).toContain('\\u001b]0;owned\\u0007');
    expect(stdout).not.toContain('\u001b');
    const oddly = path.join(temporary(), 'x\u001b[31m.safetensors');
    symlinkSync(file, oddly);
    writeFileSync(file, 'too short');
    expect((await qe('inspect', oddly, '--no-color')).stderr).not.toContain('\u001b');
  });
});

function configOf(model: string): string {
  return readFileSync(path.join(models, model, 'config.json'), 'utf8');
}
