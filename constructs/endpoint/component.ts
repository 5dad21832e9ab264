import type { Duration } from 'aws-cdk-lib';
import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnInferenceComponent, type CfnEndpointConfig, type CfnModel } from 'aws-cdk-lib/aws-sagemaker';
import type { Construct, IDependable } from 'constructs';
import type { Reservation } from '../../lib/fleet';
import type { Finding } from '../../lib/rules/types';
import type { EndpointOptions } from '../../lib/spec/types';
import { known } from '../shared/known';
import { MIB } from '../../lib/units';
import { DeploymentStrategy } from './deployment-strategy';

/** Source: SageMaker API, `MinMemoryRequiredInMb`. */
const LEAST_MEMORY_MB = 128;

/** What a copy is on one type of instance. */
export interface ComponentSpecification {
  /** Needed where there are several. */
  readonly instanceType?: string;
  readonly model: CfnModel;
  readonly reserves: Reservation;
  readonly timeouts: Pick<EndpointOptions, 'startupHealthCheckTimeoutSeconds' | 'modelDataDownloadTimeoutSeconds'>;
}

/** An inference component: a model with a share of an endpoint's instances. */
export interface ComponentProps {
  /** Known beforehand: alarms watch it by its name, and it names the alarms that undo its update. */
  readonly componentName: string;
  readonly endpointName: string;
  readonly variantName: string;
  /** For each type of instance on which copies may lie; one for all of them names none. */
  readonly specifications: readonly ComponentSpecification[];
  /** Copies to begin with, 1 at least. */
  readonly copies: number;
  /** Time until a copy on a running instance serves. */
  readonly startSeconds: number;
  readonly strategy?: DeploymentStrategy;
  readonly rollbackAlarms: readonly IAlarm[];
  /** Fill instances one after the other, or spread the copies over them; default: the service's own choice. */
  readonly placement?: string;
  /** What must exist before a copy starts. */
  readonly dependencies?: readonly IDependable[];
}

export function makeComponent(scope: Construct, id: string, props: ComponentProps): CfnInferenceComponent {
  const { rollbackAlarms, specifications } = props;
  const strategy = props.strategy ?? DeploymentStrategy.rolling();
  const alarms = rollbackAlarms.map(({ alarmName }) => ({ alarmName }));
  const component = new CfnInferenceComponent(scope, id, {
    inferenceComponentName: props.componentName,
    endpointName: props.endpointName,
    variantName: props.variantName,
    ...(specifications.length === 1
      ? { specification: specificationOf(specifications[0], props.placement) }
      : {
          specifications: specifications.map((specification) => ({
            instanceType: specification.instanceType!,
            ...specificationOf(specification, props.placement),
          })),
        }),
    runtimeConfig: { copyCount: props.copies },
    deploymentConfig: {
      ...strategy._renderForComponent({ startSeconds: props.startSeconds }),
      ...(alarms.length === 0 ? {} : { autoRollbackConfiguration: { alarms } }),
    },
  });
  if (props.dependencies !== undefined) component.node.addDependency(...props.dependencies);
  return component;
}

function specificationOf({ model, reserves, timeouts }: ComponentSpecification, placement: string | undefined) {
  return {
    modelName: model.attrModelName,
    computeResourceRequirements: {
      ...(reserves.accelerators > 0 ? { numberOfAcceleratorDevicesRequired: reserves.accelerators } : {}),
      ...(reserves.cpuCores > 0 ? { numberOfCpuCoresRequired: reserves.cpuCores } : {}),
      minMemoryRequiredInMb: Math.max(LEAST_MEMORY_MB, Math.floor(reserves.memoryBytes / MIB)),
    },
    startupParameters: {
      containerStartupHealthCheckTimeoutInSeconds: timeouts.startupHealthCheckTimeoutSeconds,
      modelDataDownloadTimeoutInSeconds: timeouts.modelDataDownloadTimeoutSeconds,
    },
    ...(placement === undefined
      ? {}
      : {
          schedulingConfig: {
            placementStrategy: placement,
            availabilityZoneBalance: { enforcementMode: 'PERMISSIVE' },
          },
        }),
  };
}

/** How an endpoint removes instances that its models no longer need. */
export enum ScaleInStrategy {
  /** Only instances without any copy are released. */
  IDLE_RELEASE = 'IDLE_RELEASE',

  /** Copies are moved together, so that more instances become empty. Moving a copy starts it anew elsewhere. */
  CONSOLIDATION = 'CONSOLIDATION',
}

/** Scale-in of the instances below inference components. */
export interface ManagedScaleIn {
  /**
   * Which instances are released.
   *
   * @default ScaleInStrategy.IDLE_RELEASE
   */
  readonly strategy?: ScaleInStrategy;

  /**
   * Most instances that a consolidation takes away at a time, 1 to 100.
   *
   * @default 1
   */
  readonly maxStepSize?: number;

  /**
   * Quiet time after the endpoint's last change before copies are consolidated, 5 minutes to 24 hours.
   *
   * @default Duration.minutes(20)
   */
  readonly cooldown?: Duration;
}

/** Instances that come and go with the copies on them. */
export function managedScaling(
  minInstanceCount: number,
  maxInstanceCount: number,
  scaleIn: ManagedScaleIn | undefined,
): CfnEndpointConfig.ManagedInstanceScalingProperty {
  return {
    status: 'ENABLED',
    minInstanceCount,
    maxInstanceCount,
    ...(scaleIn === undefined
      ? {}
      : {
          scaleInPolicy: {
            strategy: scaleIn.strategy ?? ScaleInStrategy.IDLE_RELEASE,
            ...(scaleIn.maxStepSize === undefined ? {} : { maximumStepSize: scaleIn.maxStepSize }),
            ...(scaleIn.cooldown === undefined ? {} : { cooldownInMinutes: scaleIn.cooldown.toMinutes() }),
          },
        }),
  };
}

// Source: SageMaker API, `ProductionVariantManagedInstanceScalingScaleInPolicy`.
const [LEAST_COOLDOWN_MINUTES, MOST_COOLDOWN_MINUTES] = [5, 1_440];
const MOST_STEP = 100;

export function scaleInFindings(scaleIn: ManagedScaleIn | undefined): Finding[] {
  if (scaleIn === undefined) return [];
  const findings: Finding[] = [];
  const outside = (name: string, value: number | undefined, least: number, most: number, unit: string): void => {
    if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return;
    findings.push({
      rule: 'MANAGED_SCALE_IN_OUT_OF_RANGE',
      severity: 'error',
      message: `${name} of managedScaleIn is outside of what the service takes`,
      got: `${value} ${unit}`,
      allowed: `${least} to ${most} ${unit}`,
      fix: `use ${value < least ? least : most}`,
    });
  };
  const minutes = scaleIn.cooldown?.toMinutes({ integral: false });
  outside('cooldown', minutes, LEAST_COOLDOWN_MINUTES, MOST_COOLDOWN_MINUTES, 'minutes');
  outside('maxStepSize', known(scaleIn.maxStepSize), 1, MOST_STEP, 'instances');
  return findings;
}

/**
 * What an endpoint with inference components cannot do.
 *
 * Source: SageMaker API, `InferenceComponentDeploymentConfig`, which knows a rolling policy only.
 */
export function componentStrategyFindings(strategy: DeploymentStrategy | undefined): Finding[] {
  if (strategy === undefined || strategy._isRolling) return [];
  return [
    {
      rule: 'DEPLOYMENT_STRATEGY_NOT_FOR_COMPONENTS',
      severity: 'error',
      message: 'copies of an inference component are replaced in rolling batches; no second fleet is made for them',
      got: 'a blue/green deploymentStrategy',
      allowed: 'DeploymentStrategy.rolling()',
      fix: 'use DeploymentStrategy.rolling(), or leave it out',
    },
  ];
}

/** Finding an instance and pulling the image, as they usually go; on a bad day capacity takes longer. */
export const USUAL_PROVISIONING_SECONDS = 300;

/** What scaling to zero costs whoever asks first. */
export function coldStartFinding(startSeconds: number): Finding {
  const minutes = Math.ceil((USUAL_PROVISIONING_SECONDS + startSeconds) / 60);
  return {
    rule: 'COLD_START_FROM_ZERO',
    severity: 'warning',
    message:
      `after a pause the first request is refused, and so is every other for about ${minutes} minutes: ` +
      `about ${Math.ceil(startSeconds / 60)} until the model is loaded as planned, and ${USUAL_PROVISIONING_SECONDS / 60} for an instance and the image, longer where capacity is short`,
    got: 'a minimum of 0',
    allowed: 'a minimum of 0 where callers try again for that long',
    fix: 'let callers retry and acknowledge this, keep 1 in working hours with schedules, or use asyncInference, where requests wait',
    path: '/endpoint/minInstanceCount',
  };
}
