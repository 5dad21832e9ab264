import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { findInstance } from '../../lib/hardware';
import { HOURS_PER_MONTH, type CostEstimate } from '../../lib/plan';
import type { PlanAnswer } from '../../lib/rules';
import type { Finding } from '../../lib/rules/types';
import type { EndpointSpec } from '../../lib/spec/types';
import { known } from '../shared/known';
import { asyncFindings } from './async-inference';
import { componentStrategyFindings, scaleInFindings } from './component';
import type { DataCaptureOptions, RealTimeEndpointProps } from './props';
import { updateFindings } from './update';
import { scheduleFindings } from './schedule';
import { scalesToZero } from './spec';

/** What a stack says that an endpoint spec has no words for. Everything else is judged by the rules in lib/. */
export function stackFindings(
  scope: Construct,
  props: RealTimeEndpointProps,
  spec: EndpointSpec,
  plan: PlanAnswer,
): Finding[] {
  return [
    ...costFindings(props, spec, plan),
    ...hubTokenFindings(scope, props, spec),
    ...encryptionFindings(props, spec),
    ...dataCaptureFindings(props.dataCapture),
    ...deploymentFindings(props),
    ...scalingFindings(props),
    ...asyncFindings(props.asyncInference),
    ...capacityReservationFindings(props.capacityReservationArn),
    ...(props.routing?._findings(spec.container?.family ?? 'custom', spec.options?.enablePrefixCaching) ?? []),
    ...networkFindings(props),
    ...updateFindings(scope, spec),
  ];
}

export function costFindings(props: RealTimeEndpointProps, spec: EndpointSpec, plan: PlanAnswer): Finding[] {
  const { maxMonthlyCost } = props;
  return monthlyCostFindings({ maxMonthlyCost, instances: instanceCounts(props).max }, spec, plan.cost);
}

/** @param asked `instances`: most that run at once; undefined where only deployment knows */
export function monthlyCostFindings(
  asked: { readonly maxMonthlyCost?: number; readonly instances?: number },
  spec: Pick<EndpointSpec, 'instanceType' | 'region'>,
  { usdPerHour, priceDate }: CostEstimate,
): Finding[] {
  const limit = known(asked.maxMonthlyCost);
  if (limit === undefined) return [];
  const where = spec.region ?? 'the region that is chosen at deployment';
  const { instances } = asked;
  if (usdPerHour === null || instances === undefined)
    return [
      {
        rule: 'MONTHLY_COST_UNKNOWN',
        severity: 'warning',
        message: `whether the endpoint stays below maxMonthlyCost cannot be told: no price of ${spec.instanceType} in ${where} is known`,
        got: `maxMonthlyCost ${limit}`,
        allowed: 'an instance type and region with a known price',
        fix: 'run `qe prices`, give the stack a region, or leave maxMonthlyCost out',
        path: '/workload/maxUsdPerMonth',
      },
    ];
  const cost = usdPerHour * HOURS_PER_MONTH * instances;
  if (cost <= limit) return [];
  const affordable = Math.floor(limit / (usdPerHour * HOURS_PER_MONTH));
  return [
    {
      rule: 'MONTHLY_COST_EXCEEDED',
      severity: 'error',
      message:
        `${instances} × ${spec.instanceType} cost $${cost.toFixed(0)} a month in ${where} ` +
        `($${usdPerHour} an hour and instance, ${priceDate}), more than maxMonthlyCost allows`,
      got: `$${cost.toFixed(0)}`,
      allowed: `$${limit}`,
      fix:
        affordable >= 1
          ? `set maxInstanceCount to ${affordable}, or take a cheaper instance type`
          : 'take a cheaper instance type; `qe recommend` ranks them',
      path: '/workload/maxUsdPerMonth',
    },
  ];
}

/**
 * Fewest and most instances; undefined where only deployment knows. Without `maxInstanceCount` there is no room to
 * scale.
 */
export function instanceCounts(props: RealTimeEndpointProps): { min?: number; max?: number } {
  const { minInstanceCount = 1, maxInstanceCount } = props;
  const initial = initialCount(props);
  if (maxInstanceCount !== undefined) return { min: known(minInstanceCount), max: known(maxInstanceCount) };
  const count = known(initial) ?? 1;
  // From zero there is always room to scale: to the one instance that the endpoint begins with.
  return { min: known(minInstanceCount) === 0 ? 0 : count, max: count };
}

/** Instances to begin with; SageMaker makes no endpoint without one, though it may lose the last one later. */
export function initialCount({ initialInstanceCount, minInstanceCount = 1 }: RealTimeEndpointProps): number {
  return initialInstanceCount ?? (known(minInstanceCount) === 0 ? 1 : minInstanceCount);
}

function hubTokenFindings(scope: Construct, props: RealTimeEndpointProps, spec: EndpointSpec): Finding[] {
  if (spec.endpoint?.hubToken !== 'secret') return [];
  const written: unknown = Stack.of(scope).resolve(props.hubToken?.unsafeUnwrap());
  if (typeof written === 'string' && written.startsWith('{{resolve:ssm-secure:'))
    return [
      {
        rule: 'HUB_TOKEN_REFERENCE_UNSUPPORTED',
        severity: 'error',
        message:
          'CloudFormation resolves secure strings of the Parameter Store for few resources, and a SageMaker model is not among them',
        got: 'SecretValue.ssmSecure',
        allowed: 'a secret of AWS Secrets Manager',
        fix: 'use SecretValue.secretsManager, or secret.secretValue',
        path: '/endpoint/hubToken',
      },
    ];
  if (spec.endpoint.modelData !== 'hub')
    return [
      {
        rule: 'HUB_TOKEN_UNUSED',
        severity: 'warning',
        message: 'the endpoint has a hub token, but its model does not come from the hub',
        got: 'hubToken',
        allowed: 'a hub token with ModelSource.huggingFace only',
        fix: 'leave hubToken out: a token that is nowhere cannot leak',
        path: '/endpoint/hubToken',
      },
    ];
  return [
    {
      rule: 'HUB_TOKEN_READABLE',
      severity: 'warning',
      message:
        'the template holds a reference to the hub token only, but SageMaker hands it to the container as a plain variable: ' +
        'whoever may call sagemaker:DescribeModel can read it',
      got: 'hubToken',
      allowed: 'a model in S3, which needs no token on the endpoint',
      fix: 'use a fine-grained token that can read this one repository and acknowledge this, or copy the model to S3',
      path: '/endpoint/hubToken',
    },
  ];
}

/** Source: SageMaker API, CreateEndpointConfig, `KmsKeyId`: the call fails with a type that has local NVMe storage. */
export function volumeTakesKey(spec: EndpointSpec): boolean {
  const instance = spec.instanceType === undefined ? undefined : findInstance(spec.instanceType);
  return instance === undefined || instance.localNvmeBytes === 0;
}

function encryptionFindings(props: RealTimeEndpointProps, spec: EndpointSpec): Finding[] {
  if (props.encryptionKey === undefined || props.dataCapture !== undefined || volumeTakesKey(spec)) return [];
  return [
    {
      rule: 'ENCRYPTION_KEY_WITHOUT_USE',
      severity: 'warning',
      message:
        `${spec.instanceType} has local NVMe storage, which its hardware encrypts with keys of its own; SageMaker refuses a key ` +
        'for it, and nothing else of this endpoint is encrypted with one',
      got: 'encryptionKey',
      allowed: 'a key for a type without local storage, or for captured data',
      fix: 'leave encryptionKey out',
      path: '/instanceType',
    },
  ];
}

function dataCaptureFindings(capture: DataCaptureOptions | undefined): Finding[] {
  const percentage = known(capture?.samplingPercentage);
  const findings: Finding[] = [];
  if (percentage !== undefined && !(Number.isInteger(percentage) && percentage >= 0 && percentage <= 100))
    findings.push({
      rule: 'DATA_CAPTURE_SAMPLING_OUT_OF_RANGE',
      severity: 'error',
      message: 'samplingPercentage of dataCapture is not a share of the requests',
      got: String(percentage),
      allowed: 'a whole number, 0 to 100',
      fix: 'give the per cent of the requests that are to be recorded',
    });
  if (capture?.captureRequests === false && capture.captureResponses === false)
    findings.push({
      rule: 'DATA_CAPTURE_OF_NOTHING',
      severity: 'error',
      message: 'dataCapture records neither requests nor answers',
      got: 'captureRequests false, captureResponses false',
      allowed: 'at least one of the two',
      fix: 'leave dataCapture out',
    });
  return findings;
}

/** Source: SageMaker API, `AutoRollbackConfig.Alarms`. */
const MAX_ROLLBACK_ALARMS = 10;

function deploymentFindings(props: RealTimeEndpointProps): Finding[] {
  const findings = (props.deploymentStrategy?._problems() ?? []).map((problem): Finding => ({
    rule: 'DEPLOYMENT_STRATEGY_OUT_OF_RANGE',
    severity: 'error',
    message: `deploymentStrategy has ${problem}`,
    fix: 'give values within the service’s limits',
  }));
  const own = props.alarms === false ? 0 : 2;
  const given = props.rollbackAlarms?.length ?? 0;
  if (given + own > MAX_ROLLBACK_ALARMS)
    findings.push({
      rule: 'TOO_MANY_ROLLBACK_ALARMS',
      severity: 'error',
      message: `SageMaker watches ${MAX_ROLLBACK_ALARMS} alarms during an update at most`,
      got: `${given} of rollbackAlarms and ${own} of the endpoint’s own`,
      allowed: `${MAX_ROLLBACK_ALARMS} together`,
      fix: 'join some of them in a composite alarm',
    });
  return findings;
}

function scalingFindings(props: RealTimeEndpointProps): Finding[] {
  const { min, max } = instanceCounts(props);
  const zero = scalesToZero(props);
  const findings = [
    ...scheduleFindings(props.schedules, { most: max, takesZero: min === 0 || min === undefined, unit: 'instances' }),
    ...scaleInFindings(props.managedScaleIn),
    ...(zero ? componentStrategyFindings(props.deploymentStrategy) : []),
  ];
  if (props.managedScaleIn !== undefined && !zero)
    findings.push({
      rule: 'MANAGED_SCALE_IN_WITHOUT_COMPONENTS',
      severity: 'warning',
      message: 'SageMaker manages the instances below inference components, and this endpoint has none',
      got: 'managedScaleIn',
      allowed: 'with minInstanceCount 0, or in a ModelFleet',
      fix: 'leave it out; scaleInCooldown says how fast instances go',
      path: '/endpoint',
    });
  const target = known(props.scalingTarget);
  if (target === undefined || target > 0) return findings;
  return [
    ...findings,
    {
      rule: 'SCALING_TARGET_OUT_OF_RANGE',
      severity: 'error',
      message: 'scalingTarget is the number of requests that an instance answers at once',
      got: String(target),
      allowed: 'a number above 0',
      fix: 'leave it out for 70 % of the planned concurrency',
    },
  ];
}

/** Source: SageMaker API, `MlReservationArn`. */
const RESERVATION_ARN = /^arn:aws[a-z-]*:sagemaker:[a-z0-9-]*:\d{12}:[a-z0-9-]{1,14}\/.+$/;
const LONGEST_RESERVATION_ARN = 258;

export function capacityReservationFindings(arn: string | undefined): Finding[] {
  const given = known(arn);
  if (given === undefined || (RESERVATION_ARN.test(given) && given.length <= LONGEST_RESERVATION_ARN)) return [];
  return [
    {
      rule: 'CAPACITY_RESERVATION_ARN_INVALID',
      severity: 'error',
      message: 'capacityReservationArn is not the ARN of an ML capacity reservation',
      got: given,
      allowed: 'arn:aws:sagemaker:REGION:ACCOUNT:…/…',
      fix: 'take the ARN of the training plan or reservation from the SageMaker console; one of EC2 does not serve',
      path: '/endpoint',
    },
  ];
}

/** Source: SageMaker API, `VpcConfig`. */
const MAX_SECURITY_GROUPS = 5;

function networkFindings(props: RealTimeEndpointProps): Finding[] {
  const findings: Finding[] = [];
  const given = props.securityGroups?.length ?? 0;
  if (given > MAX_SECURITY_GROUPS)
    findings.push({
      rule: 'TOO_MANY_SECURITY_GROUPS',
      severity: 'error',
      message: 'SageMaker attaches five security groups to a model at most',
      got: String(given),
      allowed: `1 to ${MAX_SECURITY_GROUPS}`,
      fix: 'join some of them',
    });
  const orphans = (['vpcSubnets', 'securityGroups', 'allowAllOutbound'] as const).filter(
    (name) => props[name] !== undefined,
  );
  if (props.vpc === undefined && orphans.length > 0)
    findings.push({
      rule: 'NETWORK_WITHOUT_VPC',
      severity: 'error',
      message: `${orphans.join(', ')} say how the endpoint lies in a VPC, but it is in none`,
      got: orphans.join(', '),
      allowed: 'with vpc only',
      fix: 'give vpc, or leave them out',
      path: '/endpoint/vpc',
    });
  return findings;
}
