import { readFileSync } from 'node:fs';
import path from 'node:path';
import { everywhere, UNQUANTIZED } from '../../../lib/simulate/forward/activations';
import { Encoder, type EncoderVariant } from '../../../lib/simulate/forward/encoder';
import { encoderShape, isSupportedEncoder } from '../../../lib/simulate/forward/encoder-shape';
import { FormulaWeights } from './formula';

/** Made by tools/quality/families.py with Transformers. */
const { tokens, encoder } = JSON.parse(readFileSync(path.join(__dirname, 'fixtures/families.json'), 'utf8')) as {
  tokens: number[];
  encoder: { config: Record<string, unknown>; tensors: Record<string, number[]>; embedding: number[] };
};

const exact: EncoderVariant = { name: 'full', activations: everywhere(UNQUANTIZED), block: (block) => block };
const source = new FormulaWeights(encoder.tensors, false);

describe('the forward pass of a BERT encoder', () => {
  test('gives the mean-pooled embedding that Transformers gives', async () => {
    const shape = encoderShape(encoder.config);
    const [[embedding]] = await new Encoder({ source, shape }).embed([tokens], [exact]);
    expect(embedding).toHaveLength(64);
    encoder.embedding.forEach((value, i) => expect(Math.abs(embedding[i] - value)).toBeLessThan(2e-6));
  });

  test('gives each text the same embedding alone and among others', async () => {
    const shape = encoderShape(encoder.config);
    const texts = [tokens, tokens.slice(0, 7), tokens.slice(3, 20)];
    const progress: number[] = [];
    const onProgress = ({ done, total }: { done: number; total: number }) => progress.push(done / total);
    const [together, quantized] = await new Encoder({ source, shape, onProgress }).embed(texts, [
      exact,
      { ...exact, activations: everywhere({ kind: 'token', type: 'int8' }) },
    ]);
    for (const [index, text] of texts.entries()) {
      const [[alone]] = await new Encoder({ source, shape }).embed([text], [exact]);
      expect(together[index]).toEqual(alone);
      expect(quantized[index]).not.toEqual(alone);
    }
    expect(progress.at(-1)).toBe(1);
  });

  test('knows what it can compute', () => {
    expect(isSupportedEncoder(encoder.config)).toBe(true);
    expect(isSupportedEncoder({ architectures: ['LlamaForCausalLM'] })).toBe(false);
    expect(isSupportedEncoder(null)).toBe(false);
    const unusual = { ...encoder.config, position_embedding_type: 'relative_key' };
    expect(() => encoderShape(unusual)).toThrow(expect.objectContaining({ id: 'FORWARD_PASS_UNSUPPORTED' }));
  });

  test('stops when asked to', async () => {
    const controller = new AbortController();
    const shape = encoderShape(encoder.config);
    const run = new Encoder({ source, shape, signal: controller.signal, onProgress: () => controller.abort() });
    await expect(run.embed([tokens, tokens], [exact])).rejects.toThrow('aborted');
  });
});
