import { CustomResourceFailure } from '../custom-resource';
import type { CustomResource } from '../custom-resource';
import { runSmokeTest } from './run';
import { readSettings } from './settings';
import type { EndpointPort, SmokeTestResult, SmokeTestSettings } from './types';

/** What of the account a smoke test needs. */
export interface SmokeTestPorts {
  endpoint(settings: SmokeTestSettings): EndpointPort;
  /** A short digest of a text. */
  digest(text: string): string;
  log(entry: object): void;
}

const MAX_FAULTS_TOLD = 6;

/**
 * The custom resource of a smoke test: it is made, or updated, only when the endpoint answers as it should.
 *
 * Its id tells what has passed: when CloudFormation undoes an update, it goes back to an id that is known, and the
 * endpoint that was good before is not judged again, by which an undoing could fail.
 */
export function smokeTestResource({ endpoint, digest, log }: SmokeTestPorts): CustomResource {
  return async (event, { clock, deadline }) => {
    if (event.RequestType === 'Delete') return { done: true, physicalResourceId: event.PhysicalResourceId ?? 'none' };
    const { ServiceToken: _, ServiceTimeout: __, ...tested } = event.ResourceProperties;
    const physicalResourceId = `smoke-test-${digest(JSON.stringify(tested, Object.keys(tested).sort()))}`;
    if (event.RequestType === 'Update' && event.PhysicalResourceId === physicalResourceId)
      return { done: true, physicalResourceId };

    const settings = readSettings(event.ResourceProperties);
    const result = await runSmokeTest(settings, endpoint(settings), clock, deadline);
    log({ smokeTest: settings.endpointName, ...result });
    if (result.faults.length > 0) throw new CustomResourceFailure(reasonOf(settings, result));
    return {
      done: true,
      physicalResourceId,
      data: {
        FirstTokenMilliseconds: textOf(result.firstTokenMs),
        InterTokenMilliseconds: textOf(result.interTokenMs),
      },
    };
  };
}

function reasonOf({ endpointName }: SmokeTestSettings, { faults }: SmokeTestResult): string {
  const told = faults.slice(0, MAX_FAULTS_TOLD).map(({ id, message }) => `${id} ${message}`);
  const more = faults.length - told.length;
  return `smoke test of ${endpointName} failed: ${[...told, ...(more > 0 ? [`and ${more} more`] : [])].join('; ')}`;
}

function textOf(milliseconds: number | undefined): string {
  return milliseconds === undefined ? '' : milliseconds.toFixed(1);
}
