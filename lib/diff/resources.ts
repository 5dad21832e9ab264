import type { Change, EndpointFacts } from './types';

const DEFAULT_STEP_PERCENT = 100;

/** What CloudFormation and SageMaker do with the difference: what is replaced, dropped or needs room. */
export function resourceChanges(before: EndpointFacts, after: EndpointFacts): Change[] {
  return [
    ...replacement(before, after),
    ...droppedCount(before, after),
    ...boundCount(before, after),
    ...capacity(before, after),
  ];
}

/** Source: CloudFormation resource reference, AWS::SageMaker::Endpoint: `EndpointName` requires replacement. */
function replacement(before: EndpointFacts, after: EndpointFacts): Change[] {
  if (before.hostsComponents !== after.hostsComponents)
    return [
      {
        id: 'ENDPOINT_REPLACED',
        severity: 'danger',
        message:
          'a variant that holds a model cannot become one for inference components, nor the other way round: a new endpoint under another name takes its place, and the old one is deleted',
        before: before.hostsComponents ? 'inference components' : 'a model of its own',
        after: after.hostsComponents ? 'inference components' : 'a model of its own',
        fix: 'deploy the new one beside the old, move the clients, and delete the old one then',
      },
    ];
  if (before.endpointName === after.endpointName) return [];
  // A spec may leave the name to the construct, which makes the same one again.
  const isOpen = ({ source, endpointName }: EndpointFacts) => source === 'spec' && endpointName === undefined;
  if (isOpen(before) || isOpen(after)) return [];
  return [
    {
      id: 'ENDPOINT_REPLACED',
      severity: 'danger',
      message: 'another name makes another endpoint, and the old one is deleted: clients that call it by name fail',
      before: before.endpointName ?? 'a name made by CloudFormation',
      after: after.endpointName ?? 'a name made by CloudFormation',
      fix: 'keep the name',
    },
  ];
}

/** Source: SageMaker API, UpdateEndpoint, `RetainAllVariantProperties`. */
function droppedCount(before: EndpointFacts, after: EndpointFacts): Change[] {
  if (!before.scales || after.retainsCount || before.hostsComponents || !updatesFleet(before, after)) return [];
  const most = before.currentInstanceCount ?? before.maxInstanceCount;
  const next = after.initialInstanceCount ?? 1;
  if (most !== undefined && most <= next) return [];
  return [
    {
      id: 'SCALED_COUNT_DROPPED',
      severity: 'danger',
      message: 'the update sets the number of instances to the initial one, whatever the scaling has made of it',
      before: before.currentInstanceCount === undefined ? `up to ${most ?? 'any number'}` : String(most),
      after: String(next),
      fix: after.scales
        ? 'set RetainAllVariantProperties on the endpoint'
        : 'keep maxInstanceCount above minInstanceCount, or set initialInstanceCount to what is needed',
    },
  ];
}

function boundCount(
  { currentInstanceCount: current }: EndpointFacts,
  { maxInstanceCount: most, scales }: EndpointFacts,
) {
  if (!scales || current === undefined || most === undefined || current <= most) return [];
  const change: Change = {
    id: 'SCALED_IN_BY_NEW_BOUND',
    severity: 'danger',
    message: 'more instances run than the new bound allows: scaling removes them at once',
    before: String(current),
    after: String(most),
    fix: 'raise maxInstanceCount, or deploy when fewer run',
  };
  return [change];
}

/** Source: SageMaker developer guide, deployment guardrails: blue/green runs both fleets, rolling one batch more. */
function capacity(before: EndpointFacts, after: EndpointFacts): Change[] {
  if (!updatesFleet(before, after)) return [];
  const count = fleetOf(before, after);
  if (count === 0) return [];
  const { kind, stepPercent } = after.strategy ?? { kind: 'ALL_AT_ONCE' as const, stepPercent: DEFAULT_STEP_PERCENT };
  const type = after.instanceType ?? 'the new instance type';
  const another = before.instanceType !== after.instanceType;
  if (kind === 'ROLLING') {
    const batch = Math.max(1, Math.floor((count * stepPercent) / 100));
    return [
      {
        id: 'CAPACITY_NEEDED',
        severity: 'notice',
        message: `rolling starts ${instances(batch, type)} at a time beside the ${count} that serve`,
        after: another
          ? `a quota of ${count} for ${type} (endpoint usage)`
          : `a quota of ${count + batch} for ${type} (endpoint usage)`,
      },
    ];
  }
  return [
    {
      id: 'CAPACITY_NEEDED',
      severity: 'notice',
      message: `blue/green starts ${instances(count, type)} while the ${count} that serve go on`,
      after: another
        ? `a quota of ${count} for ${type} (endpoint usage), beside that of ${before.instanceType ?? 'the old type'}`
        : `a quota of ${2 * count} for ${type} (endpoint usage)`,
      fix: 'DeploymentStrategy.rolling() needs one batch more than the fleet only',
    },
  ];
}

/** Is the fleet started anew? A change of scaling alone leaves it as it is. */
export function updatesFleet(before: EndpointFacts, after: EndpointFacts): boolean {
  return (
    before.instanceType !== after.instanceType ||
    (before.source === after.source && (before.image !== after.image || before.weights !== after.weights)) ||
    changedVariables(before, after).length > 0
  );
}

/** Names of variables that differ. What only deployment knows cannot be told from what is deployed. */
export function changedVariables(
  { environment: before = {} }: EndpointFacts,
  { environment: after = {} }: EndpointFacts,
) {
  const isOpen = (value: string | undefined) => value?.startsWith('{"') === true;
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((name) => before[name] !== after[name] && isOpen(before[name]) === isOpen(after[name]))
    .sort();
}

/** Instances when the update is made, as far as they are known: the most there may be. */
function fleetOf(before: EndpointFacts, after: EndpointFacts): number {
  if (!after.retainsCount) return after.initialInstanceCount ?? 1;
  return before.currentInstanceCount ?? before.maxInstanceCount ?? after.initialInstanceCount ?? 1;
}

function instances(count: number, type: string): string {
  return `${count} × ${type}`;
}
