import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { parseLock } from '../../lib/lock';
import { describeModel } from '../../lib/model';
import { InstanceType, ModelSource, QuantizedEndpoint } from '../../index';
import { S3Server } from '../format/s3-server';
import { useTemporaryFolder } from '../format/temporary-folder';
import { qe } from './qe';

const MODEL = path.join(__dirname, '../../examples/models/gutenberg-3m');
const COMMIT = 'b25037543e9394b818fdfca67ab2a00ecc7dd641';
const FILES = [
  'config.json',
  'model-00001-of-00003.safetensors',
  'model-00002-of-00003.safetensors',
  'model-00003-of-00003.safetensors',
  'model.safetensors.index.json',
];
const temporary = useTemporaryFolder();

/** Enough of the hub: a repository at one commit, its files by ranges. */
class Hub {
  readonly seen: { url: string; range?: string; authorization?: string }[] = [];
  readonly files = new Map<string, Buffer>(FILES.map((name) => [name, readFileSync(path.join(MODEL, name))]));
  gated: boolean | string = false;
  failWith: number[] = [];
  ignoresRanges = false;
  bytesSent = 0;
  private server?: Server;

  async start(): Promise<string> {
    this.server = createServer((request, response) => this.answer(request, response));
    await new Promise<void>((resolve) => this.server!.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise<void>((resolve) => this.server!.close(() => resolve()));
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const { range, authorization } = request.headers;
    const url = request.url!;
    this.seen.push({ url, range, authorization });
    const status = this.failWith.shift();
    if (status !== undefined) {
      response.writeHead(status, { 'retry-after': '0' }).end();
      return;
    }
    if (/^\/api\/models\/org\/model(\/revision\/[\w.]+)?\?blobs=true$/.test(url)) {
      const siblings = [...this.files].map(([rfilename, { length }]) => ({ rfilename, size: length }));
      response.end(JSON.stringify({ sha: COMMIT, gated: this.gated, siblings }));
      return;
    }
    const bytes = this.files.get(new RegExp(`^/org/model/resolve/${COMMIT}/(.+)$`).exec(url)?.[1] ?? '');
    if (bytes === undefined) {
      response.writeHead(404).end();
      return;
    }
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(range ?? '') ?? [];
    const part = this.ignoresRanges || from === undefined ? bytes : bytes.subarray(Number(from), Number(to) + 1);
    this.bytesSent += part.length;
    response.writeHead(part === bytes ? 200 : 206, { 'content-length': part.length }).end(part);
  }
}

describe('qe models', () => {
  const hub = new Hub();
  let lock: string;
  const environment = { ...process.env };

  beforeEach(async () => {
    Object.assign(hub, { gated: false, failWith: [], ignoresRanges: false, bytesSent: 0 });
    hub.seen.length = 0;
    process.env.HF_ENDPOINT = await hub.start();
    delete process.env.HF_TOKEN;
    lock = path.join(temporary(), 'lock.json');
  });
  afterEach(async () => {
    process.env = { ...environment };
    await hub.stop();
  });

  const locked = () => parseLock(readFileSync(lock, 'utf8'), lock).models;

  test('adds a hub model: its commit, config and the bytes of its tensors, from headers alone', async () => {
    expect(await qe('models', 'add', 'org/model', '--lock', lock)).toMatchObject({ status: 0 });
    expect(locked()).toEqual({
      'huggingface:org/model': {
        source: 'huggingface',
        id: 'org/model',
        revision: COMMIT,
        gated: false,
        config: JSON.parse(readFileSync(path.join(MODEL, 'config.json'), 'utf8')),
        weightBytes: 6_820_352,
        resolvedAt: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T/),
      },
    });
    expect(hub.bytesSent).toBeLessThan(500_000);
  });

  test('synth takes it from there', async () => {
    await qe('models', 'add', 'org/model', '--lock', lock, '--quiet');
    const stack = new Stack(new App({ context: { 'cdk-quantized-endpoints:lockFile': lock } }), 'Stack');
    const { plan } = new QuantizedEndpoint(stack, 'Chat', {
      model: ModelSource.huggingFace('org/model'),
      instanceType: InstanceType.G6_2XLARGE,
    });
    expect(plan.maxModelLen).toBe(512);
  });

  test('a revision is an entry of its own, locked to its commit', async () => {
    await qe('models', 'add', 'org/model@v1.0', '--lock', lock);
    expect(locked()['huggingface:org/model@v1.0'].revision).toBe(COMMIT);
    expect(hub.seen[0].url).toContain('/revision/v1.0?');
  });

  test('another model leaves the entries that are there', async () => {
    await qe('models', 'add', 'org/model', '--lock', lock);
    await qe('models', 'add', 'org/model@v1.0', '--lock', lock);
    expect(Object.keys(locked())).toEqual(['huggingface:org/model', 'huggingface:org/model@v1.0']);
  });

  test('a gated model is said to be, and its token is sent but never kept', async () => {
    hub.gated = 'manual';
    process.env.HF_TOKEN = 'hf_secret';
    await qe('models', 'add', 'org/model', '--lock', lock);
    expect(locked()['huggingface:org/model'].gated).toBe(true);
    expect(hub.seen[0].authorization).toBe('Bearer hf_secret');
    expect(readFileSync(lock, 'utf8')).not.toContain('hf_secret');
  });

  test('a hub that is busy is asked again', async () => {
    hub.failWith = [503, 429];
    expect(await qe('models', 'add', 'org/model', '--lock', lock)).toMatchObject({ status: 0 });
  });

  test('answers in JSON', async () => {
    const { stdout } = await qe('models', 'add', 'org/model', '--lock', lock, '--json');
    expect(JSON.parse(stdout)).toMatchObject({ schema: 1, models: { 'huggingface:org/model': { revision: COMMIT } } });
  });

  test('adds a prefix in S3', async () => {
    const server = new S3Server();
    for (const name of FILES) server.put(`bucket/models/small/${name}`, readFileSync(path.join(MODEL, name)));
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: await server.start(),
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'a',
      AWS_SECRET_ACCESS_KEY: 'b',
    });
    try {
      expect(await qe('models', 'add', 's3://bucket/models/small', '--lock', lock)).toMatchObject({ status: 0 });
    } finally {
      await server.stop();
    }
    expect(locked()['s3://bucket/models/small/']).toMatchObject({ source: 's3', weightBytes: 6_820_352 });
  });

  test('lists what is locked', async () => {
    await qe('models', 'add', 'org/model', '--lock', lock);
    const { status, stdout } = await qe('models', 'list', '--lock', lock);
    expect(status).toBe(0);
    expect(stdout).toMatch(/huggingface:org\/model\s+b25037543e93\s+6\.50 MiB\s+LlamaForCausalLM/);
  });

  test('what ModelOpt says of its quantization in a file of its own is kept in the config', async () => {
    const quantized = {
      producer: { name: 'modelopt' },
      quantization: { quant_algo: 'FP8', exclude_modules: ['lm_head'] },
    };
    hub.files.set('hf_quant_config.json', Buffer.from(JSON.stringify(quantized)));
    try {
      expect(await qe('models', 'add', 'org/model', '--lock', lock)).toMatchObject({ status: 0 });
      const { config } = locked()['huggingface:org/model'];
      expect(config).toMatchObject({ model_type: 'llama', quantization_config: quantized });
      expect(describeModel(config).quantization).toMatchObject({ method: 'modelopt', ignored: ['lm_head'] });
    } finally {
      hub.files.delete('hf_quant_config.json');
    }
  });

  test('several GGUFs side by side are several models: the config alone is kept', async () => {
    const gguf = readFileSync(path.join(MODEL, '../gutenberg-3m-Q4_K_M/gutenberg-3m-Q4_K_M.gguf'));
    const files = new Map(hub.files);
    hub.files.clear();
    for (const name of ['a-Q4_K_M.gguf', 'b-Q8_0.gguf']) hub.files.set(name, gguf);
    hub.files.set('config.json', files.get('config.json')!);
    try {
      expect(await qe('models', 'add', 'org/model', '--lock', lock)).toMatchObject({ status: 0 });
      expect(locked()['huggingface:org/model'].weightBytes).toBeUndefined();
    } finally {
      hub.files.clear();
      for (const [name, bytes] of files) hub.files.set(name, bytes);
    }
  });

  describe('fails with status 2, and leaves the lock file as it is', () => {
    const nothing = () => undefined;
    const cases: { what: string; rule: string; argv: string[]; prepare: () => unknown }[] = [
      { what: 'a name that is none', rule: 'MODEL_NAME_INVALID', argv: ['add', 'not a model'], prepare: nothing },
      {
        what: 'a JumpStart name that is none',
        rule: 'MODEL_NAME_INVALID',
        argv: ['add', 'jumpstart:a/b/c'],
        prepare: nothing,
      },
      { what: 'nothing to add', rule: 'MODELS_ACTION_UNKNOWN', argv: ['add'], prepare: nothing },
      { what: 'an action that is none', rule: 'MODELS_ACTION_UNKNOWN', argv: ['ad', 'org/model'], prepare: nothing },
      { what: 'a model that does not exist', rule: 'HUB_MODEL_UNKNOWN', argv: ['add', 'org/other'], prepare: nothing },
      {
        what: 'a model given out to some only',
        rule: 'HUB_MODEL_NOT_READABLE',
        argv: ['add', 'org/model'],
        prepare: () => (hub.failWith = [401]),
      },
      {
        what: 'a hub that stays busy',
        rule: 'HUB_ANSWER_UNEXPECTED',
        argv: ['add', 'org/model'],
        prepare: () => (hub.failWith = [500, 500, 500]),
      },
      {
        what: 'a server that knows no ranges',
        rule: 'HUB_ANSWER_UNEXPECTED',
        argv: ['add', 'org/model'],
        prepare: () => (hub.ignoresRanges = true),
      },
      {
        what: 'a hub that cannot be reached',
        rule: 'HUB_UNREACHABLE',
        argv: ['add', 'org/model'],
        prepare: () => (process.env.HF_ENDPOINT = 'http://127.0.0.1:9'),
      },
    ];
    test.each(cases)('$what', async ({ rule, argv, prepare }) => {
      prepare();
      const { status, stdout } = await qe('models', ...argv, '--lock', lock, '--json');
      expect(status).toBe(2);
      expect(JSON.parse(stdout).findings[0].rule).toBe(rule);
      expect(existsSync(lock)).toBe(false);
    });

    test('a lock file that is none', async () => {
      writeFileSync(lock, '[]');
      const { status } = await qe('models', 'add', 'org/model', '--lock', lock);
      expect(status).toBe(2);
      expect(readFileSync(lock, 'utf8')).toBe('[]');
    });
  });
});
