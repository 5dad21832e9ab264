import type { Duration, SecretValue, Size } from 'aws-cdk-lib';
import type { IAlarm, IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ManagedScaleIn } from '../endpoint/component';
import type { DeploymentStrategy } from '../endpoint/deployment-strategy';
import type { RoutingStrategy } from '../endpoint/routing';
import type { ScalingSchedule } from '../endpoint/schedule';
import type { QualityGate } from '../quality-gate/quality-gate';
import type { InstanceType } from '../shared/instance-type';
import type { ModelSource } from '../shared/model-source';
import type { QuantizationScheme } from '../shared/quantization-scheme';
import type { ServingContainer } from '../shared/serving-container';
import type { ServingProps, Workload } from '../shared/serving-options';
import type { SpeculativeDecoding } from '../shared/speculative-decoding';

/** Where copies go when several instances have room for them. */
export enum CopyPlacement {
  /** Onto few instances, so that others become empty and can be released. */
  BINPACK = 'BINPACK',

  /** Evenly, so that a lost instance takes few copies with it. */
  SPREAD = 'SPREAD',
}

/** Properties of `ModelFleet`. */
export interface ModelFleetProps {
  /** Machines that the models share. */
  readonly instanceType: InstanceType;

  /**
   * Name of the endpoint.
   *
   * @default - made from the stack's name and the construct's path
   */
  readonly endpointName?: string;

  /**
   * Instances to begin with.
   *
   * @default - as many as the copies that the models begin with need, and `minInstanceCount` at least
   */
  readonly initialInstanceCount?: number;

  /**
   * Fewest instances. 0 lets the fleet scale to zero: the last instance goes with the last copy of the last model, and
   * models have no fewest number of copies unless they are given one.
   *
   * @default 1
   */
  readonly minInstanceCount?: number;

  /**
   * Most instances. Synth fails when the copies that the models begin with do not fit on them.
   *
   * @default - `minInstanceCount`, 1 at least
   */
  readonly maxInstanceCount?: number;

  /**
   * Where copies go when several instances have room for them.
   *
   * @default CopyPlacement.BINPACK
   */
  readonly placement?: CopyPlacement;

  /**
   * How instances that no copy needs are released.
   *
   * @default - the service's own way
   */
  readonly managedScaleIn?: ManagedScaleIn;

  /**
   * Which copy of a model gets the next request.
   *
   * @default RoutingStrategy.leastOutstandingRequests()
   */
  readonly routing?: RoutingStrategy;

  /**
   * ARN of an ML capacity reservation: instances come from it and from nowhere else.
   *
   * @default - instances on demand
   */
  readonly capacityReservationArn?: string;

  /**
   * Role that SageMaker assumes to serve the models. The permissions are added to it.
   *
   * @default - a new role with these permissions only
   */
  readonly role?: IRole;

  /**
   * Key that encrypts the volume of the instances. Types with local NVMe storage take none.
   *
   * @default - a key of the service
   */
  readonly encryptionKey?: IKey;

  /**
   * Network in which the containers run.
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
   * @default - a new one, which lets HTTPS out
   */
  readonly securityGroups?: ISecurityGroup[];

  /**
   * May the containers reach every address? Only for the security group made here.
   *
   * @default false
   */
  readonly allowAllOutbound?: boolean;

  /**
   * Cut the containers off from every network.
   *
   * @default - true, unless one of the models is downloaded from the hub
   */
  readonly networkIsolation?: boolean;

  /**
   * Operating system image of the instances, which decides the GPU driver.
   *
   * @default - the oldest with which all models run
   */
  readonly inferenceAmiVersion?: string;

  /**
   * Volume of each instance. Types with local NVMe storage take none.
   *
   * @default - room for the models together where the type takes a volume and the service's 30 GB are not enough
   */
  readonly volumeSize?: Size;

  /**
   * What the alarms of the models do.
   *
   * @default - they undo an update that is being made, nothing else
   */
  readonly alarmActions?: IAlarmAction[];

  /**
   * Most the fleet may cost in USD a month of 730 hours, with all of `maxInstanceCount` running. Synth fails above it.
   *
   * @default - no limit
   */
  readonly maxMonthlyCost?: number;
}

/** Properties of a model in a `ModelFleet`. */
export interface FleetModelProps extends ServingProps {
  /** Where the weights come from. */
  readonly model: ModelSource;

  /**
   * How the weights are stored and computed.
   *
   * @default - what the checkpoint's `config.json` says, else no quantization
   */
  readonly quantization?: QuantizationScheme;

  /**
   * Server and its image. Every model may have its own.
   *
   * @default ServingContainer.lmi() - the newest LMI image
   */
  readonly container?: ServingContainer;

  /**
   * Something small that guesses tokens, which the model then checks together.
   *
   * @default - every token by the model itself
   */
  readonly speculativeDecoding?: SpeculativeDecoding;

  /**
   * Fewest copies when the model scales. 0 lets it scale to none, and makes room for the others.
   *
   * @default - 1, and 0 in a fleet with a `minInstanceCount` of 0
   */
  readonly minCopies?: number;

  /**
   * Most copies. Above `minCopies`, the model scales with the number of requests that its copies answer.
   *
   * @default - `minCopies`, 1 at least
   */
  readonly maxCopies?: number;

  /**
   * Copies to begin with, 1 at least.
   *
   * CloudFormation holds this number in the template and sends it along with every update of the model, so that a model
   * that had scaled out is back at it for a moment, until the scaling policy acts again; bring `minCopies` up before an
   * update in busy hours. SageMaker has no switch that would retain the count, as it has for variants.
   *
   * @default - `minCopies`, 1 at least
   */
  readonly initialCopies?: number;

  /**
   * Host memory that a copy reserves.
   *
   * @default - from the plan
   */
  readonly memory?: Size;

  /**
   * CPU cores that a copy reserves.
   *
   * @default - none on accelerators; on a CPU in proportion to the memory
   */
  readonly cpuCores?: number;

  /**
   * Requests the model is planned for. Sets its latency alarm.
   *
   * @default - the planner's own assumption, and no latency alarm
   */
  readonly workload?: Workload;

  /**
   * Concurrent requests a copy should have on average when the model scales.
   *
   * @default - 70 % of `maxConcurrency`
   */
  readonly scalingTarget?: number;

  /**
   * Time after a copy was added before another is.
   *
   * @default - the planned time a copy takes to start, 5 minutes at least
   */
  readonly scaleOutCooldown?: Duration;

  /**
   * Time after a copy was removed before another is.
   *
   * @default Duration.minutes(15)
   */
  readonly scaleInCooldown?: Duration;

  /**
   * Bounds that hold from certain times of the day or week on, in copies.
   *
   * @default - the same bounds at all times
   */
  readonly schedules?: ScalingSchedule[];

  /**
   * Token for models that the hub gives out only to some, best as `secret.secretValue`. See `hubToken` of
   * `QuantizedEndpoint`.
   *
   * @default - no token
   */
  readonly hubToken?: SecretValue;

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
   * Batches in which copies are replaced by an update, watched by the model's alarms: `DeploymentStrategy.rolling()` is
   * the only one that the service has for them.
   *
   * @default DeploymentStrategy.rolling() - in two batches, with alarms watched for 5 minutes after each
   */
  readonly deploymentStrategy?: DeploymentStrategy;

  /**
   * Alarms that undo an update of the model while it is being made, beside its own.
   *
   * @default - its own alarms on errors and, with a `workload`, latency
   */
  readonly rollbackAlarms?: IAlarm[];

  /**
   * Define the model's own alarms.
   *
   * @default true
   */
  readonly alarms?: boolean;

  /**
   * Measured quality that the scheme must have. Synth fails below it.
   *
   * @default - quality is not looked at
   */
  readonly qualityGate?: QualityGate;
}
