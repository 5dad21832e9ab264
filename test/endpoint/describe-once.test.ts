import { describeModelOnce } from '../../lib/endpoint/describe-once';
import { ModelConfigError } from '../../lib/errors';
import { describeModel } from '../../lib/model';
import { check } from '../../lib/rules';
import { LLAMA_8B } from '../../lib/rules/helpers/samples';

const withPart = (unused: unknown) => ({ ...LLAMA_8B, unused });

function cycle(): object {
  const part: Record<string, unknown> = {};
  part.self = part;
  return part;
}

function nested(depth: number): object {
  let value: object = {};
  for (let i = 0; i < depth; i++) value = { value };
  return value;
}

describe('a config that has no JSON text', () => {
  test.each<[string, unknown]>([
    ['a cycle', cycle()],
    ['a bigint', 7n],
    ['a hundred thousand levels', nested(100_000)],
    [
      'a getter that throws',
      Object.defineProperty({}, 'value', {
        enumerable: true,
        get: () => {
          throw new TypeError('mine');
        },
      }),
    ],
  ])('is understood in spite of %s where nothing reads', (_, unused) => {
    const config = withPart(unused);
    expect(describeModelOnce(config)).toEqual(describeModel(config));
    expect(describeModelOnce(config)).toBe(describeModelOnce(config));
    expect(check({ model: { config } }).findings.map(({ rule }) => rule)).toEqual([]);
  });

  test('is refused with the path into the spec where it is read', () => {
    const config = { ...LLAMA_8B, hidden_size: 4096n };
    expect(() => describeModelOnce(config)).toThrow(ModelConfigError);
    expect(check({ model: { config } }).findings).toMatchObject([
      { rule: 'MODEL_CONFIG_WRONG_TYPE', severity: 'error', path: '/model/config/hidden_size' },
    ]);
  });
});

describe('a config that was seen before', () => {
  test('gives the same description, as the same object and as a copy', () => {
    const config = { ...LLAMA_8B };
    const description = describeModelOnce(config);
    expect(describeModelOnce(config)).toBe(description);
    expect(describeModelOnce(JSON.parse(JSON.stringify(config)))).toBe(description);
    expect(describeModelOnce({ ...config, hidden_size: 8192 })).not.toBe(description);
  });

  test('is refused as often as it is given', () => {
    const config = { ...LLAMA_8B, hidden_size: -1 };
    for (let i = 0; i < 2; i++) expect(() => describeModelOnce(config)).toThrow(ModelConfigError);
  });
});
