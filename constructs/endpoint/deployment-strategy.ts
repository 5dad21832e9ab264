import { Duration } from 'aws-cdk-lib';
import type { CfnEndpoint, CfnInferenceComponent } from 'aws-cdk-lib/aws-sagemaker';

/** Options of `DeploymentStrategy.allAtOnce`. */
export interface AllAtOnceOptions {
  /**
   * How long alarms are watched, with the old fleet still standing, once all traffic goes to the new one.
   *
   * @default Duration.minutes(5)
   */
  readonly bakeTime?: Duration;
}

/** Options of `DeploymentStrategy.canary`. */
export interface CanaryOptions {
  /**
   * Share of the fleet that gets traffic first, in per cent, 1 to 50.
   *
   * @default 10
   */
  readonly canaryPercentage?: number;

  /**
   * How long alarms are watched before the rest follows.
   *
   * @default Duration.minutes(5)
   */
  readonly bakeTime?: Duration;
}

/** Options of `DeploymentStrategy.linear`. */
export interface LinearOptions {
  /**
   * Share of the fleet that follows in each step, in per cent, 10 to 50.
   *
   * @default 25
   */
  readonly stepPercentage?: number;

  /**
   * How long alarms are watched after each step.
   *
   * @default Duration.minutes(5)
   */
  readonly bakeTime?: Duration;
}

/** Options of `DeploymentStrategy.rolling`. */
export interface RollingOptions {
  /**
   * Share of the fleet that is replaced in each step, in per cent, 5 to 50.
   *
   * @default 50
   */
  readonly batchPercentage?: number;

  /**
   * How long alarms are watched after each step.
   *
   * @default Duration.minutes(5)
   */
  readonly bakeTime?: Duration;
}

/** Times the service needs for one instance, from the plan. */
interface StartTimes {
  readonly startSeconds: number;
}

interface Shape {
  readonly kind: 'ALL_AT_ONCE' | 'CANARY' | 'LINEAR' | 'ROLLING';
  /** Per cent of the fleet in one step. */
  readonly step: number;
  readonly bakeTime: Duration;
}

/** Source: SageMaker API, `MaximumExecutionTimeoutInSeconds`, 600 to 28,800. */
const MIN_EXECUTION_SECONDS = 600;
const MAX_EXECUTION_SECONDS = 28_800;

/**
 * Finding capacity and pulling a 10 GB image come before the model's own start; generous, since a time-out here
 * undoes a good update.
 */
const PROVISIONING_SECONDS = 1_800;

/**
 * How a new model takes over from the one that is being served.
 *
 * Blue/green strategies need capacity for both fleets while they run. Rolling needs only one step more than the
 * fleet, which is often the only way where GPUs are scarce.
 */
export class DeploymentStrategy {
  /** Blue/green: all traffic moves at once; the old fleet stands by until the bake time is over. */
  static allAtOnce(options: AllAtOnceOptions = {}): DeploymentStrategy {
    return new DeploymentStrategy({
      kind: 'ALL_AT_ONCE',
      step: 100,
      bakeTime: options.bakeTime ?? Duration.minutes(5),
    });
  }

  /** Blue/green: a share of the traffic first, then the rest. */
  static canary(options: CanaryOptions = {}): DeploymentStrategy {
    return new DeploymentStrategy({
      kind: 'CANARY',
      step: options.canaryPercentage ?? 10,
      bakeTime: options.bakeTime ?? Duration.minutes(5),
    });
  }

  /** Blue/green: share by share. */
  static linear(options: LinearOptions = {}): DeploymentStrategy {
    return new DeploymentStrategy({
      kind: 'LINEAR',
      step: options.stepPercentage ?? 25,
      bakeTime: options.bakeTime ?? Duration.minutes(5),
    });
  }

  /** Instance by instance in one fleet: each step replaces a share of the instances. */
  static rolling(options: RollingOptions = {}): DeploymentStrategy {
    return new DeploymentStrategy({
      kind: 'ROLLING',
      step: options.batchPercentage ?? 50,
      bakeTime: options.bakeTime ?? Duration.minutes(5),
    });
  }

  private constructor(private readonly shape: Shape) {}

  /** @internal */
  public _render({
    startSeconds,
  }: StartTimes): Omit<CfnEndpoint.DeploymentConfigProperty, 'autoRollbackConfiguration'> {
    const { kind, step, bakeTime } = this.shape;
    const waitIntervalInSeconds = bakeTime.toSeconds();
    // Rolling starts instances anew in each step; blue/green starts them once and then only shifts traffic.
    const steps = kind === 'ALL_AT_ONCE' ? 1 : kind === 'CANARY' ? 2 : Math.ceil(100 / step);
    const starts = kind === 'ROLLING' ? steps : 1;
    const needed = starts * (PROVISIONING_SECONDS + startSeconds) + steps * waitIntervalInSeconds;
    const maximumExecutionTimeoutInSeconds = Math.min(MAX_EXECUTION_SECONDS, Math.max(MIN_EXECUTION_SECONDS, needed));
    const size = { type: 'CAPACITY_PERCENT', value: step };
    if (kind === 'ROLLING')
      return {
        rollingUpdatePolicy: { maximumBatchSize: size, waitIntervalInSeconds, maximumExecutionTimeoutInSeconds },
      };
    return {
      blueGreenUpdatePolicy: {
        maximumExecutionTimeoutInSeconds,
        trafficRoutingConfiguration: {
          type: kind,
          waitIntervalInSeconds,
          ...(kind === 'CANARY' ? { canarySize: size } : {}),
          ...(kind === 'LINEAR' ? { linearStepSize: size } : {}),
        },
      },
    };
  }

  /**
   * The same for the copies of an inference component, which are updated in rolling batches only: new copies start
   * beside the old ones where there is room for them, batch by batch.
   *
   * @internal
   */
  public _renderForComponent({
    startSeconds,
  }: StartTimes): Omit<CfnInferenceComponent.InferenceComponentDeploymentConfigProperty, 'autoRollbackConfiguration'> {
    const { step, bakeTime } = this.shape;
    const waitIntervalInSeconds = bakeTime.toSeconds();
    const batches = Math.ceil(100 / step);
    // A batch may need an instance more than there are.
    const needed = batches * (PROVISIONING_SECONDS + startSeconds + waitIntervalInSeconds);
    return {
      rollingUpdatePolicy: {
        maximumBatchSize: { type: 'CAPACITY_PERCENT', value: step },
        waitIntervalInSeconds,
        maximumExecutionTimeoutInSeconds: Math.min(MAX_EXECUTION_SECONDS, Math.max(MIN_EXECUTION_SECONDS, needed)),
      },
    };
  }

  /** @internal */
  public get _isRolling(): boolean {
    return this.shape.kind === 'ROLLING';
  }

  /**
   * What the service would refuse.
   *
   * @internal
   */
  public _problems(): readonly string[] {
    const { kind, step, bakeTime } = this.shape;
    const limits = { ALL_AT_ONCE: [100, 100], CANARY: [1, 50], LINEAR: [10, 50], ROLLING: [5, 50] }[kind];
    const problems: string[] = [];
    if (!(step >= limits[0] && step <= limits[1]))
      problems.push(`a ${kind.toLowerCase()} step of ${step} per cent, allowed are ${limits[0]} to ${limits[1]}`);
    if (bakeTime.toSeconds() > 3600) problems.push(`a bake time of ${bakeTime.toSeconds()} s, allowed are 0 to 3600`);
    return problems;
  }
}
