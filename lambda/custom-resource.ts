import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { runCustomResource } from '../lib/custom-resource';
import type { Clock, CustomResource, CustomResourceEvent, CustomResourceResponse } from '../lib/custom-resource';

/** What of Lambda's context is read. */
interface LambdaContext {
  readonly invokedFunctionArn: string;
  getRemainingTimeInMillis(): number;
}

const ANSWER_TRIES = 5;

const clock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};

/** A Lambda handler of a custom resource: answers CloudFormation, and goes on in another run when time is up. */
export function customResourceHandler(resource: CustomResource) {
  const lambda = new LambdaClient({});
  return (event: CustomResourceEvent, context: LambdaContext): Promise<void> =>
    runCustomResource(
      event,
      context.getRemainingTimeInMillis(),
      {
        clock,
        respond,
        async goOn(next) {
          await lambda.send(
            new InvokeCommand({
              FunctionName: context.invokedFunctionArn,
              InvocationType: 'Event',
              Payload: Buffer.from(JSON.stringify(next)),
            }),
          );
        },
      },
      resource,
    );
}

async function respond(url: string, response: CustomResourceResponse): Promise<void> {
  const body = JSON.stringify(response);
  for (let tried = 1; ; tried++) {
    // The URL is signed for an empty content type.
    const status = await fetch(url, { method: 'PUT', body, headers: { 'content-type': '' } }).then(
      ({ ok, status: code }) => (ok ? 'ok' : `status ${code}`),
      (error: Error) => error.message,
    );
    if (status === 'ok') return;
    if (tried === ANSWER_TRIES) throw new Error(`CloudFormation could not be answered: ${status}`);
    await clock.sleep(1_000 * 2 ** tried);
  }
}
