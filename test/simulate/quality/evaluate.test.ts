import { readFileSync } from 'node:fs';
import type { KvQuantization } from '../../../lib/simulate/forward/kv-cache';
import { parseScheme } from '../../../lib/scheme';
import type { Calibration } from '../../../lib/simulate/calibration/calibration';
import type { Checkpoint } from '../../../lib/format';
import { evaluate, type Evaluation } from '../../../lib/simulate/quality/evaluate';
import { TestFolder } from '../helpers/checkpoint';
import { OUTLIER_CHANNELS, withOutliers } from './outliers';
import { calibrationFor, fixture, openModel, textOf } from './texts';

/** Made by tools/quality/reference.py with Transformers and PyTorch on the same text. */
const reference = JSON.parse(readFileSync(fixture('reference-short.json'), 'utf8')) as {
  tokens: number;
  results: Record<string, { perplexity: number; meanKl: number; top1Agreement: number }>;
};

const threads = 2;
const folder = new TestFolder();
afterAll(() => folder.remove());

async function run(checkpoint: Checkpoint, calibration: Calibration, names: readonly string[]): Promise<Evaluation> {
  const text = await textOf('heldout.txt');
  return evaluate(checkpoint, { schemes: names.map((name) => parseScheme(name)), text, calibration, threads });
}

/** Share by which a perplexity may differ: INT8 grids differ in a code at one end. */
const tolerance = (name: string) => (name === 'int8-weight-only' ? 0.003 : 0.01);

function expectReference(name: string, { perplexity, meanKl, top1Agreement }: Evaluation['full'], prefix = ''): void {
  const expected = reference.results[`${prefix}${name}`];
  expect(Math.abs(perplexity / expected.perplexity - 1)).toBeLessThan(tolerance(name));
  expect(Math.abs(meanKl - expected.meanKl)).toBeLessThan(0.0002 + 0.15 * expected.meanKl);
  expect(Math.abs(top1Agreement - expected.top1Agreement)).toBeLessThan(0.015);
}

describe('evaluating schemes on a held-out text', () => {
  let evaluation: Evaluation;
  const schemes = [
    'int8-weight-only',
    'int4-rtn',
    'fp8',
    'int8-w8a8',
    'int8-w8a8-static',
    'smoothquant',
    'awq',
    'gptq',
  ];
  const of = (name: string) => evaluation.schemes[schemes.indexOf(name)];
  beforeAll(async () => {
    const checkpoint = await openModel();
    evaluation = await run(checkpoint, await calibrationFor(checkpoint), schemes);
  });

  test('scores every token of the text, as the reference does', () => {
    expect(evaluation.full.tokens).toBe(reference.tokens);
    expect(evaluation.full.perplexity).toBeCloseTo(reference.results.full.perplexity, 3);
  });

  test.each(['int8-weight-only', 'int4-rtn', 'fp8', 'int8-w8a8', 'int8-w8a8-static', 'smoothquant'])(
    'gives the figures of independent code for %s',
    (name) => expectReference(name, of(name)),
  );

  test('finds AWQ and GPTQ better than rounding to nearest', () => {
    expect(of('awq').meanKl).toBeLessThan(0.75 * of('int4-rtn').meanKl);
    expect(of('gptq').meanKl).toBeLessThan(0.75 * of('int4-rtn').meanKl);
  });

  test('has nothing to explain where nothing is lost', () => {
    expect(evaluation.schemes.flatMap(({ notes }) => notes)).toEqual([]);
    expect(evaluation.inputs).toEqual([]);
  });
});

describe('a model with outlier channels', () => {
  let evaluation: Evaluation;
  const schemes = ['int8-w8a8', 'int8-w8a8-static', 'smoothquant', 'gguf-tensor:Q4_K', 'gguf-tensor:Q4_0'];
  const of = (name: string) => evaluation.schemes[schemes.indexOf(name)];
  beforeAll(async () => {
    const checkpoint = await withOutliers(await openModel(), folder);
    evaluation = await run(checkpoint, await calibrationFor(checkpoint), schemes);
  });

  test('is the same function at full precision', () => {
    expect(evaluation.full.perplexity).toBeCloseTo(reference.results.full.perplexity, 3);
  });

  test.each(['int8-w8a8', 'int8-w8a8-static', 'smoothquant'])('gives the figures of independent code for %s', (name) =>
    expectReference(name, of(name), 'outlier '),
  );

  test('breaks with INT8 activations, and SmoothQuant brings it back', () => {
    const { perplexity } = evaluation.full;
    expect(of('int8-w8a8').perplexity).toBeGreaterThan(1.03 * perplexity);
    expect(of('int8-w8a8-static').perplexity).toBeGreaterThan(1.3 * perplexity);
    expect(of('smoothquant').perplexity).toBeLessThan(1.005 * perplexity);
  });

  test('suffers from K-quants more than from Q4_0', () => {
    expect(of('gguf-tensor:Q4_K').perplexity).toBeGreaterThan(1.15 * of('gguf-tensor:Q4_0').perplexity);
  });

  test('names the channels responsible, in the figures and in words', () => {
    const channels = evaluation.inputs.filter(({ kind }) => kind === 'outlier-channels');
    expect(channels).toHaveLength(8);
    for (const input of channels) expect([...input.channels].sort((a, b) => a - b)).toEqual(OUTLIER_CHANNELS);
    const [sentence] = of('int8-w8a8').notes;
    for (const channel of OUTLIER_CHANNELS) expect(sentence).toContain(String(channel));
    expect(sentence).toContain('and of 7 more inputs');
    expect(sentence).toContain('SmoothQuant moves them into the weights');
    expect(of('smoothquant').notes).toEqual([]);
    expect(of('gguf-tensor:Q4_K').notes.join(' ')).toContain('K-quants');
  });
});

describe('a quantized KV cache', () => {
  test.each([
    ['fp8', 0.01],
    ['q8_0', 0.001],
    ['q8_0/q4_0', 0.005],
    ['q4_0', 0.02],
  ] as const)('in %s is evaluated alone and with each scheme', async (kv, most) => {
    const checkpoint = await openModel();
    const text = await textOf('heldout.txt', 1022);
    const scheme = parseScheme('int8-weight-only');
    const plain = await evaluate(checkpoint, { schemes: [scheme], text, threads });
    const { full, kvCache, schemes } = await evaluate(checkpoint, { schemes: [scheme], text, kv, threads });
    expect(plain.kvCache).toBeUndefined();
    expect(full).toEqual(plain.full);
    expect(kvCache).toMatchObject({ kv, name: `KV cache in ${kv}` });
    expect(kvCache!.meanKl).toBeGreaterThan(0);
    expect(Math.abs(kvCache!.perplexity / full.perplexity - 1)).toBeLessThan(most);
    expect(schemes[0].meanKl).toBeGreaterThan(plain.schemes[0].meanKl);
  });

  test('loses more in fewer bits, of keys, of values or of both', async () => {
    const checkpoint = await openModel();
    const text = await textOf('heldout.txt', 1022);
    const loss = async (kv: KvQuantization) =>
      (await evaluate(checkpoint, { schemes: [], text, kv, threads })).kvCache!.meanKl;
    const losses = [];
    for (const kv of ['q8_0', 'q5_0', 'q4_0'] as const) losses.push(await loss(kv));
    expect([...losses].sort((a, b) => a - b)).toEqual(losses);
    for (const pair of ['q8_0/q4_0', 'q4_0/q8_0'] as const) {
      const both = await loss(pair);
      expect(both).toBeGreaterThan(losses[0]);
      expect(both).toBeLessThan(losses[2]);
    }
  });

  test('in q8_0 needs heads of whole blocks', async () => {
    const checkpoint = await openModel();
    const config = { ...(checkpoint.config as object), head_dim: 48 };
    const options = { schemes: [], text: await textOf('heldout.txt', 511), kv: 'q8_0' as const, threads };
    await expect(evaluate({ ...checkpoint, config }, options)).rejects.toMatchObject({ id: 'KV_CACHE_NOT_DIVISIBLE' });
  });
});
