import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeModel } from '../../lib/model';
import type { ModelDescription } from '../../lib/model';

interface Published {
  readonly bytes: number;
  readonly dtype: string;
  readonly extraBytes: number;
}

interface Reference {
  readonly id: string;
  readonly parameters: number;
  readonly numKvHeads: number;
  readonly kvBytesPerTokenBf16: number | null;
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly numAttentionHeads: number;
  readonly vocabSize: number;
  readonly headDim: number;
  readonly separateHead: boolean;
  readonly multimodal: boolean;
  readonly published: Published | null;
  readonly config: Record<string, unknown>;
}

function source<T>(file: string): T {
  return JSON.parse(readFileSync(join(__dirname, '../../data/sources', file), 'utf8')) as T;
}

const { models } = source<{ models: readonly Reference[] }>('models.json');
const cases = models.map((model) => [model.id, model] as const);

describe('published checkpoints', () => {
  it('are eighty-five', () => {
    expect(models).toHaveLength(85);
  });

  it.each(cases)('%s has exactly its number of parameters', (_, model) => {
    const description = describeModel(model.config);
    expect(description.known).toBe(true);
    expect(description.parameterCount).toBe(model.parameters);
  });

  it.each(cases)('%s has its sizes', (_, model) => {
    const description = describeModel(model.config);
    expect(description).toMatchObject({
      hiddenSize: model.hiddenSize,
      numLayers: model.numLayers,
      numAttentionHeads: model.numAttentionHeads,
      numKvHeads: model.numKvHeads,
      vocabSize: model.vocabSize,
      multimodal: model.multimodal,
      tieWordEmbeddings: !model.separateHead,
    });
    // With latent attention the reference calls the rotary part alone the head size.
    if (description.mla === undefined) expect(description.headDim).toBe(model.headDim);
  });

  it.each(cases.filter(([, model]) => model.kvBytesPerTokenBf16 !== null))(
    '%s has its KV bytes a token',
    (_, model) => {
      const description = describeModel(model.config);
      expect(description.kvBytesPerTokenBf16 + crossBytes(description)).toBe(model.kvBytesPerTokenBf16);
    },
  );

  it.each(cases.filter(([, model]) => model.published !== null))('%s has the size of its weight files', (_, model) => {
    const { bytes, dtype, extraBytes } = model.published as Published;
    const width = dtype === 'float32' ? 4 : 2;
    expect(describeModel(model.config).parameterCount * width + extraBytes).toBe(bytes);
  });

  it.each(cases)('%s has groups whose elements are their shapes times their counts', (_, model) => {
    const names = new Set<string>();
    for (const group of describeModel(model.config).weights) {
      const size = group.shape.reduce((product, dimension) => product * dimension, 1);
      expect(group.count).toBe(Math.max(1, group.layers.length) * group.experts);
      expect(group.elements).toBe(size * group.count);
      expect(group.name.includes('{layer}')).toBe(group.layers.length > 0);
      for (const layer of group.layers.length === 0 ? [-1] : group.layers) {
        const name = group.name.replace('{layer}', String(layer));
        expect(names.has(name)).toBe(false);
        names.add(name);
      }
    }
  });
});

/** The reference counts the layers of Llama 3.2 Vision that look at the image with the others; those of T5 not. */
function crossBytes(description: ModelDescription): number {
  if (description.kind === 'encoder-decoder') return 0;
  const cross = description.kv.filter((group) => group.kind === 'cross');
  return cross.reduce((sum, group) => sum + 2 * group.layers * group.elementsPerToken, 0);
}

describe('small models of every family', () => {
  const reference = source<{ models: readonly { config: Record<string, unknown>; parameters: number }[] }>(
    'model-parameters.json',
  );

  it.each(
    reference.models.map((model, index) => [`${model.config.architectures as string} (${index})`, model] as const),
  )('%s have exactly the parameters that the reference class has', (_, model) => {
    const description = describeModel(model.config);
    expect(description.known).toBe(true);
    expect(description.parameterCount).toBe(model.parameters);
  });
});
