import { FormatError } from '../../errors';
import type { ByteSource } from './byte-source';
import { assertRange, truncated } from './range';
import { parseS3Address, s3Access, s3Error, type S3Access, type S3Location } from './s3-client';

/** What a listing already knows of an object; saves one request each. */
export interface S3ObjectFacts {
  readonly size: number;
  readonly etag?: string;
}

/** An object in S3, read by ranges. Every answer must be the range that was asked for, of the object that was opened. */
export class S3Source implements ByteSource {
  readonly size: number;

  private constructor(
    readonly name: string,
    private readonly location: S3Location,
    private readonly access: S3Access,
    facts: S3ObjectFacts,
  ) {
    this.size = facts.size;
    this.etag = facts.etag;
  }

  /** What S3 calls the object's content as it was opened. */
  readonly etag?: string;

  /** @throws FormatError `S3_NOT_FOUND`, `S3_DENIED`, `S3_UNREADABLE`, `S3_SDK_MISSING`, `S3_ADDRESS` */
  static async open(address: string, facts?: S3ObjectFacts): Promise<S3Source> {
    const location = parseS3Address(address);
    const access = await s3Access();
    return new S3Source(address, location, access, facts ?? (await headOf(address, location, access)));
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    assertRange(this.name, this.size, offset, length);
    if (length === 0) return new Uint8Array(0);
    const { sdk, client } = this.access;
    try {
      const answer = await client.send(
        new sdk.GetObjectCommand({
          Bucket: this.location.bucket,
          Key: this.location.key,
          Range: `bytes=${offset}-${offset + length - 1}`,
          IfMatch: this.etag,
        }),
      );
      if (answer.ContentLength !== length) {
        // A server that knows no ranges sends everything: 140 GB of it must not be read.
        (answer.Body as { destroy?: () => void } | undefined)?.destroy?.();
        throw notTheRange(this.name, answer.ContentLength, length);
      }
      const bytes = (await answer.Body?.transformToByteArray()) ?? new Uint8Array(0);
      if (bytes.byteLength !== length) throw truncated(this.name, this.size, offset, bytes.byteLength, length);
      return bytes;
    } catch (cause) {
      throw s3Error(this.name, cause);
    }
  }

  async close(): Promise<void> {}
}

async function headOf(address: string, { bucket, key }: S3Location, { sdk, client }: S3Access): Promise<S3ObjectFacts> {
  try {
    const { ContentLength, ETag } = await client.send(new sdk.HeadObjectCommand({ Bucket: bucket, Key: key }));
    return { size: ContentLength ?? 0, etag: ETag };
  } catch (cause) {
    throw s3Error(address, cause);
  }
}

function notTheRange(address: string, got: number | undefined, wanted: number): FormatError {
  return new FormatError('S3_RANGE', `${address} did not answer with the range that was asked for`, {
    path: address,
    got: got === undefined ? 'an answer of unknown length' : `${got} bytes`,
    allowed: `${wanted} bytes`,
    fix: 'the endpoint must support ranged GetObject, as S3 does',
  });
}
