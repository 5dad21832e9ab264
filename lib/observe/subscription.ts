import { CustomResourceFailure, isNamed, poll } from '../custom-resource';
import type { CustomResource } from '../custom-resource';

/** What CloudWatch Logs is asked for. */
export interface LogsPort {
  createLogGroup(name: string): Promise<void>;
  putRetention(name: string, days: number): Promise<void>;
  putSubscription(name: string, filter: SubscriptionFilter): Promise<void>;
  deleteSubscription(name: string, filterName: string): Promise<void>;
}

/** Which lines of a log go where. */
export interface SubscriptionFilter {
  readonly filterName: string;
  readonly filterPattern: string;
  readonly destinationArn: string;
}

/** A log group has room for two. */
const FILTER_NAME = 'quantized-endpoints-metrics';

/** Lines of vLLM and SGLang, or of llama.cpp; anything else stays where it is. */
const FILTER_PATTERN = '?"throughput" ?"eval time"';

/**
 * The custom resource that has an endpoint's log read. SageMaker makes the log group when the first container starts, and
 * leaves it when the endpoint is deleted: the stack can therefore neither expect it to exist nor make it itself.
 */
export function subscriptionResource(logs: LogsPort): CustomResource {
  return async (event, turn) => {
    const { LogGroupName: group, Destination: destination, RetentionInDays: days } = event.ResourceProperties;
    if (typeof group !== 'string') throw new CustomResourceFailure('LogGroupName must be given');
    if (event.RequestType === 'Delete') {
      await logs.deleteSubscription(group, FILTER_NAME).catch(unlessNamed('ResourceNotFoundException'));
      return { done: true, physicalResourceId: event.PhysicalResourceId ?? group };
    }
    if (typeof destination !== 'string') throw new CustomResourceFailure('Destination must be given');
    await logs.createLogGroup(group).catch(unlessNamed('ResourceAlreadyExistsException'));
    if (typeof days === 'string') await logs.putRetention(group, Number(days));
    const filter = { filterName: FILTER_NAME, filterPattern: FILTER_PATTERN, destinationArn: destination };
    // The permission to call the function may be a moment old, and is tried out by the service.
    const subscribed = await poll(turn, async () => {
      try {
        await logs.putSubscription(group, filter);
        return true;
      } catch (error) {
        if (isNamed(error, 'InvalidParameterException') && turn.clock.now() - turn.startedAt < PROPAGATION_MS)
          return undefined;
        throw error;
      }
    });
    if (subscribed === undefined)
      throw new CustomResourceFailure(`the log ${group} could not be subscribed to in time`);
    return { done: true, physicalResourceId: group };
  };
}

const PROPAGATION_MS = 30_000;

function unlessNamed(name: string) {
  return (error: unknown): void => {
    if (!isNamed(error, name)) throw error;
  };
}
