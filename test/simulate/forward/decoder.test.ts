import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Decoder } from '../../../lib/simulate/forward/decoder';
import type { Variant } from '../../../lib/simulate/forward/decoder-run';
import { decoderShape, type DecoderShape } from '../../../lib/simulate/forward/decoder-shape';
import type { WeightSource } from '../../../lib/simulate/forward/weights';
import { loadCheckpoint } from './checkpoint';

let source: WeightSource;
let shape: DecoderShape;
beforeAll(async () => {
  const loaded = await loadCheckpoint();
  source = loaded.source;
  shape = decoderShape(loaded.config);
});

const expected = JSON.parse(readFileSync(path.join(__dirname, 'fixtures/logits.json'), 'utf8')) as {
  prompts: {
    input_ids: number[];
    last_position_first32: number[];
    last_position_argmax: number;
    all_positions_argmax: number[];
    all_positions_logit_sum: number[];
  }[];
};

const unchanged: Variant = {
  name: 'unchanged',
  activations: { kind: 'none' },
  kv: 'none',
  block: (block) => block,
};

/** Deterministic token ids. */
const windows = [40, 40, 23].map((length, window) =>
  Array.from({ length }, (_, i) => (i === 0 ? 0 : (i * 7919 + window * 104729) % 4096)),
);

describe('the forward pass of a Llama decoder', () => {
  test.each(expected.prompts.map((prompt, index) => [index, prompt] as const))(
    'gives the logits that Transformers gives for prompt %d',
    async (_index, prompt) => {
      const logits = await new Decoder({ source, shape, threads: 1 }).logits(prompt.input_ids);
      const rows = prompt.input_ids.map((_, m) => logits.subarray(m * shape.vocabulary, (m + 1) * shape.vocabulary));
      const last = rows[rows.length - 1];
      const scale = Math.max(...last.map(Math.abs));
      prompt.last_position_first32.forEach((value, i) => expect(Math.abs(last[i] - value) / scale).toBeLessThan(1e-4));
      expect(rows.map((row) => row.indexOf(Math.max(...row)))).toEqual(prompt.all_positions_argmax);
      rows.forEach((row, m) => {
        const sum = row.reduce((total, value) => total + value, 0);
        expect(Math.abs(sum / prompt.all_positions_logit_sum[m] - 1)).toBeLessThan(1e-3);
      });
    },
  );

  test('finds no difference between a model and itself', async () => {
    const [full, same] = await new Decoder({ source, shape, threads: 1 }).evaluate(windows, [unchanged]);
    expect(full.tokens).toBe(39 + 39 + 22);
    expect(same).toEqual({ ...full, name: 'unchanged', meanKl: 0, p99Kl: 0, top1Agreement: 1 });
  });

  test('gives the same figures on two threads as on one', async () => {
    const noisy: Variant = { ...unchanged, name: 'noisy', activations: { kind: 'token', type: 'int8' }, kv: 'fp8' };
    const one = await new Decoder({ source, shape, threads: 1 }).evaluate(windows, [noisy]);
    const two = await new Decoder({ source, shape, threads: 2 }).evaluate(windows, [noisy]);
    expect(two).toEqual(one);
    expect(one[1].meanKl).toBeGreaterThan(0);
  });

  test('tells a damaged block from a whole one', async () => {
    const damaged: Variant = {
      ...unchanged,
      name: 'damaged',
      block: (block, layer) =>
        layer === 1 && block.down !== undefined
          ? { ...block, down: { ...block.down, values: new Float32Array(block.down.values.length) } }
          : block,
    };
    const [full, broken] = await new Decoder({ source, shape, threads: 1 }).evaluate(windows, [damaged]);
    expect(broken.perplexity).not.toBe(full.perplexity);
    expect(broken.meanKl).toBeGreaterThan(0.01);
  });

  test('collects the same statistics on two threads as on one', async () => {
    const collect = async (threads: number) => {
      const layers: { absmax: number[]; absMean: number[]; gram: number[] }[] = [];
      await new Decoder({ source, shape, threads }).calibrate(windows, true, (_layer, { mlp }) => {
        layers.push({
          absmax: Array.from(mlp!.absmax),
          absMean: Array.from(mlp!.absMean),
          gram: Array.from(mlp!.gram!.subarray(0, 300)),
        });
      });
      return layers;
    };
    const [one, two] = [await collect(1), await collect(2)];
    expect(one).toHaveLength(4);
    for (const [layer, { absmax, absMean, gram }] of one.entries()) {
      expect(two[layer].absmax).toEqual(absmax);
      absMean.forEach((value, i) => expect(two[layer].absMean[i]).toBeCloseTo(value, 9));
      gram.forEach((value, i) =>
        expect(Math.abs(two[layer].gram[i] - value)).toBeLessThan(1e-6 * (1 + Math.abs(value))),
      );
    }
  });

  test.each([
    ['a weight that is not a number', 'WEIGHT_NOT_FINITE', { values: NaN }],
    ['a tensor that is not there', 'TENSOR_MISSING', { missing: true }],
  ])('names the tensor with %s', async (_what, id, { values, missing }: { values?: number; missing?: boolean }) => {
    const at = 'model.layers.1.mlp.up_proj.weight';
    const damaged: WeightSource = {
      has: (name) => source.has(name) && !(missing === true && name === at),
      read: async (name) => {
        const tensor = await source.read(name);
        if (name === at && values !== undefined) tensor.values[7] = values;
        return tensor;
      },
    };
    const run = new Decoder({ source: damaged, shape, threads: 1 }).evaluate(windows, []);
    await expect(run).rejects.toMatchObject({ id, path: at });
  });

  test('stops when asked to', async () => {
    const controller = new AbortController();
    const run = new Decoder({
      source,
      shape,
      threads: 1,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    }).evaluate(windows, []);
    await expect(run).rejects.toThrow('aborted');
  });
});
