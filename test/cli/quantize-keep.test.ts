import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runCli } from '../../bin/program';
import { openCheckpoint } from '../../lib/format';
import { locateCheckpoint } from '../../lib/format/node';
import { digestOfCheckpoint } from '../../lib/simulate/source-digest';
import { useTemporaryFolder } from '../format/temporary-folder';

const MODEL = path.join(__dirname, '../../examples/models/gutenberg-3m');
const GATE = 'model.layers.0.mlp.gate_proj.weight';
const temporary = useTemporaryFolder();

async function quantize(scheme: string, out: string, ...argv: string[]) {
  const written = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    jest.spyOn(process[stream], 'write').mockImplementation((chunk) => {
      written[stream] += String(chunk);
      return true;
    }),
  );
  const folder = path.join(temporary(), out);
  try {
    const status = await runCli(['quantize', MODEL, '--scheme', scheme, '--out', folder, '--threads', '2', ...argv]);
    return { status, folder, ...written };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

function configOf(folder: string): { quantization_config: Record<string, unknown> } {
  return JSON.parse(readFileSync(path.join(folder, 'config.json'), 'utf8')) as ReturnType<typeof configOf>;
}

/** A report that proposes to keep one layer. */
async function report(scheme: string, keptAs: string, digest?: string): Promise<string> {
  const checkpoint = await openCheckpoint(locateCheckpoint(MODEL).folder);
  const file = path.join(temporary(), `${scheme.replace(':', '-')}-${keptAs}-${digest ?? 'own'}.json`);
  const model = { digest: digest ?? (await digestOfCheckpoint(checkpoint)) };
  const sensitivity = [{ scheme, proposal: { kept: [GATE], keptAs } }];
  writeFileSync(file, JSON.stringify({ schema: 1, model, evaluation: { sensitivity } }));
  return file;
}

describe('qe quantize --keep', () => {
  test('writes the mix that a report proposes, in a format that can hold it', async () => {
    const { status, folder } = await quantize('int4-rtn', 'mixed', '--keep', await report('int4-rtn', 'int8'));
    expect(status).toBe(0);
    expect(configOf(folder).quantization_config).toMatchObject({
      quant_method: 'compressed-tensors',
      config_groups: { group_0: { weights: { num_bits: 4 } }, group_1: { weights: { num_bits: 8 } } },
    });
  });

  test('takes patterns, and keeps as stored what they fit', async () => {
    const { status, folder } = await quantize(
      'fp8',
      'patterns',
      '--keep',
      '*.0.mlp.down_proj.weight,layers.3.self_attn.o',
    );
    expect(status).toBe(0);
    expect(configOf(folder).quantization_config.ignore).toEqual([
      'lm_head',
      'model.layers.0.mlp.down_proj',
      'model.layers.3.self_attn.o_proj',
    ]);
  });

  test('gives single tensors of a GGUF another type', async () => {
    const keep = await report('gguf:Q4_0', 'int8');
    const { status, folder, stderr } = await quantize('gguf:Q4_0', 'gguf', '--keep', keep);
    expect(status).toBe(0);
    expect(stderr).toContain('1 Q8_0');
    const file = path.join(folder, 'gutenberg-3m-Q4_0.gguf');
    const { folder: place, file: name } = locateCheckpoint(file);
    const { tensors } = await openCheckpoint(place, name);
    expect(tensors.get('blk.0.ffn_gate.weight')?.dtype).toBe('Q8_0');
    expect(tensors.get('blk.1.ffn_gate.weight')?.dtype).toBe('Q4_0');
    const stored = await quantize('gguf:Q4_0', 'stored', '--keep', keep, '--keep-as', 'stored');
    expect(stored.stderr).toContain('1 BF16');
  });

  test.each<[string, string, () => Promise<string[]>]>([
    ['a pattern that fits nothing', 'KEEP_MATCHES_NOTHING', async () => ['--keep', 'layers.77']],
    ['a report of another scheme', 'KEEP_PROPOSAL_MISSING', async () => ['--keep', await report('awq', 'stored')]],
    [
      'a report of other weights',
      'KEEP_REPORT_OTHER_WEIGHTS',
      async () => ['--keep', await report('fp8', 'stored', 'sha256:other')],
    ],
    ['a file that is no report', 'KEEP_REPORT_UNREADABLE', async () => ['--keep', __filename]],
    ['a way to keep that is none', 'KEEP_AS_UNKNOWN', async () => ['--keep', 'layers.0', '--keep-as', 'int9']],
    ['INT8 in a scheme of eight bits', 'KEPT_AS_NOT_WRITTEN', async () => ['--keep', 'layers.0', '--keep-as', 'int8']],
    ['a way to keep nothing', 'OPTION_MISSING', async () => ['--keep-as', 'int8']],
  ])('refuses %s', async (name, id, argv) => {
    const { status, stdout, stderr } = await quantize('fp8', name.replaceAll(' ', '-'), ...(await argv()));
    expect(status).toBe(2);
    expect(`${stdout}${stderr}`).toContain(id);
  });
});
