import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Decoder } from '../../../lib/simulate/forward/decoder';
import type { Variant } from '../../../lib/simulate/forward/decoder-run';
import { decoderShape } from '../../../lib/simulate/forward/decoder-shape';
import { assertDecoderTensors } from '../../../lib/simulate/forward/tensor-names';
import type { WeightSource } from '../../../lib/simulate/forward/weights';
import { FormulaWeights } from './formula';

interface Mixture {
  /** config.json as published checkpoints have it, and as Transformers 5 writes it. */
  readonly classic: Readonly<Record<string, unknown>>;
  readonly modern: Readonly<Record<string, unknown>>;
  readonly tensors: Readonly<Record<string, readonly number[]>>;
  /** Logits of the last position, and the sum of each position's. */
  readonly last: readonly number[];
  readonly sums: readonly number[];
  /** By layer, of each expert: tokens that pass it, mean and largest magnitude of what enters it, and of what enters its down projection. */
  readonly experts: Readonly<Record<string, readonly (readonly [number, number, number, number, number])[]>>;
}

/** Made by tools/quality/mixtures.py with Transformers. */
const { tokens, mixtures } = JSON.parse(readFileSync(path.join(__dirname, 'fixtures/mixtures.json'), 'utf8')) as {
  tokens: number[];
  mixtures: Record<string, Mixture>;
};

const windows = [tokens, tokens.slice(5).reverse(), tokens.slice(0, 9)];

const unchanged: Variant = { name: 'unchanged', activations: { kind: 'none' }, kv: 'none', block: (part) => part };

function logitsOf(source: WeightSource, config: unknown): Promise<Float32Array> {
  return new Decoder({ source, shape: decoderShape(config), threads: 1 }).logits(tokens);
}

function largestDifference(left: Float32Array, right: Float32Array): number {
  const scale = left.reduce((top, value) => Math.max(top, Math.abs(value)), 0);
  return left.reduce((top, value, i) => Math.max(top, Math.abs(value - right[i])), 0) / scale;
}

/** The same weights under other names. */
function renamed(source: WeightSource, nameOf: (name: string) => string): WeightSource {
  return { has: (name) => source.has(nameOf(name)), read: (name) => source.read(nameOf(name)) };
}

describe.each(Object.entries(mixtures))('the forward pass of %s', (_name, mixture) => {
  const { classic, modern, tensors, last, sums, experts } = mixture;
  const source = new FormulaWeights(tensors, false);

  test('collects of each expert what its own tokens bring', async () => {
    const shape = decoderShape(classic);
    const found: Record<string, (readonly number[])[]> = {};
    await new Decoder({ source, shape, threads: 1 }).calibrate([tokens], false, (layer, { mlp, down }, expert) => {
      if (expert === undefined || expert === shape.mixture!.experts) return;
      const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
      const figures = [mlp!, down!].flatMap(({ absMean, absmax }) => [mean(absMean), Math.max(...absmax)]);
      (found[layer] ??= []).push([mlp!.tokens, ...figures]);
    });
    expect(Object.keys(found)).toEqual(Object.keys(experts));
    for (const [layer, rows] of Object.entries(experts)) {
      expect(found[layer]).toHaveLength(rows.length);
      rows.forEach((row, expert) => row.forEach((value, i) => expect(found[layer][expert][i]).toBeCloseTo(value, 4)));
    }
  });

  test('collects the same on two threads as on one', async () => {
    const collect = async (threads: number) => {
      const parts: number[][] = [];
      const decoder = new Decoder({ source, shape: decoderShape(classic), threads });
      await decoder.calibrate(windows, true, (_layer, statistics) => {
        for (const { absmax, gram, tokens: count } of Object.values(statistics))
          parts.push([count, ...absmax.subarray(0, 9), ...gram!.subarray(0, 99)]);
      });
      return parts;
    };
    const [one, two] = [await collect(1), await collect(2)];
    expect(two).toHaveLength(one.length);
    one.forEach((part, index) => part.forEach((value, i) => expect(two[index][i]).toBeCloseTo(value, 5)));
  });

  test.each([
    ['published', classic],
    ['Transformers 5', modern],
  ])('gives the logits of Transformers for a config in the form of %s', async (_form, config) => {
    const shape = decoderShape(config);
    assertDecoderTensors(source, shape);
    const logits = await logitsOf(source, config);
    const row = (position: number) => logits.subarray(position * shape.vocabulary, (position + 1) * shape.vocabulary);
    const scale = Math.max(...last.map(Math.abs));
    const end = row(tokens.length - 1);
    last.forEach((value, i) => expect(Math.abs(end[i] - value) / scale).toBeLessThan(1e-4));
    sums.forEach((expected, position) => {
      const sum = row(position).reduce((total, value) => total + value, 0);
      expect(Math.abs(sum - expected) / scale).toBeLessThan(1e-2);
    });
  });

  test('finds no difference between a model and itself, and none between two threads and one', async () => {
    const shape = decoderShape(classic);
    const noisy: Variant = { ...unchanged, name: 'noisy', activations: { kind: 'token', type: 'int8' }, kv: 'fp8' };
    const run = (threads: number) => new Decoder({ source, shape, threads }).evaluate(windows, [unchanged, noisy]);
    const one = await run(1);
    expect(one[1]).toEqual({ ...one[0], name: 'unchanged', meanKl: 0, p99Kl: 0, top1Agreement: 1 });
    expect(one[2].meanKl).toBeGreaterThan(0);
    expect(await run(2)).toEqual(one);
  });
});

describe('a mixture of experts', () => {
  const { mixtral } = mixtures;
  const source = new FormulaWeights(mixtral.tensors, false);
  const expert = /\.experts\.(\d+)\./;

  test('of equal experts is the dense model of one of them', async () => {
    const equal = renamed(source, (name) => name.replace(expert, '.experts.0.'));
    const dense = renamed(source, (name) =>
      name
        .replace('.mlp.gate_proj.', '.block_sparse_moe.experts.0.w1.')
        .replace('.mlp.up_proj.', '.block_sparse_moe.experts.0.w3.')
        .replace('.mlp.down_proj.', '.block_sparse_moe.experts.0.w2.'),
    );
    const config = { ...mixtral.classic, architectures: ['MistralForCausalLM'], model_type: 'mistral' };
    const difference = largestDifference(
      await logitsOf(equal, mixtral.classic),
      await logitsOf(dense, { ...config, rms_norm_eps: 1e-5 }),
    );
    expect(difference).toBeLessThan(1e-5);
  });

  test('gives the same in another order of its experts', async () => {
    const order = [3, 0, 5, 1, 4, 2];
    const shuffled: WeightSource = {
      has: (name) => source.has(name),
      read: async (name) => {
        if (!name.endsWith('.gate.weight'))
          return source.read(name.replace(expert, (_, index: string) => `.experts.${order[Number(index)]}.`));
        const router = await source.read(name);
        const hidden = router.shape[1];
        const values = router.values.map(
          (_, i) => router.values[order[Math.floor(i / hidden)] * hidden + (i % hidden)],
        );
        return { ...router, values };
      },
    };
    const difference = largestDifference(
      await logitsOf(source, mixtral.classic),
      await logitsOf(shuffled, mixtral.classic),
    );
    expect(difference).toBeLessThan(1e-5);
  });

  test('reads each expert once for all windows and variants, and no expert that none of their tokens passes', async () => {
    const reads = new Map<string, number>();
    const counting: WeightSource = {
      has: (name) => source.has(name),
      read: async (name) => {
        reads.set(name, (reads.get(name) ?? 0) + 1);
        return source.read(name);
      },
    };
    const shape = decoderShape(mixtral.classic);
    const decoder = new Decoder({ source: counting, shape, threads: 1 });
    await decoder.evaluate(windows, [unchanged, { ...unchanged, kv: 'fp8', name: 'cache' }]);
    expect([...reads.values()].every((count) => count === 1)).toBe(true);
    expect([...reads.keys()].filter((name) => expert.test(name))).toHaveLength(3 * 6 * 3);
    reads.clear();
    await decoder.evaluate([[7]], []);
    expect([...reads.keys()].filter((name) => expert.test(name))).toHaveLength(3 * 2 * 3);
  });

  test('parts a variant from full precision at the first expert that differs', async () => {
    const shape = decoderShape(mixtral.classic);
    const damaging = (at: string): Variant => ({
      ...unchanged,
      name: at,
      block: (part) =>
        part.down?.name === at
          ? { ...part, down: { ...part.down, values: new Float32Array(part.down.values.length) } }
          : part,
    });
    const at = 'model.layers.1.block_sparse_moe.experts.4.w2.weight';
    const damaged: WeightSource = {
      has: (name) => source.has(name),
      read: async (name) => {
        const tensor = await source.read(name);
        return name === at ? { ...tensor, values: new Float32Array(tensor.values.length) } : tensor;
      },
    };
    const [full, variant] = await new Decoder({ source, shape, threads: 1 }).evaluate(windows, [damaging(at)]);
    const [expected] = await new Decoder({ source: damaged, shape, threads: 1 }).evaluate(windows, []);
    expect(variant.perplexity).toBe(expected.perplexity);
    expect(variant.perplexity).not.toBe(full.perplexity);
  });

  test('counts its experts in its progress', async () => {
    const seen: number[] = [];
    await new Decoder({
      source,
      shape: decoderShape(mixtral.classic),
      threads: 1,
      onProgress: ({ done, total }) => seen.push(done / total),
    }).evaluate(windows, [unchanged]);
    expect(seen[seen.length - 1]).toBe(1);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  });

  test.each([
    [
      'experts that lie in one tensor',
      'FORWARD_PASS_UNSUPPORTED',
      (name: string) => name.replace(/block_sparse_moe\.experts\.\d+\.w1\.weight/, 'mlp.experts.gate_up_proj'),
    ],
    [
      'an expert that is not there',
      'TENSOR_MISSING',
      (name: string) => name.replace('layers.2.block_sparse_moe.experts.5.', 'layers.2.block_sparse_moe.experts.6.'),
    ],
  ])('refuses %s before anything is computed', (_what, id, rename) => {
    const names = new Set(Object.keys(mixtral.tensors).map(rename));
    const other: WeightSource = { has: (name) => names.has(name), read: (name) => source.read(name) };
    expect(() => assertDecoderTensors(other, decoderShape(mixtral.classic))).toThrow(expect.objectContaining({ id }));
  });

  test('refuses to clip queries, keys and values', () => {
    const config = { ...mixtures['olmoe with norms over all heads'].classic, clip_qkv: 8 };
    expect(() => decoderShape(config)).toThrow(expect.objectContaining({ id: 'FORWARD_PASS_UNSUPPORTED' }));
  });
});
