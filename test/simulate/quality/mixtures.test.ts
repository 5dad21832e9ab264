import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openCheckpoint, type Checkpoint } from '../../../lib/format';
import { locateCheckpoint } from '../../../lib/format/node';
import { parseScheme } from '../../../lib/scheme';
import { CheckpointWeights } from '../../../lib/simulate/checkpoint-weights';
import { Decoder } from '../../../lib/simulate/forward/decoder';
import { decoderShape } from '../../../lib/simulate/forward/decoder-shape';
import type { WeightSource } from '../../../lib/simulate/forward/weights';
import { createKernelEngine } from '../../../lib/simulate/kernels/create';
import { linearLayers, modelOf } from '../../../lib/simulate/layers/linear-layers';
import { evaluate } from '../../../lib/simulate/quality/evaluate';
import { measureSensitivity } from '../../../lib/simulate/quality/sensitivity';
import type { TextWindows } from '../../../lib/simulate/quality/windows';
import { decodeFloats } from '../../../lib/simulate/rows/encode';
import { runnerOf } from '../../../lib/simulate/rows/runners';
import { kernelFor } from '../../../lib/simulate/schemes/kernel-for';
import { recipeOf } from '../../../lib/simulate/schemes/recipe';
import { MADE_EXPERTS, writeCheckpoint, type MadeCheckpoint } from '../../convert/checkpoints';

const scratch = mkdtempSync(path.join(tmpdir(), 'qe-mixtures-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const [mixtral, qwen2, qwen3, stacked, olmoe] = MADE_EXPERTS;

/** Made by tools/generate/expert-probabilities.py with Transformers. */
const reference = JSON.parse(readFileSync(path.join(__dirname, '../../convert/expert-probabilities.json'), 'utf8')) as {
  readonly tokens: readonly number[];
  readonly models: Readonly<Record<string, { readonly ids: number[]; readonly probabilities: number[] }>>;
};

const folders = new Map<string, string>();

async function open(made: MadeCheckpoint): Promise<Checkpoint> {
  const folder = folders.get(made.name) ?? writeCheckpoint(scratch, made);
  folders.set(made.name, folder);
  return openCheckpoint(locateCheckpoint(folder).folder);
}

const windows = [24, 17].map((length, window) =>
  Array.from({ length }, (_, i) => (i * 7919 + window * 104729 + 5) % 256),
);
const text: TextWindows = { windows, window: 24, stride: 24 };

describe('a checkpoint whose feed-forward is a mixture of experts', () => {
  test.each([mixtral, qwen2, qwen3, olmoe])('$name predicts what Transformers predicts', async (made) => {
    const checkpoint = await open(made);
    const shape = decoderShape(checkpoint.config);
    const source = new CheckpointWeights(checkpoint, createKernelEngine());
    const { tokens, models } = reference;
    const logits = await new Decoder({ source, shape, threads: 1 }).logits(tokens);
    const last = Float64Array.from(logits.subarray((tokens.length - 1) * shape.vocabulary));
    const top = last.reduce((left, right) => Math.max(left, right), -Infinity);
    const sum = last.reduce((total, value) => total + Math.exp(value - top), 0);
    const { ids, probabilities } = models[made.name];
    expect(ids.length).toBeGreaterThan(20);
    ids.forEach((id, i) => expect(Math.exp(last[id] - top) / sum).toBeCloseTo(probabilities[i], 6));
  });

  test('is refused where all experts of a layer lie in one tensor', async () => {
    const run = evaluate(await open(stacked), { schemes: [parseScheme('int4-rtn')], text, threads: 1 });
    await expect(run).rejects.toMatchObject({
      id: 'FORWARD_PASS_UNSUPPORTED',
      message: expect.stringContaining('one tensor') as string,
    });
  });

  test.each([
    ['mixtral', 'int4-rtn', mixtral],
    ['mixtral', 'gguf:Q4_K_M', mixtral],
    ['qwen2', 'int8-weight-only', qwen2],
    ['qwen2', 'gguf:Q5_K_M', qwen2],
    ['qwen3', 'mxfp4', qwen3],
    ['olmoe', 'neuron-int8', olmoe],
  ])('%s in %s is evaluated with the very layers quantized that the scheme quantizes', async (_model, name, made) => {
    const checkpoint = await open(made);
    const shape = decoderShape(checkpoint.config);
    const engine = createKernelEngine();
    const source = new CheckpointWeights(checkpoint, engine);
    const recipe = recipeOf(parseScheme(name), checkpoint);
    const isLinear = linearLayers(checkpoint, modelOf(checkpoint));
    const quantized: WeightSource = {
      has: (tensor) => source.has(tensor),
      read: async (tensor) => {
        const stored = await source.read(tensor);
        const kernel = kernelFor(recipe, tensor);
        if (kernel === undefined || !isLinear(checkpoint.tensors.get(tensor)!)) return stored;
        const [rows, columns] = stored.shape;
        const runner = runnerOf(kernel);
        if (runner.refuses(kernel, columns) !== undefined) return stored;
        const { data, dtype } = runner.roundTrip(engine, kernel, {
          dtype: stored.dtype,
          rows,
          columns,
          data: stored.data,
        });
        return { ...stored, values: decodeFloats(engine, data, dtype) };
      },
    };
    const { full, schemes } = await evaluate(checkpoint, { schemes: [recipe.scheme], text, threads: 2 });
    const [expected] = await new Decoder({ source: quantized, shape, threads: 2 }).evaluate(windows, []);
    expect(schemes[0].perplexity).toBe(expected.perplexity);
    expect(schemes[0].meanKl).toBeGreaterThan(0);
    expect(full.perplexity).not.toBe(expected.perplexity);
  });

  test('has its experts among the parts whose sensitivity is measured', async () => {
    const checkpoint = await open(qwen2);
    const { units, whole } = await measureSensitivity(checkpoint, {
      scheme: parseScheme('int4-rtn', { groupSize: 32 }),
      text,
      threads: 2,
    });
    const layers = decoderShape(checkpoint.config).layers;
    expect(units).toHaveLength(3 * layers);
    const mlp = units.find(({ layer, points }) => layer === 1 && points[0] === 'mlp')!;
    // Six experts and the shared one, and the gate of that.
    expect(mlp.weights).toHaveLength(3 * 7 + 1);
    expect(mlp.meanKl).toBeGreaterThan(0);
    expect(whole.meanKl).toBeGreaterThan(mlp.meanKl);
  });
});
