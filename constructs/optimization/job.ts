import { createHash } from 'node:crypto';
import { Annotations, CustomResource, Duration, Names, Resource, Token, type Stack } from 'aws-cdk-lib';
import { PolicyStatement, type IGrantable, type IPrincipal, type IRole } from 'aws-cdk-lib/aws-iam';
import { propertyInjectable } from 'aws-cdk-lib/core/lib/prop-injectable';
import type { Construct } from 'constructs';
import {
  checkOptimization,
  defaultImageOf,
  JOB_TYPE,
  jobFamilyOf,
  optimizationConfigs,
  resultModel,
  resultScheme,
  WAIT_TYPE,
  waitsFor,
  type OptimizationSpec,
} from '../../lib/optimization';
import { planAnswer } from '../../lib/rules';
import { placeInVpc } from '../endpoint/network';
import { reportFindings } from '../endpoint/report';
import type { ModelSpec } from '../../lib/spec/types';
import { findInstance } from '../../lib/hardware';
import type { BoundImage } from '../shared/container-image';
import { known, withoutUndefined } from '../shared/known';
import { ModelSource } from '../shared/model-source';
import type { BoundModel } from '../shared/model-source/bound-model';
import { prefixData } from '../shared/model-source/s3';
import { ServingContainer } from '../shared/serving-container';
import { ownArn, WaitingFunction } from '../shared/waiting-function';
import { writeArtefact } from './artefact';
import type { OptimizationJobProps } from './props';
import { jobRole } from './role';

/** Answering for a job takes seconds, and a while longer where SageMaker is busy. */
const ANSWER_TIMEOUT = Duration.minutes(20);

/** CloudFormation’s own limit for one resource. */
const WAIT_TIMEOUT = Duration.hours(1);

/** Longest name of a job, less a hyphen and the digest of what it makes. */
const MAX_PREFIX = 50;
const DIGEST = 12;

/**
 * A SageMaker optimization job: quantizes, compiles or cuts a model while the stack is deployed, and feeds an endpoint.
 *
 * CloudFormation knows no such job, so a custom resource starts it, waits for its end, fails with the reason that
 * SageMaker gives, and stops it when the stack is rolled back or deleted. A change of what the job makes starts another
 * job with a folder of its own, and an endpoint goes over to the new result once it is there. What was written stays in
 * the bucket.
 *
 * `qe quantize` makes the same formats on a machine of yours, for any instance type.
 *
 * @example
 * const job = new OptimizationJob(this, 'Quantize', {
 *   model: ModelSource.s3Prefix(bucket, 'qwen2.5-7b-instruct/', { configPath: 'config.json' }),
 *   technique: OptimizationTechnique.awq(),
 *   instanceType: InstanceType.G5_2XLARGE,
 *   outputBucket: bucket,
 * });
 * new QuantizedEndpoint(this, 'Chat', {
 *   model: job.modelSource,
 *   container: job.servingContainer,
 *   instanceType: InstanceType.G5_2XLARGE,
 * });
 */
@propertyInjectable
export class OptimizationJob extends Resource implements IGrantable {
  /** Uniquely identifies this class for property injection. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-quantized-endpoints.OptimizationJob';

  /** Name of the job. */
  public readonly jobName: string;

  /** S3 URI of the result. */
  public readonly outputUri: string;

  /** The result, for an endpoint. The endpoint’s model is made once the job has ended. */
  public readonly modelSource: ModelSource;

  /**
   * Container that serves the result: the newest LMI for an AWQ or FP8 checkpoint, otherwise the last image that can read
   * what the job makes.
   */
  public readonly servingContainer: ServingContainer;

  /** URI of the image in which SageMaker itself would serve the result; empty where it names none. */
  public readonly recommendedImage: string;

  /** Role that SageMaker assumes for the job. */
  public readonly role: IRole;

  /** Role that SageMaker assumes for the job. */
  public readonly grantPrincipal: IPrincipal;

  constructor(scope: Construct, id: string, props: OptimizationJobProps) {
    super(scope, id);
    const { outputBucket, encryptionKey, environment = {}, instanceType, maxRuntime = Duration.hours(4) } = props;
    const technique = props.technique._technique;
    const model = props.model._bind(this);
    const image = imageOf(this, props);

    const name = Names.uniqueResourceName(this, { maxLength: MAX_PREFIX, separator: '-' }).toLowerCase();
    const folder = asFolder(props.outputPrefix ?? `optimized/${name}/`);
    const configs = optimizationConfigs(technique, image.pinned?.imageUri, environment);
    const source = {
      S3: withoutUndefined({
        S3Uri: model.dataSource?.s3Uri,
        ModelAccessConfig: model.acceptEula === true ? { AcceptEula: true } : undefined,
      }),
    };
    const identity = digest(this.stack, {
      source,
      configs,
      instanceType: instanceType.instanceTypeName,
      folder,
      bucket: outputBucket.bucketName,
      key: encryptionKey?.keyArn,
    });
    const prefix = `${folder}${identity}/`;
    this.outputUri = outputBucket.s3UrlForObject(prefix);

    const spec: OptimizationSpec = withoutUndefined({
      technique,
      model: model.spec,
      modelData: model.modelData,
      instanceType: known(instanceType.instanceTypeName),
      imageVersion: image.version,
      sourceUri: known(model.dataSource?.s3Uri),
      outputUri: known(this.outputUri),
      environment: Object.fromEntries(Object.entries(environment).filter(([, value]) => !Token.isUnresolved(value))),
      maxRuntimeSeconds: maxRuntime.toSeconds(),
    });
    const findings = checkOptimization(spec);
    reportFindings(this, [...model.findings, ...findings]);
    const result = resultModel(spec);
    const sourceBytes = bytesOf(spec.model);
    const resultBytes = bytesOf(result, resultScheme(spec));
    writeArtefact(this, {
      schema: 1,
      constructPath: this.node.path,
      spec,
      findings,
      configs,
      result,
      sourceBytes,
      resultBytes,
    });
    if (findings.every(({ severity }) => severity !== 'error'))
      this.summarize(model.name, spec, sourceBytes, resultBytes, maxRuntime);

    const network = placeInVpc(this, props, false);
    const { role, policies } = jobRole(this, props, model, folder, image.repositoryArn, network);
    this.role = role;
    this.grantPrincipal = role.grantPrincipal;

    const jobs = ownArn(this, 'sagemaker', `optimization-job/${name}-*`);
    const program = new WaitingFunction(this, 'Program', {
      program: 'optimization-job',
      description: `Starts, awaits and stops the optimization job of ${this.node.path}`.slice(0, 256),
      statements: [
        new PolicyStatement({
          actions: [
            'sagemaker:AddTags',
            'sagemaker:CreateOptimizationJob',
            'sagemaker:DeleteOptimizationJob',
            'sagemaker:DescribeOptimizationJob',
            'sagemaker:StopOptimizationJob',
          ],
          resources: [jobs],
        }),
        new PolicyStatement({
          actions: ['iam:PassRole'],
          resources: [role.roleArn],
          conditions: { StringEquals: { 'iam:PassedToService': 'sagemaker.amazonaws.com' } },
        }),
      ],
      wildcards: { [jobs]: 'The name of each job ends in a digest of what it makes, which changes with it.' },
    });

    const job = new CustomResource(this, 'Resource', {
      serviceToken: program.serviceToken,
      resourceType: JOB_TYPE,
      serviceTimeout: ANSWER_TIMEOUT,
      properties: {
        Kind: 'Job',
        NamePrefix: name,
        Identity: identity,
        Request: withoutUndefined({
          RoleArn: role.roleArn,
          ModelSource: source,
          DeploymentInstanceType: instanceType.instanceTypeName,
          OptimizationConfigs: configs,
          OutputConfig: withoutUndefined({ S3OutputLocation: this.outputUri, KmsKeyId: encryptionKey?.keyArn }),
          StoppingCondition: { MaxRuntimeInSeconds: maxRuntime.toSeconds() },
          VpcConfig:
            network === undefined
              ? undefined
              : { Subnets: network.subnetIds, SecurityGroupIds: network.securityGroupIds },
        }),
      },
    });
    job.node.addDependency(...program.policies, ...policies);
    this.jobName = job.ref;

    const end = this.awaitJob(program, job, Math.max(1, waitsFor(maxRuntime.toSeconds())));
    this.recommendedImage = end.getAttString('RecommendedInferenceImage');
    this.servingContainer = servingContainer(spec, props);
    this.modelSource = ModelSource._from({
      bind: (): BoundModel => {
        const data = prefixData(outputBucket, prefix);
        return {
          ...data,
          name: `${model.name} (${technique.kind})`,
          spec: { id: known(this.outputUri) ?? `s3://\${${outputBucket.node.id}}/${prefix}`, ...result },
          modelData: 's3-prefix',
          quantization: resultScheme(spec),
          containerPath: (file) => `/opt/ml/model/${file}`,
          findings: [],
          grantRead: (grantee, argue) => [...data.grantRead(grantee, argue), end],
        };
      },
    });
  }

  /** One resource after the other, each for the hour that CloudFormation gives it. */
  private awaitJob(program: WaitingFunction, job: CustomResource, count: number): CustomResource {
    let last = job;
    for (let number = 1; number <= count; number++) {
      const wait = new CustomResource(this, `Wait${number}`, {
        serviceToken: program.serviceToken,
        resourceType: WAIT_TYPE,
        serviceTimeout: WAIT_TIMEOUT,
        properties: { Kind: 'Wait', JobName: job.ref, Last: number === count },
      });
      // The first names the job, and so depends on it already.
      wait.node.addDependency(...(last === job ? [] : [last]), ...program.policies);
      last = wait;
    }
    return last;
  }

  /** What comes in and what comes out, in one line. */
  private summarize(
    name: string,
    { technique, instanceType }: OptimizationSpec,
    from: number | null,
    to: number | null,
    maxRuntime: Duration,
  ): void {
    const sizes = from === null || to === null ? '' : `, from ${gigabytes(from)} to about ${gigabytes(to)}`;
    Annotations.of(this).addInfo(
      `${name}: ${technique.kind} for ${instanceType ?? 'an instance'}${sizes}; the deployment waits for it, ` +
        `${maxRuntime.toHours({ integral: false }).toFixed(1)} hours at most`,
    );
  }
}

/** Bytes of a checkpoint's weights; null where too little is known of it. */
function bytesOf(model: ModelSpec, quantization?: string): number | null {
  return model.weightBytes ?? planAnswer({ model, quantization, container: { family: 'lmi' } }).checkpointBytes;
}

function gigabytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e6).toFixed(0)} MB`;
}

/** Image of the job: where one is pinned, and whose repository the role must be able to read in any case. */
interface JobImage {
  readonly pinned?: BoundImage;
  readonly version?: string;
  readonly repositoryArn: string;
}

function imageOf(scope: Construct, { technique, instanceType, image, imageVersion }: OptimizationJobProps): JobImage {
  if (image !== undefined) {
    const pinned = image._bind(scope);
    return { pinned, version: imageVersion, repositoryArn: pinned.repositoryArn };
  }
  const instance = findInstance(known(instanceType.instanceTypeName) ?? '');
  const asked = defaultImageOf(technique._technique);
  const version = imageVersion ?? asked?.version;
  const bound = ServingContainer._of(jobFamilyOf(technique._technique.kind), { version })._bind(scope, instance);
  return { ...(version === undefined ? {} : { pinned: bound, version }), repositoryArn: bound.repositoryArn };
}

function servingContainer({ technique }: OptimizationSpec, { image }: OptimizationJobProps): ServingContainer {
  const pinned = defaultImageOf(technique);
  if (pinned === undefined) return ServingContainer.lmi();
  return ServingContainer._of(pinned.family, { version: pinned.version, ...(image === undefined ? {} : { image }) });
}

function asFolder(prefix: string): string {
  return prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
}

/** Of what decides the result; a value that only deployment knows counts by its place in the template. */
function digest(stack: Stack, value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(stack.resolve(value)))
    .digest('hex')
    .slice(0, DIGEST);
}
