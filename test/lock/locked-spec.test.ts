import { withLockedModel, type LockedModel, type LockFile } from '../../lib/lock';

const CONFIG = { model_type: 'llama', hidden_size: 64 };
const entry: LockedModel = { source: 'huggingface', id: 'org/model', config: CONFIG, weightBytes: 7, gated: true };

function lockOf(models: LockFile['models']): LockFile {
  return { version: 1, models };
}

const lock = lockOf({ 'huggingface:org/model': entry });

test('a model that is named alone gets what the lock file knows', () => {
  expect(withLockedModel({ id: 'chat', model: { id: 'org/model' } }, lock)).toEqual({
    id: 'chat',
    model: { id: 'org/model', config: CONFIG, weightBytes: 7, gated: true },
  });
});

test('what the spec says of its model stays', () => {
  expect(withLockedModel({ model: { id: 'org/model', weightBytes: 9 } }, lock)).toMatchObject({
    model: { weightBytes: 9, gated: true },
  });
  const own = { model: { id: 'org/model', config: { model_type: 'qwen2' } } };
  expect(withLockedModel(own, lock)).toBe(own);
});

test('the default branch comes before a commit, and a commit before nothing', () => {
  const other = { ...entry, config: { model_type: 'mistral' } };
  const both = lockOf({ 'huggingface:org/model@abc': other, 'huggingface:org/model': entry });
  expect(withLockedModel({ model: { id: 'org/model' } }, both)).toMatchObject({ model: { config: CONFIG } });
  const commit = lockOf({ 'huggingface:org/model@abc': other });
  expect(withLockedModel({ model: { id: 'org/model' } }, commit)).toMatchObject({ model: { config: other.config } });
});

test('an S3 prefix is found, a JumpStart model of the same name is not', () => {
  const models = lockOf({
    's3://bucket/m/': { source: 's3', id: 's3://bucket/m/', config: CONFIG },
    'jumpstart:org/model': { ...entry, source: 'jumpstart' },
  });
  expect(withLockedModel({ model: { id: 's3://bucket/m/' } }, models)).toEqual({
    model: { id: 's3://bucket/m/', config: CONFIG },
  });
  const spec = { model: { id: 'org/model' } };
  expect(withLockedModel(spec, models)).toBe(spec);
});

test.each([[null], ['text'], [[]], [{}], [{ model: null }], [{ model: 'org/model' }], [{ model: { id: 5 } }]])(
  '%j is left to the parser',
  (value) => {
    expect(withLockedModel(value, lock)).toBe(value);
  },
);
