import type { KvGroup } from '../../lib/plan/kv/groups';
import { sglangCapacity, type SglangPools } from '../../lib/plan/memory/sglang-pools';

const full: KvGroup = { kind: 'full', layers: 5, bytesPerToken: 4096, stateBytes: 0 };
const sliding: KvGroup = { kind: 'sliding', layers: 25, bytesPerToken: 8192, window: 1024, stateBytes: 0 };
const recurrent: KvGroup = { kind: 'recurrent', layers: 30, bytesPerToken: 0, stateBytes: 1_000_000 };
const GIB = 2 ** 30;
const capacity = (groups: readonly KvGroup[], pools: Partial<SglangPools> = {}) =>
  sglangCapacity(groups, 10 * GIB, 4096, { architecture: 'LlamaForCausalLM', prefixCaching: true, ...pools });

describe('the pools of SGLang', () => {
  test('hold every token in every layer', () => {
    const tokens = Math.floor((10 * GIB) / (5 * 4096));
    expect(capacity([full])).toEqual({ tokens, concurrency: tokens / 4096, largestContext: tokens });
    expect(capacity([full, sliding]).tokens).toBe(Math.floor((10 * GIB) / (5 * 4096 + 25 * 8192)));
  });

  // A log of gemma-4-26B: full_per_token_bytes=4096 swa_per_token_bytes=8192 cell_size_bytes=184320.
  test.each(['Gemma4ForConditionalGeneration', 'GptOssForCausalLM', 'Llama4ForConditionalGeneration'])(
    'hold four tokens in layers with a window for five in the others of %s',
    (architecture) => {
      expect(capacity([full, sliding], { architecture }).tokens).toBe(Math.floor((10 * GIB) / 184_320));
      expect(capacity([sliding], { architecture }).tokens).toBe(Math.floor((10 * GIB) / (25 * 8192)));
    },
  );

  test.each(['Gemma3ForCausalLM', 'NotGptOssForCausalLM', 'GptOssForCausalLMs'])(
    'do not do so of %s',
    (architecture) => {
      expect(capacity([full, sliding], { architecture })).toEqual(capacity([full, sliding]));
    },
  );

  test('keep nine bytes of states for ten of tokens', () => {
    const tokens = Math.floor((10 * GIB - (10 * GIB * 0.9) / 1.9) / (5 * 4096));
    expect(capacity([full, recurrent]).tokens).toBe(tokens);
    expect(capacity([full, recurrent], { sequences: 8 }).tokens).toBe(tokens);
    expect(capacity([full, recurrent], { prefixCaching: false }).tokens).toBe(tokens);
  });

  test('keep a state for each sequence where no prefixes are kept', () => {
    const of = (sequences: number) => capacity([full, recurrent], { prefixCaching: false, sequences }).tokens;
    expect(of(8)).toBe(Math.floor((10 * GIB - 8 * 30_000_000) / (5 * 4096)));
    expect(of(1000)).toBe(0);
  });

  test('hold a state for each sequence of a model that has no more', () => {
    const states = Math.floor((10 * GIB) / 30_000_000);
    expect(capacity([recurrent])).toEqual({ tokens: states, concurrency: states, largestContext: 2 ** 30 });
    expect(capacity([])).toEqual({ tokens: 0, concurrency: 0, largestContext: 0 });
    expect(sglangCapacity([recurrent], 1000, 4096, { architecture: '', prefixCaching: true }).largestContext).toBe(0);
  });

  test('hold nothing for an encoder’s tokens', () => {
    expect(capacity([full, { ...full, kind: 'cross' }])).toEqual(capacity([full]));
  });
});
