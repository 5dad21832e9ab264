import { parseJson } from '../../lib/text/json';

describe('JSON as Python writes it', () => {
  test.each<[string, unknown]>([
    ['{"time_step_limit": [0.0, Infinity]}', { time_step_limit: [0, Infinity] }],
    ['[-Infinity, NaN, 1]', [-Infinity, null, 1]],
    [
      '{"Infinity": "NaN", "a": "say \\"Infinity\\"", "b": Infinity}',
      { Infinity: 'NaN', a: 'say "Infinity"', b: Infinity },
    ],
    ['{"a": "Infinity"}', { a: 'Infinity' }],
  ])('%s is read', (text, value) => {
    expect(parseJson(text)).toEqual(value);
  });

  test.each(['{"a": Infinit}', '[Infinity', 'NaN NaN', 'InfinityNaN', '{a: 1}', ''])('%j is refused', (text) => {
    expect(() => parseJson(text)).toThrow(SyntaxError);
  });
});
