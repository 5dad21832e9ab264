import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { CfnEndpointConfig } from 'aws-cdk-lib/aws-sagemaker';
import type { DataCaptureOptions } from './props';
import type { Argue } from './wildcards';

/** Records requests and answers, and lets the role write them, below their prefix only. */
export function captureData(
  options: DataCaptureOptions,
  endpointName: string,
  endpointKey: IKey | undefined,
  grantee: IGrantable,
  argue: Argue,
): CfnEndpointConfig.DataCaptureConfigProperty {
  const { bucket, captureRequests = true, captureResponses = true } = options;
  const prefix = (options.prefix ?? `data-capture/${endpointName}`).replace(/\/+$/, '');
  const key = options.encryptionKey ?? endpointKey ?? bucket.encryptionKey;
  const objects = bucket.arnForObjects(`${prefix}/*`);
  Grant.addToPrincipalOrResource({ grantee, actions: ['s3:PutObject'], resourceArns: [objects], resource: bucket });
  argue(objects, 'SageMaker names each record by its time; nothing else in the bucket can be written.');
  // `grantEncrypt` would add wildcards among the actions; writing to a bucket takes these two.
  key?.grant(grantee, 'kms:Decrypt', 'kms:GenerateDataKey');
  return {
    enableCapture: true,
    destinationS3Uri: bucket.s3UrlForObject(prefix),
    initialSamplingPercentage: options.samplingPercentage ?? 100,
    captureOptions: [
      ...(captureRequests ? [{ captureMode: 'Input' }] : []),
      ...(captureResponses ? [{ captureMode: 'Output' }] : []),
    ],
    // Without it JSON is recorded in Base64.
    captureContentTypeHeader: { jsonContentTypes: ['application/json'] },
    ...(key === undefined ? {} : { kmsKeyId: key.keyArn }),
  };
}
