import fc from 'fast-check';
import { faultsOf, longestLoop } from '../../lib/smoke-test';

const PROMPT = { text: 'Tell me something.' };
const idsOf = (text: string, finish: string | undefined = 'stop', contains?: string) =>
  faultsOf({ text, finish }, { ...PROMPT, contains }).map(({ id }) => id);

describe('a sound answer', () => {
  test.each([
    ['a word', 'Paris'],
    ['a sentence', 'The capital of France is Paris, which lies on the Seine and has two million inhabitants.'],
    ['a list', '1, 2, 3, 4, 5, 6, 7, 8, 9, 10'],
    [
      'Chinese, which writes no breaks',
      '法国的首都是巴黎，它位于塞纳河畔，是法国的政治、经济和文化中心，人口约二百一十万。'.repeat(1),
    ],
    [
      'German',
      'Die Donaudampfschifffahrtsgesellschaft beschäftigte Tausende von Menschen an den Ufern des Flusses und war bekannt.',
    ],
    [
      'code',
      'function add(a, b) {\n  return a + b;\n}\nconsole.log(add(1, 2));\n// prints 3, as everybody would expect of it',
    ],
    ['Arabic', 'عاصمة فرنسا هي باريس، وهي مدينة كبيرة تقع على نهر السين.'],
    ['an emoji', '😀 Hello! How can I help you today?'],
    ['a phrase said twice', 'Yes, of course. Yes, of course. I will see to it as soon as I can.'],
  ])('is %s', (_, text) => {
    expect(idsOf(text)).toEqual([]);
  });

  test.each(['stop', 'length', 'tool_calls', 'eos_token'])('may end with %s', (finish) => {
    expect(idsOf('Paris', finish)).toEqual([]);
  });

  test('holds what it should, in any letter case', () => {
    expect(idsOf('It is PARIS.', 'stop', 'paris')).toEqual([]);
  });
});

describe('an answer of a broken model', () => {
  test.each<[string, string, string]>([
    ['is empty', '', 'EMPTY'],
    ['is white space', '\n \n', 'EMPTY'],
    ['holds what no decoder could read', 'Par\uFFFD is \uFFFD\uFFFD nice', 'NOT_UTF8'],
    ['holds control characters', 'Paris \u0000\u0001', 'CONTROL_CHARACTERS'],
    ['is one character', '!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!', 'LOOP'],
    ['is one phrase', ' and the other,'.repeat(12), 'LOOP'],
    ['falls into a loop', `Paris is ${'the the '.repeat(20)}`, 'LOOP'],
    [
      'is fragments of words',
      'eltcherORoutseyed youngereyedammaLetORrectvesunfestedcilukeORvoicesndsthaHerevoicespossiblyomespiecesitivecheromesifleennyIN',
      'NO_WORDS',
    ],
  ])('%s', (_, text, id) => {
    expect(idsOf(text)).toEqual([id]);
  });

  test('does not say why it ends', () => {
    expect(faultsOf({ text: 'Paris' }, PROMPT).map(({ id }) => id)).toEqual(['NO_FINISH_REASON']);
  });

  test.each(['content_filter', 'abort', 'error'])('ends with %s', (finish) => {
    expect(idsOf('Paris', finish)).toEqual(['FINISH_REASON']);
  });

  test('has no token', () => {
    expect(faultsOf({ text: 'x', finish: 'stop', completionTokens: 0 }, PROMPT).map(({ id }) => id)).toEqual([
      'NO_TOKENS',
    ]);
  });

  test('does not hold what it should', () => {
    expect(idsOf('It is London.', 'stop', 'Paris')).toEqual(['NOT_CONTAINED']);
  });
});

describe('the longest loop', () => {
  test('is found with its unit and its share, whatever stands before and after', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'é', '😀'), minLength: 1, maxLength: 6 }),
        fc.integer({ min: 4, max: 30 }),
        (unit, times) => {
          const text = `<${unit.repeat(times)}>`;
          const loop = longestLoop(text);
          expect(loop.times * [...loop.unit].length).toBeGreaterThanOrEqual(
            [...unit].length * times - [...unit].length,
          );
          expect(loop.share).toBeCloseTo(([...unit].length * times) / [...text].length, 1);
        },
      ),
      { seed: 7, numRuns: 300 },
    );
  });

  test('is none in a text without repetition', () => {
    expect(longestLoop('abcdefghij').times).toBe(0);
  });

  test('takes the shortest unit that says the same', () => {
    expect(longestLoop('abababababab')).toEqual({ unit: 'ab', times: 6, share: 1 });
  });
});
