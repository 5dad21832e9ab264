import {
  checkIndex,
  parseSafetensors,
  parseSafetensorsIndex,
  type SafetensorsHeader,
} from '../../../lib/format/safetensors';
import { entry, safetensorsFile } from '../safetensors-file';

const parse = (text: string) => parseSafetensorsIndex(new TextEncoder().encode(text), 'model.safetensors.index.json');
const map = (weights: Record<string, string>) => JSON.stringify({ metadata: { total_size: 8 }, weight_map: weights });

describe('an index of a sharded checkpoint', () => {
  test('says which file holds which tensor', () => {
    const index = parse(map({ a: 'x.safetensors', b: 'y.safetensors', c: 'x.safetensors' }));
    expect([...index.weightMap]).toEqual([
      ['a', 'x.safetensors'],
      ['b', 'y.safetensors'],
      ['c', 'x.safetensors'],
    ]);
    expect(index.shards).toEqual(['x.safetensors', 'y.safetensors']);
    expect(index.totalSize).toBe(8);
  });

  test('may have no metadata, a total that is a float, and keys that are not known', () => {
    expect(parse('{"weight_map":{"a":"x.safetensors"}}').totalSize).toBeUndefined();
    expect(
      parse('{"metadata":{"total_size":1.4e11,"x":[]},"weight_map":{"a":"x.safetensors"},"y":{"z":null}}').totalSize,
    ).toBe(1.4e11);
    expect(parse('{"metadata":null,"weight_map":{"__proto__":"x.safetensors"}}').weightMap.get('__proto__')).toBe(
      'x.safetensors',
    );
  });

  test.each([
    '../x.safetensors',
    '../../../../etc/passwd.safetensors',
    '/etc/x.safetensors',
    'a/../../x.safetensors',
    'sub/x.safetensors',
    '..\\x.safetensors',
    'C:\\x.safetensors',
    'C:x.safetensors',
    'x.safetensors:stream.safetensors',
    's3://bucket/x.safetensors',
    'https://host/x.safetensors',
    '..',
    '.',
    '',
    '.hidden.safetensors',
    'x.bin',
    'x.safetensors\u0000.safetensors',
    'x\n.safetensors',
    `${'x'.repeat(300)}.safetensors`,
  ])('must not name %j', (name) => {
    expect(() => parse(map({ a: name }))).toThrow(
      expect.objectContaining({ name: 'FormatError', id: 'INDEX_SHARD_NAME', tensor: 'a' }),
    );
  });

  test.each([
    ['INDEX_JSON', ''],
    ['INDEX_JSON', '{"weight_map":'],
    ['INDEX_JSON', '{"weight_map":{"a":"x.safetensors",}}'],
    ['INDEX_FORM', '[]'],
    ['INDEX_FORM', '{}'],
    ['INDEX_FORM', '{"weight_map":{}}'],
    ['INDEX_FORM', '{"weight_map":["x.safetensors"]}'],
    ['INDEX_FORM', '{"weight_map":{"a":1}}'],
    ['INDEX_FORM', '{"weight_map":{"a":["x.safetensors"]}}'],
    ['INDEX_DUPLICATE_KEY', '{"weight_map":{"a":"x.safetensors","a":"y.safetensors"}}'],
    ['INDEX_DUPLICATE_KEY', '{"weight_map":{"a":"x.safetensors"},"weight_map":{"a":"y.safetensors"}}'],
  ])('%s: %s', (id, text) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ name: 'FormatError', id }));
  });
});

describe('an index held against its files', () => {
  const shard = (file: string, ...names: string[]): [string, SafetensorsHeader] => [
    file,
    parseSafetensors(
      safetensorsFile(`{${names.map((name, at) => entry(name, 'U8', [1], at, at + 1)).join(',')}}`, names.length),
      file,
    ),
  ];
  const check = (weights: Record<string, string>, ...shards: [string, SafetensorsHeader][]) =>
    checkIndex(parse(map(weights)), new Map(shards));

  test('agrees when every tensor stands where it says', () => {
    expect(() =>
      check({ a: 'x.safetensors', b: 'y.safetensors' }, shard('x.safetensors', 'a'), shard('y.safetensors', 'b')),
    ).not.toThrow();
  });

  test.each([
    ['INDEX_SHARD_MISSING', { a: 'x.safetensors', b: 'y.safetensors' }, [shard('x.safetensors', 'a')]],
    ['INDEX_MISSING_TENSOR', { a: 'x.safetensors', b: 'x.safetensors' }, [shard('x.safetensors', 'a')]],
    [
      'INDEX_WRONG_SHARD',
      { a: 'x.safetensors', b: 'x.safetensors', c: 'y.safetensors' },
      [shard('x.safetensors', 'a'), shard('y.safetensors', 'b', 'c')],
    ],
    [
      'INDEX_WRONG_SHARD',
      { a: 'x.safetensors', b: 'y.safetensors' },
      [shard('x.safetensors', 'a', 'b'), shard('y.safetensors', 'b')],
    ],
    ['INDEX_EXTRA_TENSOR', { a: 'x.safetensors' }, [shard('x.safetensors', 'a', 'b')]],
  ])('%s', (id, weights, shards) => {
    expect(() => check(weights as unknown as Record<string, string>, ...shards)).toThrow(
      expect.objectContaining({ id }),
    );
  });
});
