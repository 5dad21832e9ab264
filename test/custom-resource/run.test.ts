import { CustomResourceFailure, poll } from '../../lib/custom-resource';
import { awsError, EVENT, World } from './world';

test('what was done is answered with its id and data', async () => {
  const response = await new World().answer(
    async () => ({ done: true, physicalResourceId: 'x', data: { A: '1' } }),
    {},
  );
  expect(response).toEqual({
    Status: 'SUCCESS',
    PhysicalResourceId: 'x',
    Data: { A: '1' },
    StackId: EVENT.StackId,
    RequestId: EVENT.RequestId,
    LogicalResourceId: 'Job',
  });
});

test('a failure is answered with its reason and the id of what was begun', async () => {
  const response = await new World().answer(async () => {
    throw new CustomResourceFailure('it broke', 'half-made');
  }, {});
  expect(response).toMatchObject({ Status: 'FAILED', Reason: 'it broke', PhysicalResourceId: 'half-made' });
});

test('an error of the SDK is answered with its name; the resource keeps its id', async () => {
  const response = await new World().answer(
    async () => {
      throw awsError('AccessDeniedException', 'not authorized');
    },
    { RequestType: 'Update', PhysicalResourceId: 'there' },
  );
  expect(response).toMatchObject({
    Status: 'FAILED',
    Reason: 'AccessDeniedException: not authorized',
    PhysicalResourceId: 'there',
  });
});

test('even an error without words is answered, and a reason never outgrows the answer', async () => {
  const silent = await new World().answer(async () => {
    throw new Error('');
  }, {});
  expect(silent.Reason).toBe('no reason was given');
  const long = await new World().answer(async () => {
    throw new Error('x'.repeat(10_000));
  }, {});
  expect(Buffer.byteLength(JSON.stringify(long))).toBeLessThan(4_096);
});

test('work that outlasts one run goes on in the next, from the same start', async () => {
  const world = new World();
  const begun: number[] = [];
  const response = await world.answer(async (_, turn) => {
    begun.push(turn.startedAt);
    const end = await poll(turn, async () => (world.time > turn.startedAt + 40 * 60_000 ? 'end' : undefined));
    return end === undefined ? { done: false } : { done: true, physicalResourceId: 'x' };
  }, {});
  expect(response.Status).toBe('SUCCESS');
  expect(world.runs).toBe(3);
  expect(new Set(begun).size).toBe(1);
});

describe('poll', () => {
  const turn = (world: World) => ({
    clock: { now: () => world.time, sleep: async (ms: number) => void (world.time += ms) },
    startedAt: world.time,
    deadline: world.time + 600_000,
  });

  test.each(['ThrottlingException', 'TooManyRequestsException', 'ServiceUnavailable', 'ECONNRESET'])(
    'asks again after %s',
    async (name) => {
      let asked = 0;
      const answer = await poll(turn(new World()), async () => {
        if (++asked < 4) throw awsError(name);
        return asked;
      });
      expect(answer).toBe(4);
    },
  );

  test('asks again after an error of the service', async () => {
    let asked = 0;
    const answer = await poll(turn(new World()), async () => {
      if (++asked < 2) throw awsError('Unknown', 'oops', 503);
      return asked;
    });
    expect(answer).toBe(2);
  });

  test('does not ask again what is refused', async () => {
    const ask = jest.fn(async () => {
      throw awsError('AccessDeniedException');
    });
    await expect(poll(turn(new World()), ask)).rejects.toMatchObject({ name: 'AccessDeniedException' });
    expect(ask).toHaveBeenCalledTimes(1);
  });

  test('ends before its time is over, and asks less and less often', async () => {
    const world = new World();
    const given = turn(world);
    const times: number[] = [];
    expect(await poll(given, async () => void times.push(world.time))).toBeUndefined();
    expect(world.time).toBeLessThanOrEqual(given.deadline);
    const pauses = times.slice(1).map((time, index) => time - times[index]);
    expect([...pauses].sort((a, b) => a - b)).toEqual(pauses);
    expect(pauses.at(-1)).toBe(30_000);
  });
});
