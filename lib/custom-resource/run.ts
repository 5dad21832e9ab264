import type { CustomResource, CustomResourceEvent, CustomResourcePorts, CustomResourceResponse } from './types';

/** Kept back of a run for its answer, or for handing the event on. */
const RESERVE_MS = 60_000;

/** CloudFormation takes an answer of 4 KB; the reason is the one part that grows. */
const MAX_REASON = 1_500;

/**
 * Runs a custom resource on one event. Whatever happens, CloudFormation is answered, or another run goes on: a resource
 * that says nothing holds its stack for an hour.
 *
 * @param remainingMs milliseconds that this run may take
 */
export async function runCustomResource(
  event: CustomResourceEvent,
  remainingMs: number,
  ports: CustomResourcePorts,
  resource: CustomResource,
): Promise<void> {
  const now = ports.clock.now();
  const startedAt = event.StartedAt ?? now;
  const response = await outcomeOf().catch((error: unknown) => failure(event, error));
  if (response !== undefined) await ports.respond(event.ResponseURL, response);

  async function outcomeOf(): Promise<CustomResourceResponse | undefined> {
    const outcome = await resource(event, {
      clock: ports.clock,
      startedAt,
      deadline: now + remainingMs - RESERVE_MS,
    });
    if (outcome.done) return answer(event, outcome.physicalResourceId, { Status: 'SUCCESS', Data: outcome.data ?? {} });
    await ports.goOn({
      ...event,
      StartedAt: startedAt,
      ...(outcome.state === undefined ? {} : { State: outcome.state }),
    });
    return undefined;
  }
}

/** An error that names the resource which the request was about, so that CloudFormation can clean up after it. */
export class CustomResourceFailure extends Error {
  constructor(
    message: string,
    readonly physicalResourceId?: string,
  ) {
    super(message);
    this.name = 'CustomResourceFailure';
  }
}

function failure(event: CustomResourceEvent, error: unknown): CustomResourceResponse {
  const id = error instanceof CustomResourceFailure ? error.physicalResourceId : undefined;
  const text = error instanceof Error ? error.message : String(error);
  const isNamed = error instanceof CustomResourceFailure || !(error instanceof Error) || error.name === 'Error';
  const reason = isNamed ? text : `${error.name}: ${text}`;
  return answer(event, id ?? event.PhysicalResourceId ?? event.RequestId, {
    Status: 'FAILED',
    Reason: reason.slice(0, MAX_REASON) || 'no reason was given',
  });
}

function answer(
  { StackId, RequestId, LogicalResourceId }: CustomResourceEvent,
  PhysicalResourceId: string,
  rest: Pick<CustomResourceResponse, 'Status' | 'Reason' | 'Data'>,
): CustomResourceResponse {
  return { ...rest, PhysicalResourceId, StackId, RequestId, LogicalResourceId };
}
