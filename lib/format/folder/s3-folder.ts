import { FormatError } from '../../errors';
import { parseS3Address, s3Access, s3Error, type S3Location } from '../source/s3-client';
import { S3Source, type S3ObjectFacts } from '../source/s3-source';
import { MAX_FOLDER_FILES, sortedEntries, type CheckpointFolder, type FolderEntry } from './folder';
import { assertPlainName } from './plain-name';

/** A prefix in S3. One listing tells the size of every file, so that opening one costs no request. */
export class S3Folder implements CheckpointFolder {
  private facts?: Map<string, S3ObjectFacts>;

  private constructor(
    readonly name: string,
    private readonly location: S3Location,
  ) {}

  /** @param address `s3://bucket/prefix`, with or without a slash at its end */
  static open(address: string): S3Folder {
    const { bucket, key } = parseS3Address(address);
    const prefix = key === '' || key.endsWith('/') ? key : `${key}/`;
    return new S3Folder(`s3://${bucket}/${prefix}`, { bucket, key: prefix });
  }

  async list(): Promise<readonly FolderEntry[]> {
    const facts = await this.listFacts();
    return sortedEntries([...facts].map(([name, { size }]) => ({ name, size })));
  }

  async open(name: string): Promise<S3Source> {
    assertPlainName(this.name, name);
    return S3Source.open(`${this.name}${name}`, this.facts?.get(name));
  }

  private async listFacts(): Promise<ReadonlyMap<string, S3ObjectFacts>> {
    if (this.facts !== undefined) return this.facts;
    const { sdk, client } = await s3Access();
    const { bucket, key: prefix } = this.location;
    const facts = new Map<string, S3ObjectFacts>();
    try {
      let token: string | undefined;
      do {
        const page = await client.send(
          new sdk.ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, Delimiter: '/', ContinuationToken: token }),
        );
        for (const { Key, Size, ETag } of page.Contents ?? []) {
          const name = Key?.slice(prefix.length);
          if (name !== undefined && name !== '') facts.set(name, { size: Size ?? 0, etag: ETag });
        }
        token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
        if (facts.size > MAX_FOLDER_FILES) throw tooMany(this.name, facts.size);
      } while (token !== undefined);
    } catch (cause) {
      throw s3Error(this.name, cause);
    }
    this.facts = facts;
    return facts;
  }
}

function tooMany(address: string, count: number): FormatError {
  return new FormatError('S3_TOO_MANY_OBJECTS', `${address} holds more objects than any checkpoint`, {
    path: address,
    got: `more than ${count} objects`,
    allowed: `at most ${MAX_FOLDER_FILES}`,
    fix: 'give the prefix of one checkpoint',
  });
}
