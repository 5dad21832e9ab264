import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { DEEPSEEK_V3, LLAMA_8B, MISTRAL_7B, QWEN35_27B, type Json } from '../../lib/rules/helpers/samples';
import { stateBlocks } from '../../lib/rules/helpers/state-blocks';
import { readSpec } from '../../lib/spec';
import { alone } from './own-findings';

const GIB = 2 ** 30;

function blocks(config: Json, options: object = {}) {
  const { spec } = readSpec({ model: { config }, container: { family: 'vllm' }, options });
  if (spec === undefined) throw new Error('no spec');
  return stateBlocks(resolveEndpoint(spec));
}

describe('the cache blocks of a hybrid model', () => {
  test('hold one layer’s state: 3,207,168 bytes in pages of 4 KiB a token', () => {
    expect(blocks(QWEN35_27B)).toEqual({ blockTokens: 784, blockBytes: 784 * 4096 * 16 });
  });
  test('are as many as an engine counted in 3.86 GiB over two GPUs', () => {
    const { blockBytes } = blocks(QWEN35_27B, { tensorParallelSize: 2 }) ?? { blockBytes: 0 };
    expect(Math.floor((3.86 * GIB) / blockBytes)).toBe(161);
  });
  test('hold twice the tokens where the cache is FP8, and more where KV heads are copied', () => {
    expect(blocks(QWEN35_27B, { kvCacheDtype: 'fp8' })?.blockTokens).toBe(1568);
    expect(blocks(QWEN35_27B, { kvCacheDtype: 'fp8_e5m2' })?.blockTokens).toBe(1568);
    expect(blocks(QWEN35_27B, { tensorParallelSize: 8 })?.blockTokens).toBe(400);
  });
  test('pad fewer layers to more where they are nearly as many', () => {
    const layers = (attention: number) => ({
      ...QWEN35_27B,
      text_config: {
        ...(QWEN35_27B.text_config as Json),
        layer_types: Array.from({ length: 64 }, (_, n) => (n < attention ? 'full_attention' : 'linear_attention')),
      },
    });
    expect(blocks(layers(30))?.blockBytes).toBe(784 * 4096 * 34);
    expect(blocks(layers(28))?.blockBytes).toBe(784 * 4096 * 28);
  });
  test.each([
    ['no recurrent layer', LLAMA_8B],
    ['a sliding window alone', MISTRAL_7B],
    ['latent attention', DEEPSEEK_V3],
  ])('are not of a model with %s', (_, config) => {
    expect(blocks(config)).toBeUndefined();
  });
});

test('the cache blocks of no model are none', () => {
  expect(stateBlocks(resolveEndpoint({ model: { id: 'a/b' }, container: { family: 'vllm' } }))).toBeUndefined();
});

describe('STATE_BLOCKS_BELOW_SEQUENCES', () => {
  const rule = 'STATE_BLOCKS_BELOW_SEQUENCES';
  const endpoint = (maxNumSeqs: number, parts: object = {}) => ({
    ...{ model: { config: QWEN35_27B }, container: { family: 'vllm', version: '0.28.0' } },
    ...{ instanceType: 'ml.p5.4xlarge', options: { maxModelLen: 4096, maxNumSeqs, ...parts } },
  });
  const block = 784 * 4096 * 16;
  const withBlocks = (count: number) => ({ memory: { kvCache: count * block } });

  test.each([
    [100, 90, 0],
    [100, 89, 1],
    [2, 1, 1],
    [2, 0.5, 0],
  ])('%i sequences in %d blocks: %i', (sequences, count, expected) => {
    expect(alone(rule, endpoint(sequences), withBlocks(count))).toHaveLength(expected);
  });
  test('proposes a power of two that fits', () => {
    expect(alone(rule, endpoint(256), withBlocks(100))).toMatchObject([
      { allowed: 'maxNumSeqs up to about 100', fix: 'set maxNumSeqs to 64', path: '/options/maxNumSeqs' },
    ]);
  });
  test('is no matter where graphs are captured in pieces: tokens are guessed, and FlashInfer reads the cache', () => {
    const found = (instanceType: string, kvCacheDtype: string, method?: string) =>
      alone(
        rule,
        {
          ...endpoint(256, { kvCacheDtype }),
          instanceType,
          ...(method === undefined ? {} : { speculative: { method, tokens: 3 } }),
        },
        withBlocks(100),
      ).length;
    expect(found('ml.g6e.xlarge', 'fp8', 'mtp')).toBe(0);
    expect(found('ml.g6e.xlarge', 'fp8')).toBe(1);
    expect(found('ml.g6e.xlarge', 'auto', 'mtp')).toBe(1);
    expect(found('ml.p5.4xlarge', 'fp8', 'mtp')).toBe(1);
  });
  test('names the size of a block', () => {
    expect(alone(rule, endpoint(256), withBlocks(100))[0].got).toBe(
      'maxNumSeqs 256 for about 100 blocks of 49 MiB in 4.8 GiB',
    );
  });
  test('is not sure without a plan', () => {
    expect(alone(rule, endpoint(256), { memory: { kvCache: null } })).toEqual([]);
    expect(alone(rule, endpoint(256, { enforceEager: true }), withBlocks(100))).toEqual([]);
  });
});
