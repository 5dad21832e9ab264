import { CfnOutput, Fn, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { FlowLogDestination, GatewayVpcEndpointAwsService, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { InstanceType, ModelSource, QuantizedEndpoint } from 'cdk-quantized-endpoints';
import type { Construct } from 'constructs';

/**
 * A model in a bucket of yours, encrypted with a key of yours, in a network without a way to the internet. The
 * container itself has no network at all; requests and answers are recorded.
 *
 * Copy the model into the bucket before the endpoint is deployed: `aws s3 sync Qwen2.5-7B-Instruct-AWQ
 * s3://<bucket>/models/qwen2.5-7b-awq/`.
 */
export class PrivateChat extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);

    const key = new Key(this, 'Key', { enableKeyRotation: true });
    const logs = new Bucket(this, 'AccessLogs', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const bucket = new Bucket(this, 'Models', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.KMS,
      encryptionKey: key,
      enforceSSL: true,
      serverAccessLogsBucket: logs,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const vpc = new Vpc(this, 'Vpc', {
      availabilityZones: [0, 1].map((index) => Fn.select(index, Fn.getAzs())),
      natGateways: 0,
      subnetConfiguration: [{ name: 'Model', subnetType: SubnetType.PRIVATE_ISOLATED }],
      gatewayEndpoints: { S3: { service: GatewayVpcEndpointAwsService.S3 } },
      flowLogs: { Rejected: { destination: FlowLogDestination.toCloudWatchLogs() } },
    });

    const endpoint = new QuantizedEndpoint(this, 'Chat', {
      model: ModelSource.s3Prefix(bucket, 'models/qwen2.5-7b-awq/', {
        modelName: 'Qwen/Qwen2.5-7B-Instruct-AWQ',
        configPath: 'config.json',
      }),
      instanceType: InstanceType.G5_2XLARGE,
      maxModelLen: 16_384,
      vpc,
      encryptionKey: key,
      dataCapture: { bucket, samplingPercentage: 10 },
    });
    new CfnOutput(this, 'EndpointName', { value: endpoint.endpointName });
  }
}
