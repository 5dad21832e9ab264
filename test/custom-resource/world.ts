import {
  runCustomResource,
  type CustomResource,
  type CustomResourceEvent,
  type CustomResourceResponse,
} from '../../lib/custom-resource';

const LAMBDA_MS = 15 * 60_000;

/** A world with its own time: CloudFormation's answers, Lambda's runs, nothing that waits. */
export class World {
  time = 1_700_000_000_000;
  runs = 0;
  private readonly clock = {
    now: () => this.time,
    sleep: async (milliseconds: number) => {
      this.time += milliseconds;
      for (const step of this.onSleep) step();
    },
  };

  /** Called whenever the program sleeps. */
  readonly onSleep: (() => void)[] = [];

  /** What CloudFormation is told in the end, with as many runs as it takes. */
  async answer(resource: CustomResource, event: Partial<CustomResourceEvent>): Promise<CustomResourceResponse> {
    let response: CustomResourceResponse | undefined;
    let next: CustomResourceEvent | undefined = { ...EVENT, ...event };
    while (next !== undefined) {
      const current: CustomResourceEvent = next;
      next = undefined;
      this.runs++;
      const began = this.time;
      await runCustomResource(
        current,
        LAMBDA_MS,
        {
          clock: this.clock,
          respond: async (_, given) => {
            response = given;
          },
          goOn: async (later) => {
            next = later;
          },
        },
        resource,
      );
      if (this.time - began > LAMBDA_MS) throw new Error('Lambda would have ended this run');
    }
    if (response === undefined) throw new Error('CloudFormation was told nothing');
    return response;
  }
}

export const EVENT: CustomResourceEvent = {
  RequestType: 'Create',
  RequestId: '0a1b2c3d-0000-4000-8000-000000000000',
  ResponseURL: 'https://cloudformation.example/answer',
  StackId: 'arn:aws:cloudformation:us-east-1:123456789012:stack/Stack/1',
  LogicalResourceId: 'Job',
  ResourceProperties: {},
};

/** An error as the SDK throws it. */
export function awsError(name: string, message = name, httpStatusCode = 400): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode } });
}
