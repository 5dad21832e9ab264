import { existsSync } from 'node:fs';
import * as path from 'node:path';
import { CustomResource, Duration, RemovalPolicy, Validations, type CfnResource } from 'aws-cdk-lib';
import {
  BuildEnvironmentVariableType,
  BuildSpec,
  ComputeType,
  LinuxBuildImage,
  Project,
  Source,
} from 'aws-cdk-lib/aws-codebuild';
import { Repository, RepositoryEncryption, TagMutability, type IRepository } from 'aws-cdk-lib/aws-ecr';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { propertyInjectable } from 'aws-cdk-lib/core/lib/prop-injectable';
import { Construct, type IDependable } from 'constructs';
import { findContainerImage, defaultVersion } from '../../lib/container';
import { QuantizedEndpointsError } from '../../lib/errors';
import { IMAGE_TYPE } from '../../lib/image-build/build';
import { argueWildcard } from '../endpoint/wildcards';
import { argueCheck, argueRule } from '../shared/argue';
import { ContainerImage } from '../shared/container-image';
import { WaitingFunction } from '../shared/waiting-function';

/** AWS’s public registry, from which SageMaker itself pulls nothing. */
const PUBLIC_REGISTRY = 'public.ecr.aws/neuron';

/** Base images of Neuron are about 10 GB; pulling and pushing them takes most of it. */
const BUILD_TIMEOUT = Duration.minutes(50);

const TAG_LENGTH = 12;

/** Properties of `VllmNeuronImage`. */
export interface VllmNeuronImageProps {
  /**
   * Version of AWS’s public image of vLLM on Neuron.
   *
   * @default '0.13.0-sdk2.28.0' - the last for Inferentia2 and Trainium 1
   */
  readonly version?: string;

  /**
   * The image to build upon, for one that this library does not know, or a mirror of your own.
   *
   * @default - the public image of `version`
   */
  readonly baseImage?: string;

  /**
   * Repository that the image is pushed into.
   *
   * @default - a new one, deleted with the stack: the image can be built again
   */
  readonly repository?: IRepository;

  /**
   * Key that encrypts the new repository and what the build writes.
   *
   * @default - keys of AWS
   */
  readonly encryptionKey?: IKey;
}

/**
 * AWS’s public image of vLLM on Neuron, with the entry point that SageMaker asks for: built by CodeBuild in your account,
 * and pushed to Amazon ECR, while the stack is deployed. No Docker is needed on the machine that deploys.
 *
 * It stores weights in INT8 or FP8, which no image that SageMaker publishes does on Neuron any more. **AWS maintains this
 * software for critical fixes only** (NxD Inference, since Neuron SDK 2.30), and newer Neuron SDKs serve language models on
 * Trainium2 and later only. Whether its runtime works with the driver of SageMaker’s hosts no source says: a warning says
 * so, try one endpoint first.
 *
 * @example
 * new NeuronEndpoint(this, 'Chat', {
 *   model: ModelSource.s3Prefix(bucket, 'llama-3.1-8b-instruct/', { configPath: 'config.json' }),
 *   vllmImage: new VllmNeuronImage(this, 'Image'),
 *   quantization: NeuronQuantization.INT8,
 *   instanceType: InstanceType.INF2_8XLARGE,
 * });
 */
@propertyInjectable
export class VllmNeuronImage extends Construct {
  /** Uniquely identifies this class for property injection. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-quantized-endpoints.VllmNeuronImage';

  /** Repository that holds the image. */
  public readonly repository: IRepository;

  /** The image, there once it has been built. */
  public readonly containerImage: ContainerImage;

  /** URI of the image. */
  public readonly imageUri: string;

  /** Version of the public image that it is built upon. */
  public readonly version: string;

  constructor(scope: Construct, id: string, props: VllmNeuronImageProps = {}) {
    super(scope, id);
    this.version = props.version ?? defaultVersion('vllm-neuron')!;
    const source = new Asset(this, 'Source', { path: sourceFolder() });
    const baseImage = props.baseImage ?? publicImage(this.version);
    this.repository = props.repository ?? this.makeRepository(props.encryptionKey);
    // What is built alike is tagged alike, and a tag is written once.
    const tag = `${this.version}-${source.assetHash.slice(0, TAG_LENGTH)}`.replace(/[^\w.-]/g, '-');

    const { project, policies } = this.makeProject(source, baseImage, props.encryptionKey);
    const program = new WaitingFunction(this, 'Program', {
      program: 'image-build',
      description: `Builds the image of ${this.node.path}`.slice(0, 256),
      statements: [
        new PolicyStatement({
          actions: ['codebuild:BatchGetBuilds', 'codebuild:StartBuild', 'codebuild:StopBuild'],
          resources: [project.projectArn],
        }),
      ],
    });
    const build = new CustomResource(this, 'Resource', {
      serviceToken: program.serviceToken,
      resourceType: IMAGE_TYPE,
      serviceTimeout: Duration.hours(1),
      properties: { ProjectName: project.projectName, ImageTag: tag, BaseImage: baseImage },
    });
    build.node.addDependency(...program.policies, ...policies);
    this.imageUri = `${this.repository.repositoryUri}:${build.getAttString('ImageTag')}`;
    this.containerImage = ContainerImage._from(() => ({
      imageUri: this.imageUri,
      repositoryArn: this.repository.repositoryArn,
    }));
  }

  private makeRepository(encryptionKey: IKey | undefined): IRepository {
    const repository = new Repository(this, 'Repository', {
      imageScanOnPush: true,
      imageTagMutability: TagMutability.IMMUTABLE,
      removalPolicy: RemovalPolicy.DESTROY,
      emptyOnDelete: true,
      ...(encryptionKey === undefined ? {} : { encryption: RepositoryEncryption.KMS, encryptionKey }),
    });
    if (encryptionKey === undefined)
      argueCheck(
        repository.node.defaultChild as CfnResource,
        'CKV_AWS_136',
        'A copy of a public image; the registry encrypts it with its own key. Give encryptionKey for one of yours.',
      );
    return repository;
  }

  private makeProject(
    source: Asset,
    baseImage: string,
    encryptionKey: IKey | undefined,
  ): { project: Project; policies: IDependable[] } {
    const logGroup = new LogGroup(this, 'Log', {
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('codebuild.amazonaws.com'),
      description: 'What CodeBuild does to build the image: read its source, push it, write its log',
    });
    const text = (value: string) => ({ value, type: BuildEnvironmentVariableType.PLAINTEXT });
    const project = new Project(this, 'Project', {
      description: `Builds the image of ${this.node.path}`.slice(0, 255),
      // CDK would let it read the whole bucket of assets, and more; what it needs is said below.
      role: role.withoutPolicyUpdates(),
      source: Source.s3({ bucket: source.bucket, path: source.s3ObjectKey }),
      buildSpec: BuildSpec.fromSourceFilename('buildspec.yml'),
      environment: {
        buildImage: LinuxBuildImage.AMAZON_LINUX_2_5,
        computeType: ComputeType.LARGE,
        // Docker inside of the build needs it.
        privileged: true,
      },
      environmentVariables: {
        BASE_IMAGE: text(baseImage),
        REPOSITORY_URI: text(this.repository.repositoryUri),
        REPOSITORY_NAME: text(this.repository.repositoryName),
      },
      timeout: BUILD_TIMEOUT,
      queuedTimeout: Duration.minutes(5),
      logging: { cloudWatch: { logGroup } },
      grantReportGroupPermissions: false,
      ...(encryptionKey === undefined ? {} : { encryptionKey }),
    });
    encryptionKey?.grantEncryptDecrypt(role);
    const policies: IDependable[] = [];
    const allow = (actions: string[], resources: string[]) => {
      const { policyDependable } = role.addToPrincipalPolicy(new PolicyStatement({ actions, resources }));
      if (policyDependable !== undefined) policies.push(policyDependable);
    };
    allow(['s3:GetObject', 's3:GetObjectVersion'], [source.bucket.arnForObjects(source.s3ObjectKey)]);
    allow(['s3:GetBucketAcl', 's3:GetBucketLocation'], [source.bucket.bucketArn]);
    allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [logGroup.logGroupArn]);
    allow(['ecr:GetAuthorizationToken'], ['*']);
    allow(
      [
        'ecr:BatchCheckLayerAvailability',
        'ecr:BatchGetImage',
        'ecr:CompleteLayerUpload',
        'ecr:DescribeImages',
        'ecr:InitiateLayerUpload',
        'ecr:PutImage',
        'ecr:UploadLayerPart',
      ],
      [this.repository.repositoryArn],
    );
    this.argue(project, role, logGroup, encryptionKey);
    return { project, policies };
  }

  private argue(project: Project, role: Role, logGroup: LogGroup, key: IKey | undefined): void {
    argueWildcard(role, '*', 'ecr:GetAuthorizationToken knows no resources.');
    argueWildcard(role, logGroup.logGroupArn, 'CodeBuild names the streams of its log, in a group of their own.');
    const reason = 'The policy names this one repository, source and log; no other role could use it.';
    argueRule(role, 'IAMNoInlinePolicy', reason);
    const log = 'The log of a build of public software; the service encrypts it with its own key.';
    argueRule(logGroup, 'CloudWatchLogGroupEncrypted', log);
    argueCheck(logGroup.node.defaultChild as CfnResource, 'CKV_AWS_158', log);
    const docker = 'Docker runs inside of the build, which needs privileged mode.';
    Validations.of(project).acknowledge({ id: 'AwsSolutions-CB3', reason: docker });
    argueCheck(project.node.defaultChild as CfnResource, 'CKV_AWS_316', docker);
    argueRule(
      project,
      'CodeBuildProjectSourceRepoUrl',
      'The source is an object in S3, not a repository of GitHub or Bitbucket.',
    );
    if (key === undefined) {
      const plain =
        'The build writes no artifact; its source is a public program. Give encryptionKey for a key of yours.';
      Validations.of(project).acknowledge({ id: 'AwsSolutions-CB4', reason: plain });
      argueCheck(project.node.defaultChild as CfnResource, 'CKV_AWS_147', plain);
    }
  }
}

function publicImage(version: string): string {
  const image = findContainerImage('vllm-neuron', version);
  if (image === undefined)
    throw new QuantizedEndpointsError(
      'NEURON_IMAGE_UNKNOWN',
      `no public image of vLLM on Neuron is known as ${version}`,
      {
        got: version,
        allowed: defaultVersion('vllm-neuron'),
        fix: 'give baseImage, such as public.ecr.aws/neuron/pytorch-inference-vllm-neuronx:<tag>',
        path: '/container/version',
      },
    );
  return `${PUBLIC_REGISTRY}/${image.repository}:${image.tag}`;
}

/** In a checkout `images/`, in the package `dist/images/`. */
function sourceFolder(): string {
  const found = path.join(__dirname, '../../images/vllm-neuron');
  if (!existsSync(path.join(found, 'Dockerfile')))
    throw new QuantizedEndpointsError('IMAGE_SOURCE_MISSING', 'the source of the image is not in the package', {
      fix: 'install the package again',
    });
  return found;
}
