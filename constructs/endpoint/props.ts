import type { Duration, SecretValue, Size } from 'aws-cdk-lib';
import type { IAlarm, IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { QualityGate } from '../quality-gate/quality-gate';
import type { InstanceType } from '../shared/instance-type';
import type { ModelSource } from '../shared/model-source';
import type { QuantizationScheme } from '../shared/quantization-scheme';
import type { ServingContainer } from '../shared/serving-container';
import type { CommonServingProps, ServingProps, Workload } from '../shared/serving-options';
import type { SpeculativeDecoding } from '../shared/speculative-decoding';
import type { AsyncInferenceOptions } from './async-inference';
import type { ManagedScaleIn } from './component';
import type { DeploymentStrategy } from './deployment-strategy';
import type { FallbackPool } from './fallback-pool';
import type { RoutingStrategy } from './routing';
import type { ScalingSchedule } from './schedule';

/** Where requests and answers are recorded. */
export interface DataCaptureOptions {
  /** Bucket that takes the records. */
  readonly bucket: IBucket;

  /**
   * Prefix below which they lie.
   *
   * @default - `data-capture/` and the endpoint's name
   */
  readonly prefix?: string;

  /**
   * Share of the requests that is recorded, in per cent.
   *
   * @default 100
   */
  readonly samplingPercentage?: number;

  /**
   * Record requests.
   *
   * @default true
   */
  readonly captureRequests?: boolean;

  /**
   * Record answers.
   *
   * @default true
   */
  readonly captureResponses?: boolean;

  /**
   * Key that encrypts the records.
   *
   * @default - the endpoint's `encryptionKey`, else the bucket's own, else none but the bucket's default encryption
   */
  readonly encryptionKey?: IKey;
}

/** Properties of every real-time endpoint. */
export interface RealTimeEndpointProps extends CommonServingProps {
  /** Where the weights come from. */
  readonly model: ModelSource;

  /** Machine that serves the model. */
  readonly instanceType: InstanceType;

  /**
   * Requests the endpoint is planned for. Sets the latency alarm, and lets the plan say what they cost.
   *
   * @default - the planner's own assumption, and no latency alarm
   */
  readonly workload?: Workload;

  /**
   * Name of the endpoint. A name of your own is safe: nothing but another name replaces an endpoint.
   *
   * @default - made from the stack's name and the construct's path
   */
  readonly endpointName?: string;

  /**
   * Instances to begin with.
   *
   * @default - `minInstanceCount`, else 1
   */
  readonly initialInstanceCount?: number;

  /**
   * Fewest instances when the endpoint scales. 0 lets it scale to zero: no instance, and no cost, as long as nobody asks.
   *
   * The model then lies in an inference component (an asynchronous endpoint needs none): requests name it
   * (`inferenceComponentName`). The first request after a pause starts an instance and is refused, as are those that
   * come until it serves; how long that is planned to take is a warning at synth. Turning it on or off makes a new
   * endpoint in place of the old one: with an `endpointName` of your own, change the name as well.
   *
   * @default 1
   */
  readonly minInstanceCount?: number;

  /**
   * Most instances. Above `minInstanceCount`, the endpoint scales with the number of requests that are being answered.
   *
   * @default - `initialInstanceCount`, and so no scaling
   */
  readonly maxInstanceCount?: number;

  /**
   * Concurrent requests an instance should have on average when the endpoint scales.
   *
   * @default - 70 % of `maxConcurrency`: the rest is room for what comes while a new instance starts
   */
  readonly scalingTarget?: number;

  /**
   * Time after an instance was added before another is.
   *
   * @default - the planned time an instance takes to start, 5 minutes at least
   */
  readonly scaleOutCooldown?: Duration;

  /**
   * Time after an instance was removed before another is.
   *
   * @default Duration.minutes(15)
   */
  readonly scaleInCooldown?: Duration;

  /**
   * Bounds that hold from certain times of the day or week on, in instances. The endpoint must be one that scales.
   *
   * @default - the same bounds at all times
   */
  readonly schedules?: ScalingSchedule[];

  /**
   * How instances that no copy needs are released, for an endpoint that scales to zero.
   *
   * @default - the service's own way
   */
  readonly managedScaleIn?: ManagedScaleIn;

  /**
   * Which instance gets the next request.
   *
   * @default RoutingStrategy.leastOutstandingRequests()
   */
  readonly routing?: RoutingStrategy;

  /**
   * Requests wait in a queue and answers go to S3, for answers that take longer than a minute and for work that can
   * wait. Such an endpoint scales by its backlog, to zero with `minInstanceCount: 0`.
   *
   * @default - requests are answered at once
   */
  readonly asyncInference?: AsyncInferenceOptions;

  /**
   * ARN of an ML capacity reservation: instances come from it and from nowhere else.
   *
   * @default - instances on demand
   */
  readonly capacityReservationArn?: string;

  /**
   * Token for models that the Hugging Face hub gives out only to some, best as `secret.secretValue`. The template
   * holds a reference, never the token.
   *
   * CloudFormation resolves the reference when it makes the SageMaker model, and SageMaker has no way to hand a
   * secret to a container but its environment: whoever may call `sagemaker:DescribeModel` in the account can read the
   * token. The warning `HUB_TOKEN_READABLE` says so. Use a fine-grained token that can read this one repository; or
   * copy the model to S3 and use `ModelSource.s3Prefix`, which needs no token on the endpoint at all.
   *
   * @default - no token
   */
  readonly hubToken?: SecretValue;

  /**
   * Role that SageMaker assumes to pull the image, read the model and write logs. The permissions are added to it.
   *
   * @default - a new role with these permissions only
   */
  readonly role?: IRole;

  /**
   * Key that encrypts the volume of the instances and captured data. Types with local NVMe storage encrypt that in
   * hardware and take no key: there it is used for captured data only.
   *
   * @default - keys of the service
   */
  readonly encryptionKey?: IKey;

  /**
   * Network in which the container runs.
   *
   * @default - a network of SageMaker's own
   */
  readonly vpc?: IVpc;

  /**
   * Subnets of `vpc`.
   *
   * @default - its private subnets
   */
  readonly vpcSubnets?: SubnetSelection;

  /**
   * Security groups in `vpc`.
   *
   * @default - a new one
   */
  readonly securityGroups?: ISecurityGroup[];

  /**
   * May the container reach every address? Only for the security group made here.
   *
   * @default - true when the container downloads the model from the hub itself, else HTTPS only, which reading the
   * model from S3 takes
   */
  readonly allowAllOutbound?: boolean;

  /**
   * Cut the container off from every network. SageMaker still gives it the model and the requests.
   *
   * @default - true, unless the container downloads the model from the hub itself
   */
  readonly networkIsolation?: boolean;

  /**
   * Operating system image of the instances, which decides the GPU driver.
   *
   * @default - the one that the container's CUDA version needs on this instance family
   */
  readonly inferenceAmiVersion?: string;

  /**
   * Volume of each instance. Types with local NVMe storage take none.
   *
   * @default - room for the model and the image where the type takes a volume and the service's 30 GB are not enough
   */
  readonly volumeSize?: Size;

  /**
   * Time SageMaker waits for the container to answer its first health check, 1 to 60 minutes.
   *
   * @default - worked out from the size of the model and the speed of network and disk
   */
  readonly startupTimeout?: Duration;

  /**
   * Time SageMaker may take to download the model to the instance, 1 to 60 minutes.
   *
   * @default - worked out from the size of the model and the speed of the network
   */
  readonly modelDownloadTimeout?: Duration;

  /**
   * How an update takes over from what is being served.
   *
   * @default DeploymentStrategy.allAtOnce() - blue/green, with alarms watched for 5 minutes
   */
  readonly deploymentStrategy?: DeploymentStrategy;

  /**
   * Alarms that undo an update while it is being made, beside the endpoint's own.
   *
   * @default - the endpoint's own alarms on errors and, with a `workload`, latency
   */
  readonly rollbackAlarms?: IAlarm[];

  /**
   * Define the endpoint's own alarms.
   *
   * @default true
   */
  readonly alarms?: boolean;

  /**
   * What the endpoint's own alarms do.
   *
   * @default - they undo an update that is being made, nothing else; an alarm on saturation, which undoes nothing, is not
   * defined
   */
  readonly alarmActions?: IAlarmAction[];

  /**
   * Record requests and answers in S3.
   *
   * @default - nothing is recorded
   */
  readonly dataCapture?: DataCaptureOptions;

  /**
   * Most the endpoint may cost in USD a month of 730 hours, with all of `maxInstanceCount` running. Synth fails above
   * it.
   *
   * @default - no limit
   */
  readonly maxMonthlyCost?: number;

  /**
   * Measured quality that the scheme must have. Synth fails below it, and the figures go into the plan artefact and
   * the tags.
   *
   * @default - quality is not looked at
   */
  readonly qualityGate?: QualityGate;
}

/** Properties of `QuantizedEndpoint`. */
export interface QuantizedEndpointProps extends RealTimeEndpointProps, ServingProps {
  /**
   * How the weights are stored and computed.
   *
   * @default - what the checkpoint's `config.json` says, else no quantization
   */
  readonly quantization?: QuantizationScheme;

  /**
   * Server and its image.
   *
   * @default ServingContainer.lmi() - the newest LMI image
   */
  readonly container?: ServingContainer;

  /**
   * Types to take, in this order, when no instance of `instanceType` can be had, four at most. Each may have weights of
   * its own: FP8 where the GPU computes in it, AWQ where it does not. All are planned for the same context and the same
   * number of requests at once, and one that cannot hold them is refused.
   *
   * @default - no other type
   */
  readonly fallbackPools?: FallbackPool[];

  /**
   * Something small that guesses tokens, which the model then checks together.
   *
   * @default - every token by the model itself
   */
  readonly speculativeDecoding?: SpeculativeDecoding;
}
