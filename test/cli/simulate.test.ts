import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { useTemporaryFolder } from '../format/temporary-folder';
import { qe } from './qe';

const model = path.join(__dirname, '../../examples/models/gutenberg-3m');
const temporary = useTemporaryFolder();

interface Report {
  readonly model: { readonly digest: string; readonly parameters: number };
  readonly schemes: readonly {
    readonly scheme: string;
    readonly bitsPerWeight: number;
    readonly weights: { readonly sqnrDb: number };
    readonly tensors: readonly { readonly name: string; readonly outlierColumns: readonly number[] }[];
  }[];
}

describe('qe simulate', () => {
  test('answers with the figures of each scheme, and writes the same as a report and as a page', async () => {
    const report = path.join(temporary(), 'report.json');
    const page = path.join(temporary(), 'report.html');
    const { status, stdout } = await qe(
      'simulate',
      model,
      '--scheme',
      'int4-rtn,int8-weight-only,fp8',
      '--json',
      '--report',
      report,
      '--html',
      page,
    );
    expect(status).toBe(0);
    const answer = JSON.parse(stdout) as Report;
    expect(Object.keys(answer)[0]).toBe('schema');
    expect(JSON.parse(readFileSync(report, 'utf8'))).toMatchObject(answer);
    expect(answer.model).toMatchObject({ architecture: 'LlamaForCausalLM', parameters: 3410176, bytes: 6820352 });
    expect(answer.model.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    const [int4, int8, fp8] = answer.schemes;
    // 28 linear layers; embeddings, norms and the tied head stay as they are.
    expect(int4.tensors).toHaveLength(28);
    expect(int4.bitsPerWeight).toBeCloseTo(4.15625, 6);
    expect(int4.weights.sqnrDb).toBeCloseTo(19.84, 1);
    expect(int8.weights.sqnrDb).toBeCloseTo(42.06, 1);
    expect(fp8.weights.sqnrDb).toBeCloseTo(31.6, 1);
    expect(readFileSync(page, 'utf8')).toContain(answer.model.digest);
  });

  test('says in the table that a calibrated scheme had no calibration', async () => {
    const { status, stdout } = await qe(
      'simulate',
      model,
      '--scheme',
      'gptq',
      '--layers',
      '*.layers.0.*',
      '--no-color',
    );
    expect(status).toBe(0);
    expect(stdout).toMatch(/gptq \(group 128\)/);
    expect(stdout).toMatch(/No calibration: errors were not spread/);
  });

  test.each([
    [['--scheme', 'int5'], 'SCHEME_UNKNOWN'],
    [['--scheme', ','], 'SCHEME_MISSING'],
    [['--scheme', 'bf16'], 'SCHEME_NOT_SIMULATED'],
    [['--scheme', 'fp8', '--layers', 'nothing'], 'NO_LAYER_MATCHES'],
    [['--scheme', 'fp8', '--threads', '0'], 'OPTION_NOT_A_NUMBER'],
    [['--scheme', 'awq', '--calibration', '/nowhere'], 'CALIBRATION_UNREADABLE'],
  ])('%j is bad input', async (options, id) => {
    const { status, stderr } = await qe('simulate', model, ...options);
    expect(status).toBe(2);
    expect(stderr).toContain(id);
  });

  test('of no checkpoint is bad input', async () => {
    expect((await qe('simulate', temporary(), '--scheme', 'fp8')).status).toBe(2);
  });
});

describe('qe quantize', () => {
  test('writes a checkpoint that it can say the quantization of', async () => {
    const out = path.join(temporary(), 'fp8');
    expect((await qe('quantize', model, '--scheme', 'fp8', '--out', out)).status).toBe(0);
    expect(readdirSync(out)).toEqual(expect.arrayContaining(['config.json', 'model.safetensors', 'tokenizer.json']));
    const { stdout } = await qe('inspect', out, '--json');
    expect(JSON.parse(stdout)).toMatchObject({ quantization: { method: 'compressed-tensors' } });
  });

  test('tells what it would write, and writes nothing', async () => {
    const out = path.join(temporary(), 'dry');
    const { status, stdout } = await qe('quantize', model, '--scheme', 'int4-rtn', '--out', out, '--dry-run', '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ format: 'awq', dryRun: true, bytes: expect.any(Number) });
    expect(existsSync(out)).toBe(false);
  });

  test.each([
    [['--scheme', 'fp8-static'], 'CALIBRATION_NEEDED'],
    [['--scheme', 'fp8', '--format', 'gguf'], 'FORMAT_NOT_WRITTEN'],
  ])('%j is bad input', async (options, id) => {
    const { status, stderr } = await qe('quantize', model, '--out', path.join(temporary(), 'bad'), ...options);
    expect(status).toBe(2);
    expect(stderr).toContain(id);
  });
});
