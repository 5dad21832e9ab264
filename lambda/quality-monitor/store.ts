import { GetObjectCommand, NoSuchKey, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { s3Settings } from '../../lib/format/source/s3-settings';
import type { Store } from '../../lib/monitor/operate';

export const s3 = new S3Client(s3Settings());

/** A text in S3; undefined where there is none. */
export async function readText(bucket: string, key: string): Promise<{ text: string; tag?: string } | undefined> {
  try {
    const { Body, ETag } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return { text: await Body!.transformToString('utf-8'), tag: ETag };
  } catch (error) {
    if (error instanceof NoSuchKey || (error as Error).name === 'NoSuchKey') return undefined;
    throw error;
  }
}

const LOST = ['PreconditionFailed', 'ConditionalRequestConflict'];

/** The monitor's files, below one prefix; writes that must not undo another's are conditional. */
export class S3Store implements Store {
  constructor(
    private readonly bucket: string,
    private readonly prefix: string,
  ) {}

  read(key: string): Promise<{ text: string; tag?: string } | undefined> {
    return readText(this.bucket, this.prefix + key);
  }

  async write(key: string, text: string, contentType: string, ifTag?: string | null): Promise<boolean> {
    try {
      await s3.send(
        new PutObjectCommand({
          Bucket: this.bucket,
          Key: this.prefix + key,
          Body: text,
          ContentType: contentType,
          ...(ifTag === null ? { IfNoneMatch: '*' } : {}),
          ...(typeof ifTag === 'string' ? { IfMatch: ifTag } : {}),
        }),
      );
      return true;
    } catch (error) {
      if (LOST.includes((error as Error).name)) return false;
      throw error;
    }
  }
}
