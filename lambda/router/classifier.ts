import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import type { ClassifierPort } from '../../lib/route';

/** A classifier of the user's own, behind a function. What it answers is checked by the router. */
export function functionClassifier(client: LambdaClient, functionName: string): ClassifierPort {
  return async (input, signal) => {
    const { Payload, FunctionError } = await client.send(
      new InvokeCommand({ FunctionName: functionName, Payload: Buffer.from(JSON.stringify(input)) }),
      { abortSignal: signal },
    );
    if (FunctionError !== undefined) throw new Error(FunctionError);
    return JSON.parse(Buffer.from(Payload!).toString('utf8')) as unknown;
  };
}
