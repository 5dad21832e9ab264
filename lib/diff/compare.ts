import { resourceChanges } from './resources';
import { servingChanges } from './serving';
import type { Change, EndpointDiff, EndpointFacts } from './types';

/** What an update from one endpoint to the other does, the worst first. */
export function compareEndpoints(before: EndpointFacts, after: EndpointFacts): EndpointDiff {
  return { key: after.key, changes: [...resourceChanges(before, after), ...servingChanges(before, after)] };
}

/**
 * The same of several: endpoints are the same that have one key, and a single one on either side is the same whatever it is
 * called.
 */
export function compareAll(before: readonly EndpointFacts[], after: readonly EndpointFacts[]): EndpointDiff[] {
  if (before.length === 1 && after.length === 1 && isComparable(before[0], after[0]))
    return [compareEndpoints(before[0], after[0])];
  const diffs: EndpointDiff[] = after.map((next) => {
    const previous = before.find(({ key }) => key === next.key);
    return previous === undefined ? { key: next.key, changes: [added(next)] } : compareEndpoints(previous, next);
  });
  const removed = before
    .filter(({ key }) => after.every((next) => next.key !== key))
    .map((gone) => ({ key: gone.key, changes: [removedOf(gone, after)] }));
  return [...diffs, ...removed];
}

/** Between two templates the logical id decides; anything else names things its own way. */
function isComparable(before: EndpointFacts, after: EndpointFacts): boolean {
  return before.key === after.key || before.source !== 'template' || after.source !== 'template';
}

function added({ endpointName, instanceType, initialInstanceCount = 1 }: EndpointFacts): Change {
  return {
    id: 'ENDPOINT_ADDED',
    severity: 'notice',
    message: `a new endpoint needs ${initialInstanceCount} × ${instanceType ?? 'its instance type'}`,
    after: endpointName ?? 'a name made by CloudFormation',
  };
}

function removedOf({ endpointName, key }: EndpointFacts, after: readonly EndpointFacts[]): Change {
  const heir = endpointName === undefined ? undefined : after.find((next) => next.endpointName === endpointName);
  if (heir !== undefined)
    return {
      id: 'LOGICAL_ID_CHANGED',
      severity: 'danger',
      message:
        'the same name under another logical id: CloudFormation makes the new endpoint before it deletes the old one, and fails because the name is taken',
      before: key,
      after: heir.key,
      fix: 'keep the construct where it was, or refactor the stack with `cdk refactor`',
    };
  return {
    id: 'ENDPOINT_REMOVED',
    severity: 'danger',
    message: 'the endpoint is deleted',
    before: endpointName ?? key,
  };
}
