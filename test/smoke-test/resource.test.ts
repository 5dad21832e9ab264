import { createHash } from 'node:crypto';
import { runCustomResource } from '../../lib/custom-resource';
import type { CustomResourceEvent, CustomResourceResponse } from '../../lib/custom-resource';
import { smokeTestResource } from '../../lib/smoke-test';
import type { EndpointPort, SmokeTestSettings } from '../../lib/smoke-test';
import { fakeClock, saying, SETTINGS } from './fakes';

const { endpointName: _, ...OTHERS } = SETTINGS;
const propertiesOf = (configName: string) => ({
  ServiceToken: 'arn:aws:lambda:us-east-1:123456789012:function:smoke',
  EndpointName: 'chat',
  Deployed: configName,
  Settings: JSON.stringify(OTHERS),
});

function eventOf(event: Partial<CustomResourceEvent>): CustomResourceEvent {
  return {
    RequestType: 'Create',
    RequestId: 'request',
    ResponseURL: 'https://example.com',
    StackId: 'stack',
    LogicalResourceId: 'SmokeTest',
    ResourceProperties: propertiesOf('config-1'),
    ...event,
  };
}

async function send(event: Partial<CustomResourceEvent>, endpoint: EndpointPort) {
  const responses: CustomResourceResponse[] = [];
  const asked: SmokeTestSettings[] = [];
  await runCustomResource(
    eventOf(event),
    600_000,
    { clock: fakeClock(), respond: async (_url, response) => void responses.push(response), goOn: jest.fn() },
    smokeTestResource({
      endpoint: (settings) => (asked.push(settings), endpoint),
      digest: (text) => createHash('sha256').update(text).digest('hex'),
      log: () => undefined,
    }),
  );
  expect(responses).toHaveLength(1);
  return { ...responses[0], asked };
}

const SOUND = saying('The capital of France is Paris.');
const BROKEN = saying('!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!');

test('a sound endpoint passes, with what was measured', async () => {
  const { Status, Data, asked } = await send({}, SOUND);
  expect({ Status, Data }).toEqual({
    Status: 'SUCCESS',
    Data: { FirstTokenMilliseconds: '0.0', InterTokenMilliseconds: '0.0' },
  });
  expect(asked).toEqual([SETTINGS]);
});

test('a broken one fails the deployment, with every fault in the reason', async () => {
  const { Status, Reason } = await send({}, BROKEN);
  expect(Status).toBe('FAILED');
  expect(Reason).toMatch(/^smoke test of chat failed: LOOP prompt 1, whole: .*; LOOP prompt 1, streamed: /);
});

test('an update of what is deployed is tested anew, under another id', async () => {
  const first = await send({}, SOUND);
  const update = {
    RequestType: 'Update',
    PhysicalResourceId: first.PhysicalResourceId,
    ResourceProperties: propertiesOf('config-2'),
  } as const;
  expect(await send(update, BROKEN)).toMatchObject({ Status: 'FAILED', PhysicalResourceId: first.PhysicalResourceId });
  const second = await send(update, SOUND);
  expect(second.Status).toBe('SUCCESS');
  expect(second.PhysicalResourceId).not.toBe(first.PhysicalResourceId);
});

test('going back to what has passed before cannot fail, whatever the endpoint answers', async () => {
  const first = await send({}, SOUND);
  const undone = await send({ RequestType: 'Update', PhysicalResourceId: first.PhysicalResourceId }, BROKEN);
  expect(undone).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: first.PhysicalResourceId, asked: [] });
});

test('is deleted without a question', async () => {
  const { Status, asked } = await send({ RequestType: 'Delete', PhysicalResourceId: 'smoke-test-1' }, BROKEN);
  expect({ Status, asked }).toEqual({ Status: 'SUCCESS', asked: [] });
});

test('without settings says what is missing', async () => {
  const { Status, Reason } = await send({ ResourceProperties: { EndpointName: 'chat' } }, SOUND);
  expect({ Status, Reason }).toEqual({ Status: 'FAILED', Reason: 'EndpointName and Settings must be given' });
});
