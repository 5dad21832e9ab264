import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runCli } from '../../bin/program';
import { useTemporaryFolder } from '../format/temporary-folder';

jest.setTimeout(120_000);

const MODEL = path.join(__dirname, '../../examples/models/gutenberg-3m');
const TEXT = path.join(__dirname, '../simulate/quality/fixtures/heldout.txt');
const temporary = useTemporaryFolder();

async function simulate(model: string, ...argv: string[]) {
  const written = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    jest.spyOn(process[stream], 'write').mockImplementation((chunk) => {
      written[stream] += String(chunk);
      return true;
    }),
  );
  try {
    const status = await runCli(['simulate', model, '--scheme', 'int4-rtn', '--threads', '1', ...argv]);
    return { status, ...written };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
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
