import { contextCells, slotContext } from '../../lib/endpoint/slots';

describe('the context of one request of llama-server', () => {
  test.each([
    ['is divided by the slots', 8192, { slots: 4 }, 2048],
    ['is padded after the division', 2048, { slots: 3 }, 768],
    ['is padded to 256 tokens at least', 100, { slots: 4 }, 256],
    ['is whole where the slots share one cache', 8192, { slots: 4, unifiedKvCache: true }, 8192],
    ['is whole with one slot', 8192, { slots: 1 }, 8192],
  ])('%s', (_name, context, options, tokens) => expect(slotContext(context, options)).toBe(tokens));

  test('padding makes the cache larger than what was asked for', () => {
    expect(contextCells(2048, { slots: 3 })).toBe(2304);
    expect(contextCells(2048, { slots: 3, unifiedKvCache: true })).toBe(2048);
  });
});
