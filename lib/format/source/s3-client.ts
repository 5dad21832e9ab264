import type * as S3Sdk from '@aws-sdk/client-s3';
import { FormatError } from '../../errors';
import { namedExports } from './named-exports';
import { s3Settings } from './s3-settings';

type Sdk = typeof S3Sdk;

/** The SDK and one client, made when the first `s3://` address is opened and not before: loading them takes longer than reading a header. */
export interface S3Access {
  readonly sdk: Sdk;
  readonly client: S3Sdk.S3Client;
}

let shared: Promise<S3Access> | undefined;

/**
 * Credentials, region and endpoint come from where the AWS SDK finds them: environment, profile, role.
 *
 * @throws FormatError `S3_SDK_MISSING` where the library is used without the SDK, which it does not bring
 */
export function s3Access(): Promise<S3Access> {
  shared ??= connect().catch((error: unknown) => {
    shared = undefined;
    throw error;
  });
  return shared;
}

/** Closes the connections that are kept open for further requests. The next `s3://` address opens new ones. */
export async function closeS3(): Promise<void> {
  const access = await shared?.catch(() => undefined);
  shared = undefined;
  access?.client.destroy();
}

async function connect(): Promise<S3Access> {
  let sdk: Sdk;
  try {
    sdk = namedExports(await import('@aws-sdk/client-s3'));
  } catch (cause) {
    throw new FormatError('S3_SDK_MISSING', 'the AWS SDK is needed to read from S3', {
      allowed: '@aws-sdk/client-s3, version 3',
      fix: 'npm install @aws-sdk/client-s3',
      cause,
    });
  }
  return { sdk, client: new sdk.S3Client(s3Settings()) };
}

export interface S3Location {
  readonly bucket: string;
  readonly key: string;
}

export function isS3Address(address: string): boolean {
  return /^s3:\/\//i.test(address);
}

/** @throws FormatError `S3_ADDRESS` */
export function parseS3Address(address: string): S3Location {
  // Bucket names: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html. Access point ARNs have colons and a slash.
  const match = /^s3:\/\/(arn:[^/]+\/[^/]+|[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/is.exec(address);
  if (match !== null) return { bucket: match[1], key: match[2] ?? '' };
  throw new FormatError('S3_ADDRESS', `${address} is no address in S3`, {
    path: address,
    got: address,
    allowed: 's3://bucket/prefix/ or s3://bucket/key',
    fix: 'check the name of the bucket',
  });
}

/** What the service or the network said, as an error with the fix. */
export function s3Error(address: string, cause: unknown): FormatError {
  if (cause instanceof FormatError) return cause;
  const { name, message, $metadata } = cause as Error & { $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode;
  const details = { path: address, got: status === undefined ? name : `${name} (HTTP ${status})`, cause };
  if (status === 404 || name === 'NoSuchKey' || name === 'NotFound' || name === 'NoSuchBucket') {
    return new FormatError('S3_NOT_FOUND', `${address} does not exist`, {
      ...details,
      allowed: 'an existing object or prefix',
      fix: 'check the bucket, the key and the account',
    });
  }
  if (status === 403 || name === 'CredentialsProviderError') {
    return new FormatError('S3_DENIED', `${address} may not be read: ${message}`, {
      ...details,
      allowed: 's3:GetObject on the object and s3:ListBucket on the bucket',
      fix: 'sign in (aws sso login, AWS_PROFILE), or ask for these permissions',
    });
  }
  if (status === 412) {
    return new FormatError('SOURCE_CHANGED', `${address} was replaced while it was read`, {
      ...details,
      allowed: 'an object that stays the same',
      fix: 'run the command again',
    });
  }
  return new FormatError('S3_UNREADABLE', `cannot read ${address}: ${message}`, {
    ...details,
    allowed: 'an answer from S3',
    fix: message.includes('Region') ? 'set AWS_REGION to the region of the bucket' : 'check the network and try again',
  });
}
