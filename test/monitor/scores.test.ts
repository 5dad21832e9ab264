import { Script } from 'node:vm';
import fc from 'fast-check';
import {
  cosine,
  divergence,
  isValid,
  judgeLoss,
  judgeRequest,
  readVerdict,
  repetition,
  scoreAnswer,
  similarity,
  summarize,
  withoutFence,
  worstAnswers,
  type Answer,
} from '../../lib/monitor';

const answer = (text: string, positions: Answer['positions'] = []): Answer => ({ text, positions });

/** The likeliest tokens of a distribution over letters. */
function position(probabilities: readonly number[], top: number, taken?: string) {
  const all = probabilities.map((p, i) => ({ token: String.fromCharCode(97 + i), logprob: Math.log(p) }));
  const likeliest = [...all].sort((a, b) => b.logprob - a.logprob).slice(0, top);
  return { token: taken ?? likeliest[0].token, top: likeliest };
}

const distribution = fc
  .array(fc.double({ min: 0.001, max: 1, noNaN: true }), { minLength: 8, maxLength: 8 })
  .map((weights) => weights.map((weight) => weight / weights.reduce((sum, value) => sum + value, 0)));

describe('divergence of the next token', () => {
  test('is 0 between a model and itself', () => {
    const same = answer('a', [position([0.5, 0.3, 0.2], 2)]);
    expect(divergence(same, same)).toEqual({
      meanKl: 0,
      maxKl: 0,
      meanTotalVariation: 0,
      top1Agreement: 1,
      positions: 1,
    });
  });

  test('of all tokens is the textbook value, and of the likeliest never more', () => {
    fc.assert(
      fc.property(distribution, distribution, fc.integer({ min: 1, max: 7 }), (p, q, top) => {
        const kl = p.reduce((sum, value, i) => sum + value * Math.log(value / q[i]), 0);
        const variation = p.reduce((sum, value, i) => sum + Math.abs(value - q[i]), 0) / 2;
        const whole = divergence(answer('', [position(p, 8)]), answer('', [position(q, 8)]))!;
        expect(whole.meanKl).toBeCloseTo(kl, 6);
        expect(whole.meanTotalVariation).toBeCloseTo(variation, 6);
        const part = divergence(answer('', [position(p, top)]), answer('', [position(q, top)]))!;
        expect(part.meanKl).toBeLessThanOrEqual(kl + 1e-9);
        expect(part.meanKl).toBeGreaterThanOrEqual(0);
        expect(part.meanTotalVariation).toBeLessThanOrEqual(variation + 1e-9);
      }),
      { seed: 3, numRuns: 300 },
    );
  });

  test('counts up to the place where the answers part, that one included', () => {
    const same = position([0.9, 0.1], 2);
    const reference = answer('', [same, position([0.6, 0.4], 2), position([0.99, 0.01], 2)]);
    const other = answer('', [same, position([0.4, 0.6], 2), position([0.01, 0.99], 2)]);
    expect(divergence(reference, other)).toMatchObject({ positions: 2, top1Agreement: 0.5 });
    expect(divergence(reference, other)!.meanTotalVariation).toBeCloseTo(0.1, 12);
  });

  test('is unknown where one of the servers tells nothing', () => {
    expect(divergence(answer('a'), answer('a', [position([1], 1)]))).toBeUndefined();
  });

  test('stays finite where a token is impossible in one model', () => {
    const certain = { token: 'a', top: [{ token: 'a', logprob: 0 }] };
    const other = { token: 'b', top: [{ token: 'b', logprob: 0 }] };
    const apart = divergence(answer('a', [certain]), answer('b', [other]))!;
    expect(apart).toMatchObject({ meanTotalVariation: 0, top1Agreement: 0 });
    expect(Number.isFinite(apart.meanKl)).toBe(true);
  });
});

describe('texts', () => {
  test('likeness is 1 for the same words, whatever the case and punctuation, and 0 for none in common', () => {
    expect(similarity('The cat sat.', 'the CAT, sat')).toBe(1);
    expect(similarity('one two three', 'four five')).toBe(0);
    expect(similarity('', '…')).toBe(1);
    expect(similarity('a b c d', 'a x c')).toBeCloseTo(4 / 7, 12);
    expect(similarity('über Straße', 'ÜBER straße')).toBe(1);
  });

  test('repetition is the share of runs of four words that were there before', () => {
    expect(repetition('a b c d e f g')).toBe(0);
    expect(repetition('too short')).toBe(0);
    expect(repetition(Array(101).fill('la').join(' '))).toBeCloseTo(1 - 1 / 98, 12);
  });

  test('JSON must parse, in a fence or without', () => {
    expect(isValid('{"a": 1}', 'json')).toBe(true);
    expect(isValid('Here you are:\n```json\n{"a": [1, 2]}\n```\nDone.', 'json')).toBe(true);
    expect(isValid('{"a": 1', 'json')).toBe(false);
    expect(isValid('', 'json')).toBe(false);
  });

  test('JavaScript is parsed where the host can; other code must close what it opens', () => {
    const parses = (source: string) => {
      try {
        return new Script(source) !== undefined;
      } catch {
        return false;
      }
    };
    expect(isValid('const a = (1 + 2);', 'javascript', parses)).toBe(true);
    expect(isValid('const = (1 + 2);', 'javascript', parses)).toBe(false);
    expect(isValid("print('a)')  # don't", 'code')).toBe(true);
    expect(isValid('f(a, [1, 2)', 'code')).toBe(false);
    expect(isValid('f(a', 'code')).toBe(false);
    expect(isValid('`open', 'code')).toBe(false);
  });

  test('a fence that the answer ends in holds all that follows', () => {
    expect(withoutFence('```python\nx = 1')).toBe('x = 1');
  });

  test('cosine of embeddings', () => {
    expect(cosine([1, 0], [1, 0])).toBe(1);
    expect(cosine([1, 0], [0, 2])).toBe(0);
    expect(cosine([1, 1], [-1, -1])).toBeCloseTo(-1, 12);
    expect(cosine([0, 0], [1, 1])).toBe(0);
  });
});

describe('a judge', () => {
  const question = [{ role: 'user', content: 'Why?' }];

  test('is asked in either order and understood in both', () => {
    expect(judgeRequest(question, 'REF', 'ANS', false)).toMatch(/<answer_1>\nREF[\s\S]*<answer_2>\nANS/);
    expect(judgeRequest(question, 'REF', 'ANS', true)).toMatch(/<answer_1>\nANS[\s\S]*<answer_2>\nREF/);
    expect(readVerdict('1', false)).toBe('reference');
    expect(readVerdict('Answer 2.', false)).toBe('answer');
    expect(readVerdict('1', true)).toBe('answer');
    expect(readVerdict('TIE', true)).toBe('tie');
    expect(readVerdict('I cannot say', true)).toBe('tie');
  });

  test('that always takes the first answer says nothing', () => {
    expect(judgeLoss([readVerdict('1', false), readVerdict('1', true)])).toBe(0.5);
    expect(judgeLoss(['reference', 'reference'])).toBe(1);
    expect(judgeLoss(['answer', 'tie'])).toBe(0.25);
  });
});

describe('a scored answer', () => {
  const prompt = { id: 'p', category: 'json', expects: 'json', isText: false } as const;

  test('loses nothing against itself', () => {
    const same = { ...answer('{"a": 1}'), completionTokens: 5, promptNll: 2 };
    const scored = scoreAnswer(prompt, same, same);
    expect(Object.values(scored.losses).every((loss) => loss === 0)).toBe(true);
    expect(scored).toMatchObject({ exactMatch: true, normalizedMatch: true, valid: true, perplexity: Math.exp(2) });
  });

  test('that is no JSON counts only where the reference is', () => {
    expect(scoreAnswer(prompt, answer('{}'), answer('{')).losses.invalid).toBe(1);
    expect(scoreAnswer(prompt, answer('{'), answer('{')).losses.invalid).toBe(0);
    expect(scoreAnswer({ ...prompt, expects: undefined }, answer('{}'), answer('{')).losses.invalid).toBeUndefined();
  });

  test('every loss lies between 0 and 1', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.nat(20), fc.nat(20), (left, right, before, now) => {
        const { losses } = scoreAnswer(
          prompt,
          { ...answer(left), promptNll: before },
          { ...answer(right), promptNll: now },
        );
        for (const loss of Object.values(losses)) {
          expect(loss).toBeGreaterThanOrEqual(0);
          expect(loss).toBeLessThanOrEqual(1);
        }
      }),
      { seed: 5 },
    );
  });

  test('a text is scored by its perplexity alone', () => {
    const text = { id: 't', category: 'text', isText: true };
    const scored = scoreAnswer(text, { ...answer('x'), promptNll: 2 }, { ...answer('y z'), promptNll: 2.5 });
    expect(scored.losses).toEqual({ perplexity: 0.5 });
    expect(scored.perplexity! / scored.referencePerplexity!).toBeCloseTo(Math.exp(0.5), 12);
  });

  test('summaries keep the categories apart, and the worst answers come first', () => {
    const scored = [
      scoreAnswer({ ...prompt, id: 'a' }, answer('{}'), answer('{}')),
      scoreAnswer({ ...prompt, id: 'b' }, answer('{}'), answer('{')),
      scoreAnswer({ id: 'c', category: 'chat', isText: false }, answer('one two'), answer('one')),
    ];
    const [all, chat, json] = summarize(scored);
    expect(all).toMatchObject({ category: 'all', prompts: 3, valid: 0.5 });
    expect(chat).toMatchObject({ category: 'chat', prompts: 1, valid: null, meanKl: null, perplexity: null });
    expect(json).toMatchObject({ category: 'json', prompts: 2, valid: 0.5, losses: { invalid: 0.5 } });
    expect(worstAnswers(scored, 5).map(({ id }) => id)).toEqual(['b', 'c']);
  });
});
