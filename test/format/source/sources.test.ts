import { symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { FormatError } from '../../../lib/errors';
import { FileSource, S3Source, closeS3 } from '../../../lib/format/node';
import { BlobSource } from '../../../lib/format/source/blob-source';
import type { ByteSource } from '../../../lib/format/source/byte-source';
import { MemorySource } from '../../../lib/format/source/memory-source';
import { S3Server } from '../s3-server';
import { useTemporaryFolder } from '../temporary-folder';

const bytes = Uint8Array.from({ length: 1000 }, (_, index) => index & 0xff);
const temporary = useTemporaryFolder();

const server = new S3Server();
beforeAll(async () => {
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_S3: await server.start(),
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_MAX_ATTEMPTS: '1',
  });
});
afterAll(async () => {
  await closeS3();
  await server.stop();
});
beforeEach(() => {
  server.objects.clear();
  server.seen.length = 0;
  server.bytesSent = 0;
  server.ignoreRanges = false;
  server.failWith = undefined;
  server.put('bucket/models/a b+c.bin', bytes);
});

const kinds: Record<string, () => Promise<ByteSource>> = {
  memory: async () => new MemorySource(bytes),
  blob: async () => new BlobSource(new Blob([bytes]), 'blob.bin'),
  file: async () => {
    const file = path.join(temporary(), 'file.bin');
    writeFileSync(file, bytes);
    return FileSource.open(file);
  },
  S3: () => S3Source.open('s3://bucket/models/a b+c.bin'),
};

describe.each(Object.entries(kinds))('bytes from %s', (_kind, open) => {
  test('are those of the range, anywhere in the file', async () => {
    const source = await open();
    expect(source.size).toBe(1000);
    for (const [offset, length] of [
      [0, 1000],
      [0, 1],
      [999, 1],
      [123, 456],
      [1000, 0],
      [0, 0],
    ]) {
      expect(Buffer.from(await source.read(offset, length)).equals(bytes.subarray(offset, offset + length))).toBe(true);
    }
    await source.close();
  });

  test.each([
    [0, 1001],
    [1000, 1],
    [1001, 0],
    [-1, 1],
    [0, -1],
    [0.5, 1],
    [0, Number.NaN],
    [2 ** 53, 1],
    [1, 2 ** 53],
  ])('are refused outside the file: %d, %d', async (offset, length) => {
    const source = await open();
    await expect(source.read(offset, length)).rejects.toMatchObject({ name: 'FormatError', id: 'SOURCE_OUT_OF_RANGE' });
    await source.close();
  });
});

describe('a file', () => {
  test('is read synchronously into memory that threads share', () => {
    const file = path.join(temporary(), 'file.bin');
    writeFileSync(file, bytes);
    const source = FileSource.open(file);
    const target = new Uint8Array(new SharedArrayBuffer(100), 10, 50);
    source.readSync(300, target);
    expect([...target]).toEqual([...bytes.subarray(300, 350)]);
    expect(() => source.readSync(990, target)).toThrow(expect.objectContaining({ id: 'SOURCE_OUT_OF_RANGE' }));
    source.closeSync();
    source.closeSync();
  });

  test('that shrinks while it is read is an error, not zeros', async () => {
    const file = path.join(temporary(), 'file.bin');
    writeFileSync(file, bytes);
    const source = FileSource.open(file);
    truncateSync(file, 500);
    await expect(source.read(0, 1000)).rejects.toMatchObject({ id: 'SOURCE_TRUNCATED', got: '500 bytes at 0' });
    expect(() => source.readSync(600, new Uint8Array(10))).toThrow(expect.objectContaining({ id: 'SOURCE_TRUNCATED' }));
    await source.close();
  });

  test.each(['missing.bin', '.', 'dangling'])('that is none is an error: %s', (name) => {
    symlinkSync('nowhere', path.join(temporary(), 'dangling'));
    expect(() => FileSource.open(path.join(temporary(), name))).toThrow(
      expect.objectContaining({ name: 'FormatError', id: 'SOURCE_UNREADABLE' }),
    );
  });
});

describe('an object in S3', () => {
  test('is asked for the range and nothing more', async () => {
    const source = await S3Source.open('s3://bucket/models/a b+c.bin');
    await source.read(100, 50);
    expect(server.seen.map(({ method, range }) => [method, range])).toEqual([
      ['HEAD', undefined],
      ['GET', 'bytes=100-149'],
    ]);
    expect(server.bytesSent).toBe(50);
  });

  test('that is replaced while it is read is an error', async () => {
    const source = await S3Source.open('s3://bucket/models/a b+c.bin');
    server.put(
      'bucket/models/a b+c.bin',
      bytes.map((byte) => byte ^ 1),
    );
    await expect(source.read(0, 10)).rejects.toMatchObject({ id: 'SOURCE_CHANGED' });
  });

  test('from a server that knows no ranges is not read whole', async () => {
    const source = await S3Source.open('s3://bucket/models/a b+c.bin');
    server.ignoreRanges = true;
    await expect(source.read(0, 10)).rejects.toMatchObject({ id: 'S3_RANGE', got: '1000 bytes' });
  });

  test.each([
    ['S3_NOT_FOUND', 404, 'NoSuchKey'],
    ['S3_NOT_FOUND', 404, 'NoSuchBucket'],
    ['S3_DENIED', 403, 'AccessDenied'],
    ['S3_UNREADABLE', 500, 'InternalError'],
  ])('that cannot be read is %s', async (id, status, code) => {
    const source = await S3Source.open('s3://bucket/models/a b+c.bin');
    server.failWith = { status, code };
    const error: FormatError = await source.read(0, 1).then(
      () => {
        throw new Error('it was read');
      },
      (reason: FormatError) => reason,
    );
    expect(error).toBeInstanceOf(FormatError);
    expect(error).toMatchObject({ id, path: 's3://bucket/models/a b+c.bin', fix: expect.stringMatching(/\S/) });
    await expect(S3Source.open('s3://bucket/other')).rejects.toMatchObject({ id });
  });

  test.each(['s3://', 's3:///key', 's3://Bad_Bucket!/key', 's3://a/key'])(
    'must have an address: %s',
    async (address) => {
      await expect(S3Source.open(address)).rejects.toMatchObject({ id: 'S3_ADDRESS' });
    },
  );
});
