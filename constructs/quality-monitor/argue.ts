import { Validations, type CfnResource } from 'aws-cdk-lib';
import type { Policy } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Bucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import { argueCheck, argueRule } from '../shared/argue';

/** Argues for what compliance packs would have otherwise. */
export function argueMonitor(handler: LambdaFunction, policy: Policy, logGroup: LogGroup, bucket: IBucket): void {
  const resource = handler.node.defaultChild as CfnResource;
  const argue = (rule: string, check: string, reason: string) => {
    argueRule(handler, rule, reason);
    argueCheck(resource, check, reason);
  };
  argue('LambdaDLQ', 'CKV_AWS_116', 'A call that failed is made again by the schedule, and nothing of it is lost.');
  argue('LambdaConcurrency', 'CKV_AWS_115', 'Calls that overlap do no harm: the state is written conditionally.');
  argue('LambdaInsideVPC', 'CKV_AWS_117', 'It calls AWS services only, and has nothing to reach in a network.');
  argueCheck(resource, 'CKV_AWS_173', 'The variables hold names and settings, no secret; Lambda encrypts them.');
  argueRule(
    policy,
    'IAMNoInlinePolicy',
    'The policy names this monitor’s endpoints and files; no other role could use it.',
  );
  const log = 'The log holds no prompt and no answer; the service encrypts it with its own key.';
  argueRule(logGroup, 'CloudWatchLogGroupEncrypted', log);
  argueCheck(logGroup.node.defaultChild as CfnResource, 'CKV_AWS_158', log);
  if (!(bucket instanceof Bucket)) return;
  const own = 'Only the monitor writes into it; every file can be made again from the endpoint and the prompt set.';
  for (const rule of ['LoggingEnabled', 'ReplicationEnabled', 'VersioningEnabled', 'DefaultLockEnabled'])
    argueRule(bucket, `S3Bucket${rule}`, own);
  Validations.of(bucket).acknowledge({ id: 'AwsSolutions-S1', reason: own });
  argueRule(bucket, 'S3DefaultEncryptionKMS', 'S3 encrypts it with its own key; give bucket for a key of yours.');
  const cfnBucket = bucket.node.defaultChild as CfnResource;
  for (const check of ['CKV_AWS_18', 'CKV_AWS_21']) argueCheck(cfnBucket, check, own);
}
