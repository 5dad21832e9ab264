import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { CfnEndpointConfig } from 'aws-cdk-lib/aws-sagemaker';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Finding } from '../../lib/rules/types';
import { known } from '../shared/known';
import type { Argue } from './wildcards';

/** Requests that wait in a queue of SageMaker's, and answers that lie in S3. */
export interface AsyncInferenceOptions {
  /** Bucket that takes the answers. */
  readonly bucket: IBucket;

  /**
   * Prefix below which answers lie.
   *
   * @default - `async/` and the endpoint's name, `/answers`
   */
  readonly outputPrefix?: string;

  /**
   * Prefix below which lies why a request failed.
   *
   * @default - `async/` and the endpoint's name, `/failures`
   */
  readonly failurePrefix?: string;

  /**
   * Bucket from which requests are read, that is `InputLocation`.
   *
   * @default - `bucket`
   */
  readonly inputBucket?: IBucket;

  /**
   * Prefix below which requests lie in `inputBucket`; nothing else of it can be read.
   *
   * @default - `async/` and the endpoint's name, `/requests`
   */
  readonly inputPrefix?: string;

  /**
   * Told of each answer.
   *
   * @default - nobody
   */
  readonly successTopic?: ITopic;

  /**
   * Told of each failure.
   *
   * @default - nobody
   */
  readonly errorTopic?: ITopic;

  /**
   * Requests that SageMaker hands to an instance at once, 1 to 1,000.
   *
   * @default - as many as the plan says an instance works on at once
   */
  readonly maxConcurrentInvocations?: number;

  /**
   * Key that encrypts the answers.
   *
   * @default - the endpoint's `encryptionKey`, else the bucket's own
   */
  readonly encryptionKey?: IKey;
}

/** Source: SageMaker API, `AsyncInferenceClientConfig`. */
const MOST_INVOCATIONS = 1_000;

/** Renders the options, and lets the role read requests, write answers and tell the topics. */
export function inferAsynchronously(
  options: AsyncInferenceOptions,
  context: {
    readonly endpointName: string;
    readonly endpointKey?: IKey;
    readonly maxConcurrency: number;
    readonly grantee: IGrantable;
    readonly argue: Argue;
  },
): CfnEndpointConfig.AsyncInferenceConfigProperty {
  const { bucket, successTopic, errorTopic, inputBucket = bucket } = options;
  const { grantee, argue, endpointName } = context;
  const prefix = (given: string | undefined, name: string): string =>
    (given ?? `async/${endpointName}/${name}`).replace(/\/+$/, '');
  const output = prefix(options.outputPrefix, 'answers');
  const failure = prefix(options.failurePrefix, 'failures');
  const input = prefix(options.inputPrefix, 'requests');
  for (const written of new Set([output, failure])) {
    const objects = bucket.arnForObjects(`${written}/*`);
    Grant.addToPrincipalOrResource({ grantee, actions: ['s3:PutObject'], resourceArns: [objects], resource: bucket });
    argue(objects, 'SageMaker names each answer by its request; nothing else in the bucket can be written.');
  }
  const requests = inputBucket.arnForObjects(`${input}/*`);
  Grant.addToPrincipalOrResource({
    grantee,
    actions: ['s3:GetObject'],
    resourceArns: [requests],
    resource: inputBucket,
  });
  argue(requests, 'Callers name their requests; nothing else in the bucket can be read.');
  const key = options.encryptionKey ?? context.endpointKey ?? bucket.encryptionKey;
  key?.grant(grantee, 'kms:Decrypt', 'kms:GenerateDataKey');
  if (inputBucket.encryptionKey !== key) inputBucket.encryptionKey?.grant(grantee, 'kms:Decrypt');
  for (const topic of [successTopic, errorTopic]) if (topic !== undefined) allowPublish(topic, grantee);
  const topics = {
    ...(successTopic === undefined ? {} : { successTopic: successTopic.topicArn }),
    ...(errorTopic === undefined ? {} : { errorTopic: errorTopic.topicArn }),
  };
  return {
    clientConfig: {
      maxConcurrentInvocationsPerInstance:
        options.maxConcurrentInvocations ?? Math.min(MOST_INVOCATIONS, Math.max(1, context.maxConcurrency)),
    },
    outputConfig: {
      s3OutputPath: bucket.s3UrlForObject(output),
      s3FailurePath: bucket.s3UrlForObject(failure),
      ...(key === undefined ? {} : { kmsKeyId: key.keyArn }),
      ...(Object.keys(topics).length === 0 ? {} : { notificationConfig: topics }),
    },
  };
}

/** `grantPublish` would add wildcards among the actions of the topic's key; publishing takes these two. */
function allowPublish(topic: ITopic, grantee: IGrantable): void {
  Grant.addToPrincipalOrResource({
    grantee,
    actions: ['sns:Publish'],
    resourceArns: [topic.topicArn],
    resource: topic,
  });
  topic.masterKey?.grant(grantee, 'kms:Decrypt', 'kms:GenerateDataKey');
}

export function asyncFindings(options: AsyncInferenceOptions | undefined): Finding[] {
  const invocations = known(options?.maxConcurrentInvocations);
  if (invocations === undefined) return [];
  if (Number.isInteger(invocations) && invocations >= 1 && invocations <= MOST_INVOCATIONS) return [];
  return [
    {
      rule: 'ASYNC_INVOCATIONS_OUT_OF_RANGE',
      severity: 'error',
      message: 'maxConcurrentInvocations is the number of requests that an instance is handed at once',
      got: String(invocations),
      allowed: `1 to ${MOST_INVOCATIONS}`,
      fix: 'leave it out for the planned concurrency',
    },
  ];
}
