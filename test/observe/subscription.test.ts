import { runCustomResource } from '../../lib/custom-resource';
import type { CustomResourceEvent, CustomResourceResponse } from '../../lib/custom-resource';
import { subscriptionResource, type LogsPort } from '../../lib/observe';
import { fakeClock } from '../smoke-test/fakes';

const named = (name: string) => Object.assign(new Error(name), { name });
const PROPERTIES = { LogGroupName: '/aws/sagemaker/Endpoints/chat', Destination: 'arn:function' };

function port(overrides: Partial<LogsPort> = {}) {
  const calls: unknown[][] = [];
  const noting =
    (name: string) =>
    async (...args: unknown[]): Promise<void> =>
      void calls.push([name, ...args]);
  const logs: LogsPort = {
    createLogGroup: noting('create'),
    putRetention: noting('retention'),
    putSubscription: noting('subscribe'),
    deleteSubscription: noting('unsubscribe'),
    ...overrides,
  };
  return { logs, calls };
}

async function send(logs: LogsPort, event: Partial<CustomResourceEvent>): Promise<CustomResourceResponse> {
  const responses: CustomResourceResponse[] = [];
  await runCustomResource(
    {
      RequestType: 'Create',
      RequestId: 'request',
      ResponseURL: 'https://example.com',
      StackId: 'stack',
      LogicalResourceId: 'Logs',
      ResourceProperties: PROPERTIES,
      ...event,
    },
    900_000,
    { clock: fakeClock(), respond: async (_url, response) => void responses.push(response), goOn: jest.fn() },
    subscriptionResource(logs),
  );
  return responses[0];
}

test('makes the log group where there is none yet, and subscribes to it', async () => {
  const { logs, calls } = port();
  expect(await send(logs, {})).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: PROPERTIES.LogGroupName });
  expect(calls).toEqual([
    ['create', PROPERTIES.LogGroupName],
    [
      'subscribe',
      PROPERTIES.LogGroupName,
      {
        filterName: 'quantized-endpoints-metrics',
        filterPattern: '?"throughput" ?"eval time"',
        destinationArn: 'arn:function',
      },
    ],
  ]);
});

test('takes the group that SageMaker has made, and keeps lines as long as asked', async () => {
  const { logs, calls } = port({
    createLogGroup: () => Promise.reject(named('ResourceAlreadyExistsException')),
  });
  const ResourceProperties = { ...PROPERTIES, RetentionInDays: '30' };
  expect(await send(logs, { ResourceProperties })).toMatchObject({ Status: 'SUCCESS' });
  expect(calls.map(([name]) => name)).toEqual(['retention', 'subscribe']);
});

test('waits for the permission that was given a moment ago', async () => {
  let tried = 0;
  const { logs } = port({
    putSubscription: async () => {
      if (tried++ < 2) throw named('InvalidParameterException');
    },
  });
  expect(await send(logs, {})).toMatchObject({ Status: 'SUCCESS' });
  expect(tried).toBe(3);
});

test('fails with the service’s own words where it stays refused', async () => {
  const { logs } = port({ putSubscription: () => Promise.reject(named('InvalidParameterException')) });
  expect(await send(logs, {})).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('InvalidParameter') });
});

test('fails where a log group has its two filters already', async () => {
  const { logs } = port({ putSubscription: () => Promise.reject(named('LimitExceededException')) });
  expect(await send(logs, {})).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('LimitExceeded') });
});

test('takes its filter back, and leaves the log', async () => {
  const { logs, calls } = port();
  expect(await send(logs, { RequestType: 'Delete', PhysicalResourceId: 'x' })).toMatchObject({ Status: 'SUCCESS' });
  expect(calls).toEqual([['unsubscribe', PROPERTIES.LogGroupName, 'quantized-endpoints-metrics']]);
});

test('is deleted though its log is gone', async () => {
  const { logs } = port({ deleteSubscription: () => Promise.reject(named('ResourceNotFoundException')) });
  expect(await send(logs, { RequestType: 'Delete', PhysicalResourceId: 'x' })).toMatchObject({ Status: 'SUCCESS' });
});

test.each([{ Destination: 'x' }, { LogGroupName: 'x' }])('says what is missing in %j', async (ResourceProperties) => {
  expect(await send(port().logs, { ResourceProperties })).toMatchObject({
    Status: 'FAILED',
    Reason: expect.stringMatching(/must be given/),
  });
});
