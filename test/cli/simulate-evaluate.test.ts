import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { useTemporaryFolder } from '../format/temporary-folder';
import { qe } from './qe';

const MODEL = path.join(__dirname, '../../examples/models/gutenberg-3m');
const TEXT = path.join(__dirname, '../simulate/quality/fixtures/heldout.txt');
const temporary = useTemporaryFolder();

function simulate(model: string, ...argv: string[]) {
  return qe('simulate', model, '--scheme', 'int4-rtn', '--threads', '1', ...argv);
}

/** A copy of the example model, changed. */
function changed(name: string, change: (folder: string) => void): string {
  const folder = path.join(temporary(), name);
  cpSync(MODEL, folder, { recursive: true });
  change(folder);
  return folder;
}

function editJson(file: string, edit: (value: Record<string, unknown>) => void): void {
  const value = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  edit(value);
  writeFileSync(file, JSON.stringify(value));
}

type TensorHeader = Record<string, { shape: number[]; data_offsets: [number, number] }>;

/** Rewrites the header of a safetensors file that has a tensor, and makes one of its BF16 values NaN if asked to. */
function editSafetensors(
  file: string,
  tensor: string,
  nan: boolean,
  change: (header: TensorHeader, file: string) => void,
) {
  const bytes = readFileSync(file);
  const length = Number(bytes.readBigUInt64LE());
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as TensorHeader;
  if (header[tensor] === undefined) return;
  const data = Buffer.from(bytes.subarray(8 + length));
  if (nan) data.writeUInt16LE(0x7fc0, header[tensor].data_offsets[0] + 20);
  change(header, file);
  const text = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  writeFileSync(file, Buffer.concat([size, text, data]));
}

describe('qe simulate --evaluate', () => {
  test('writes figures, sensitivity and the cache’s share into terminal, page and report', async () => {
    const [report, html] = ['report.json', 'report.html'].map((name) => path.join(temporary(), name));
    const { status, stdout } = await simulate(
      MODEL,
      ...['--evaluate', TEXT, '--limit-tokens', '511', '--sensitivity', '--kv-cache', 'fp8'],
      ...['--report', report, '--html', html],
    );
    expect(status).toBe(0);
    for (const words of ['On the held-out text', 'KV cache in fp8', 'What int4-rtn hurts most', 'at INT8'])
      expect(stdout).toContain(words);
    const written = JSON.parse(readFileSync(report, 'utf8')) as Record<string, never>;
    expect(written).toMatchObject({
      schema: 1,
      measuredAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
      evaluation: { tokens: 511, kvCache: { type: 'fp8' }, inputs: [], sensitivity: [{ scheme: 'int4-rtn' }] },
    });
    expect(readFileSync(html, 'utf8')).toContain('What int4-rtn hurts most');
  });

  test('says before it starts how long each part will take, and how much memory', async () => {
    const argv = ['--evaluate', TEXT, '--calibration', TEXT, '--limit-tokens', '511'];
    const { status, stderr } = await simulate(MODEL, ...argv);
    expect(status).toBe(0);
    const amount = String.raw`about \d+ s and [\d.]+ MiB of memory`;
    expect(stderr).toMatch(new RegExp(`calibrating: ${amount}[^]*evaluating: ${amount}`));
  });

  test('tells which instances serve a scheme, and why others do not', async () => {
    const { status, stdout } = await simulate(MODEL, '--instances', 'ml.g5.xlarge,ml.inf2.xlarge');
    expect(status).toBe(0);
    expect(stdout).toMatch(/int4-rtn +ml\.g5\.xlarge +[\d,]+ at once · [\d.]+ MiB of [\d.]+ GiB/);
    expect(stdout).toMatch(/int4-rtn +ml\.inf2\.xlarge +does not run: /);
  });

  test.each(['calibrate', 'quantize'])(
    'the same architecture is refused by qe %s, which needs the forward pass',
    async (command) => {
      const model = changed(`unknown-${command}`, (folder) =>
        editJson(path.join(folder, 'config.json'), (config) => (config.architectures = ['GPTNeoXForCausalLM'])),
      );
      const out = path.join(temporary(), `of-unknown-${command}`);
      const argv = command === 'calibrate' ? ['--text', TEXT] : ['--scheme', 'awq', '--calibration', TEXT];
      const { status, stderr } = await qe(command, model, ...argv, '--out', out);
      expect(status).toBe(2);
      expect(stderr).toContain('FORWARD_PASS_UNSUPPORTED');
    },
  );

  test.each<[string, string, string, (header: TensorHeader, file: string) => void]>([
    [
      'a tensor that is missing',
      'TENSOR_MISSING',
      'model.layers.1.mlp.up_proj.weight',
      (header) => {
        header['model.layers.1.mlp.up_proj.other'] = header['model.layers.1.mlp.up_proj.weight'];
        delete header['model.layers.1.mlp.up_proj.weight'];
      },
    ],
    [
      'a tensor of another shape',
      'TENSOR_SHAPE_MISMATCH',
      'model.layers.1.mlp.up_proj.weight',
      (header) => header['model.layers.1.mlp.up_proj.weight'].shape.reverse(),
    ],
    ['a weight that is not a number', 'WEIGHT_NOT_FINITE', 'model.layers.1.mlp.up_proj.weight', () => undefined],
  ])('names %s', async (name, id, tensor, change) => {
    const model = changed(name.replaceAll(' ', '-'), (folder) => {
      for (const file of readdirSync(folder).filter((entry) => entry.endsWith('.safetensors')))
        editSafetensors(path.join(folder, file), tensor, id === 'WEIGHT_NOT_FINITE', change);
      const index = path.join(folder, 'model.safetensors.index.json');
      if (id === 'TENSOR_MISSING' && existsSync(index))
        editJson(index, ({ weight_map: map }) => {
          const files = map as Record<string, string>;
          files['model.layers.1.mlp.up_proj.other'] = files[tensor];
          delete files[tensor];
        });
    });
    const { status, stderr } = await simulate(model, '--evaluate', TEXT, '--limit-tokens', '511');
    expect(status).toBe(2);
    expect(stderr).toContain(id);
    expect(stderr).toContain(tensor);
  });

  test('ends on Ctrl-C with status 130, and leaves nothing', async () => {
    const report = path.join(temporary(), 'interrupted.json');
    const argv = ['--evaluate', TEXT, '--sensitivity', '--report', report];
    const interrupt = setInterval(() => process.emit('SIGINT'), 50);
    const listeners = process.listenerCount('SIGINT');
    const keep = (): void => undefined;
    process.on('SIGINT', keep);
    try {
      const { status, stderr } = await simulate(MODEL, ...argv);
      expect(status).toBe(130);
      expect(stderr).toContain('interrupted: nothing was written');
    } finally {
      clearInterval(interrupt);
      process.removeListener('SIGINT', keep);
    }
    expect(existsSync(report)).toBe(false);
    expect(process.listenerCount('SIGINT')).toBe(listeners);
  });

  test('compares weights alone where the forward pass is not known, and says so', async () => {
    const model = changed('other', (folder) =>
      editJson(path.join(folder, 'config.json'), (config) => (config.architectures = ['GPTNeoXForCausalLM'])),
    );
    const { status, stdout, stderr } = await simulate(model, '--evaluate', TEXT);
    expect(status).toBe(0);
    expect(stderr).toContain('the schemes are compared by their weights alone');
    expect(stdout).toContain('int4-rtn');
    expect(stdout).not.toContain('On the held-out text');
  });

  test.each<[string, string, (folder: string) => string[], (folder: string) => void]>([
    [
      'a text too short for one window',
      'TEXT_TOO_SHORT',
      (folder) => ['--evaluate', path.join(folder, 'short.txt')],
      (folder) => writeFileSync(path.join(folder, 'short.txt'), 'Too short.'),
    ],
    ['a text that is not there', 'TEXT_UNREADABLE', () => ['--evaluate', '/nowhere/text.txt'], () => undefined],
    [
      'a tokenizer of another model',
      'TOKENIZER_MISMATCH',
      () => ['--evaluate', TEXT],
      (folder) => editJson(path.join(folder, 'config.json'), (config) => (config.vocab_size = 300)),
    ],
    [
      'a tokenizer that is missing',
      'TOKENIZER_MISSING',
      () => ['--evaluate', TEXT],
      (folder) => rmSync(path.join(folder, 'tokenizer.json')),
    ],
    [
      'more tokens than memory holds',
      'SIMULATION_OUT_OF_MEMORY',
      () => ['--evaluate', TEXT],
      // A head of 4 million tokens does not fit beside its packed copy.
      (folder) => editJson(path.join(folder, 'config.json'), (config) => (config.vocab_size = 2 ** 22)),
    ],
    [
      'an instance type that is none',
      'INSTANCE_TYPE_UNKNOWN',
      () => ['--instances', 'ml.g5.xlarge,ml.g55.xlarge'],
      () => undefined,
    ],
    ['sensitivity without a text', 'OPTION_MISSING', () => ['--sensitivity'], () => undefined],
    [
      'a cache that is not known',
      'KV_CACHE_UNKNOWN',
      () => ['--evaluate', TEXT, '--kv-cache', 'int3'],
      () => undefined,
    ],
  ])('refuses %s before it quantizes', async (name, id, argv, change) => {
    const model = changed(name.replaceAll(' ', '-'), change);
    const { status, stdout, stderr } = await simulate(model, ...argv(model));
    expect(status).toBe(2);
    expect(`${stdout}${stderr}`).toContain(id);
    expect(stdout).not.toContain('Scheme');
  });
});
