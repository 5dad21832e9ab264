import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { lockKey, parseLock } from '../../lib/lock';
import { readLockFile, writeLockFile } from '../../lib/lock/file';

const model = { source: 'huggingface', id: 'org/model', revision: 'abc', config: {}, weightBytes: 1, gated: false };
const lock = (entry: unknown) => JSON.stringify({ version: 1, models: { 'huggingface:org/model': entry } });

test.each([
  ['huggingface:org/model', lockKey('huggingface', 'org/model')],
  ['huggingface:org/model@v1', lockKey('huggingface', 'org/model', 'v1')],
  ['jumpstart:model@1.0.0', lockKey('jumpstart', 'model', '1.0.0')],
  ['s3://bucket/prefix/', lockKey('s3', 's3://bucket/prefix/')],
])('%s is a key', (key, made) => {
  expect(made).toBe(key);
});

test('a model comes back as it was written', () => {
  expect(parseLock(lock(model), 'lock.json').models['huggingface:org/model']).toMatchObject(model);
});

test('a file that does not exist is an empty one', () => {
  expect(readLockFile('/no/such/lock.json')).toEqual({ version: 1, models: {} });
});

test('models are written in the order of their keys', () => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'lock-')), 'lock.json');
  const entry = { source: 'huggingface' as const, id: 'm' };
  writeLockFile(file, { version: 1, models: { b: entry, a: entry } });
  expect(Object.keys((JSON.parse(readFileSync(file, 'utf8')) as { models: object }).models)).toEqual(['a', 'b']);
});

describe('fails, and says where', () => {
  test.each([
    ['no JSON', '{', 'lock.json'],
    ['a list', '[]', 'lock.json'],
    ['null', 'null', 'lock.json'],
    ['another version', '{"version":2,"models":{}}', 'lock.json#/version'],
    ['no models', '{"version":1}', 'lock.json#/models'],
    ['an entry that is none', lock(5), 'lock.json#/models/huggingface:org/model'],
    ['an unknown source', lock({ ...model, source: 'ftp' }), 'lock.json#/models/huggingface:org/model/source'],
    ['no id', lock({ ...model, id: '' }), 'lock.json#/models/huggingface:org/model/id'],
    ['a config that is none', lock({ ...model, config: [] }), 'lock.json#/models/huggingface:org/model/config'],
    [
      'weights of a fraction',
      lock({ ...model, weightBytes: 1.5 }),
      'lock.json#/models/huggingface:org/model/weightBytes',
    ],
    ['weights below 0', lock({ ...model, weightBytes: -1 }), 'lock.json#/models/huggingface:org/model/weightBytes'],
    ['gated in words', lock({ ...model, gated: 'no' }), 'lock.json#/models/huggingface:org/model/gated'],
    [
      'a revision that is a number',
      lock({ ...model, revision: 1 }),
      'lock.json#/models/huggingface:org/model/revision',
    ],
    ['an artifact without a key', lock({ ...model, artifact: {} }), 'lock.json#/models/huggingface:org/model/artifact'],
  ])('%s', (_, text, where) => {
    expect(() => parseLock(text, 'lock.json')).toThrow(
      expect.objectContaining({ id: 'LOCK_FILE_MALFORMED', path: where }),
    );
  });
});
