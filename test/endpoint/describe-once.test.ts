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

  test('gives another once it was changed', () => {
    const config: Record<string, unknown> = { ...LLAMA_8B, rope_scaling: { factor: 2 } };
    const description = describeModelOnce(config);
    config.hidden_size = 8192;
    const changed = { ...LLAMA_8B, rope_scaling: { factor: 2 }, hidden_size: 8192 };
    expect(describeModelOnce(changed)).not.toBe(description);
    expect(describeModelOnce(changed)).toEqual(describeModel(changed));
  });

  test.each([
    { rope_scaling: { factor: 4 } },
    { rope_scaling: [2] },
    { rope_scaling: null },
    { rope_scaling: { factor: 2, rope_type: 'yarn' } },
    { rope_scaling: { factor: 2 }, layer_types: [] },
  ])('is another with %j', (change) => {
    const config = { ...LLAMA_8B, rope_scaling: { factor: 2 } };
    const changed = { ...config, ...change };
    expect(describeModelOnce(changed)).not.toBe(describeModelOnce(config));
    expect(describeModelOnce(changed).config).toEqual(changed);
  });

  test('is found among as many of its kind as a batch may try', () => {
    const configs = Array.from({ length: 40 }, (_, at) => ({ ...LLAMA_8B, max_position_embeddings: 4096 + at }));
    const descriptions = configs.map(describeModelOnce);
    expect(descriptions.map((description) => description.maxPositionEmbeddings)).toEqual(
      configs.map((config) => config.max_position_embeddings),
    );
    expect(describeModelOnce({ ...configs[39] })).toBe(descriptions[39]);
    expect(describeModelOnce({ ...configs[0] })).toEqual(descriptions[0]);
  });

  test('is refused as often as it is given', () => {
    const config = { ...LLAMA_8B, hidden_size: -1 };
    for (let i = 0; i < 2; i++) expect(() => describeModelOnce(config)).toThrow(ModelConfigError);
  });
});
