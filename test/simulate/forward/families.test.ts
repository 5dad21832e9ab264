import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Decoder } from '../../../lib/simulate/forward/decoder';
import { decoderShape } from '../../../lib/simulate/forward/decoder-shape';
import { FormulaWeights } from './formula';

interface Family {
  /** config.json as published checkpoints have it, and as Transformers 5 writes it. */
  readonly classic: Readonly<Record<string, unknown>>;
  readonly modern: Readonly<Record<string, unknown>>;
  readonly tensors: Readonly<Record<string, readonly number[]>>;
  /** Logits of the last position, and the sum of each position's. */
  readonly last: readonly number[];
  readonly sums: readonly number[];
}

/** Made by tools/quality/families.py with Transformers. */
const { tokens, families } = JSON.parse(readFileSync(path.join(__dirname, 'fixtures/families.json'), 'utf8')) as {
  tokens: number[];
  families: Record<string, Family>;
};

describe.each(Object.entries(families))('the forward pass of %s', (_name, { classic, modern, tensors, last, sums }) => {
  test.each([
    ['published', classic],
    ['Transformers 5', modern],
  ])('gives the logits of Transformers for a config in the form of %s', async (_form, config) => {
    const shape = decoderShape(config);
    const source = new FormulaWeights(tensors, String(config.model_type).startsWith('gemma'));
    const logits = await new Decoder({ source, shape, threads: 1 }).logits(tokens);
    const row = (position: number) => logits.subarray(position * shape.vocabulary, (position + 1) * shape.vocabulary);
    const scale = Math.max(...last.map(Math.abs));
    const end = row(tokens.length - 1);
    last.forEach((value, i) => expect(Math.abs(end[i] - value) / scale).toBeLessThan(1e-4));
    sums.forEach((expected, position) => {
      const sum = row(position).reduce((total, value) => total + value, 0);
      expect(Math.abs(sum - expected) / scale).toBeLessThan(1e-2);
    });
  });
});
