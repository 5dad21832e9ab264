import { CfnOutput, Fn, RemovalPolicy, Stack, Validations, type StackProps } from 'aws-cdk-lib';
import { FlowLogDestination, GatewayVpcEndpointAwsService, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { BlockPublicAccess, Bucket, BucketEncryption, type CfnBucket } from 'aws-cdk-lib/aws-s3';
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
      versioned: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const bucket = new Bucket(this, 'Models', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.KMS,
      encryptionKey: key,
      enforceSSL: true,
      serverAccessLogsBucket: logs,
      versioned: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const flowLogs = new LogGroup(this, 'FlowLogs', { encryptionKey: key });
    key.grantEncryptDecrypt(new ServicePrincipal(`logs.${this.region}.amazonaws.com`));
    const vpc = new Vpc(this, 'Vpc', {
      availabilityZones: [0, 1].map((index) => Fn.select(index, Fn.getAzs())),
      natGateways: 0,
      subnetConfiguration: [{ name: 'Model', subnetType: SubnetType.PRIVATE_ISOLATED }],
      gatewayEndpoints: { S3: { service: GatewayVpcEndpointAwsService.S3 } },
      flowLogs: { Rejected: { destination: FlowLogDestination.toCloudWatchLogs(flowLogs) } },
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

    acknowledge(bucket, {
      S3BucketReplicationEnabled: 'Weights can be copied from their source again; records are a sample.',
      S3BucketDefaultLockEnabled: 'Records hold what people wrote, and must remain deletable.',
    });
    acknowledge(logs, {
      S3BucketReplicationEnabled: 'Access logs are read within days, in this region.',
      S3BucketDefaultLockEnabled: 'Versions keep what is overwritten; nobody but the service writes here.',
      S3DefaultEncryptionKMS: 'The service delivers access logs to buckets that it encrypts itself only.',
    });
    (logs.node.defaultChild as CfnBucket).addMetadata('checkov', {
      skip: [{ id: 'CKV_AWS_18', comment: 'The logs of the logs would log themselves.' }],
    });
    acknowledge(vpc, {
      VPCDefaultSecurityGroupClosed: 'Nothing lies in the default group; the endpoint brings a group of its own.',
      IAMNoInlinePolicy: 'The flow log writes with a role of its own, to its one log group.',
    });
  }
}

/** Rules of cdk-nag's packs that this stack does not keep, with the reason for the auditor. */
function acknowledge(where: Construct, reasons: Readonly<Record<string, string>>): void {
  const packs = ['HIPAA.Security', 'NIST.800.53.R4', 'NIST.800.53.R5', 'PCI.DSS.321'];
  for (const [rule, reason] of Object.entries(reasons))
    Validations.of(where).acknowledge(...packs.map((pack) => ({ id: `${pack}-${rule}`, reason })));
}
