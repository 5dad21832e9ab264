import { optimizationJobResource, waitsFor, WAIT_SECONDS } from '../../lib/optimization/job';
import { awsError, EVENT, World } from '../custom-resource/world';

/** SageMaker as far as jobs go, with the failures that a test asks for. */
class SageMaker {
  readonly jobs = new Map<string, { status: string; failureReason?: string; recommendedImage?: string }>();
  readonly calls: string[] = [];
  readonly requests: Record<string, unknown>[] = [];
  /** Errors of the next calls, by operation. */
  readonly errors: Partial<Record<'create' | 'describe' | 'stop' | 'delete', Error[]>> = {};

  private called(operation: 'create' | 'describe' | 'stop' | 'delete', name: string) {
    this.calls.push(operation);
    const error = this.errors[operation]?.shift();
    if (error !== undefined) throw error;
    if (operation === 'create') return undefined;
    const job = this.jobs.get(name);
    if (job === undefined) throw awsError('ResourceNotFound', `Could not find optimization job "${name}".`);
    return job;
  }

  readonly resource = optimizationJobResource({
    create: async (request) => {
      const name = String(request.OptimizationJobName);
      this.called('create', name);
      if (this.jobs.has(name)) throw awsError('ResourceInUse');
      this.requests.push(request);
      this.jobs.set(name, { status: 'STARTING' });
    },
    describe: async (name) => this.called('describe', name)!,
    stop: async (name) => {
      const job = this.called('stop', name)!;
      if (!['STARTING', 'INPROGRESS'].includes(job.status)) throw awsError('ValidationException');
      job.status = 'STOPPING';
    },
    delete: async (name) => {
      this.called('delete', name);
      this.jobs.delete(name);
    },
  });
}

const REQUEST = {
  RoleArn: 'arn:aws:iam::123456789012:role/job',
  DeploymentInstanceType: 'ml.g5.12xlarge',
  // As CloudFormation hands them over.
  MaxInstanceCount: '2',
  StoppingCondition: { MaxRuntimeInSeconds: '14400' },
  ModelSource: { S3: { S3Uri: 's3://models/llama/', ModelAccessConfig: { AcceptEula: 'true' } } },
  OptimizationConfigs: [{ ModelQuantizationConfig: { OverrideEnvironment: { OPTION_CALIB_SIZE: '512' } } }],
};
const JOB = { Kind: 'Job', NamePrefix: 'stack-llama', Identity: '0a1b2c3d', Request: REQUEST };
const NAME = 'stack-llama-0a1b2c3d';
const WAIT = { Kind: 'Wait', JobName: NAME, Last: 'true' };

describe('the job', () => {
  test('is created with the types of the API, and answered for at once', async () => {
    const sagemaker = new SageMaker();
    const world = new World();
    const before = world.time;
    const response = await world.answer(sagemaker.resource, { ResourceProperties: JOB });
    expect(response).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: NAME, Data: { JobName: NAME } });
    expect(world.time).toBe(before);
    expect(sagemaker.requests).toEqual([
      {
        ...REQUEST,
        MaxInstanceCount: 2,
        StoppingCondition: { MaxRuntimeInSeconds: 14_400 },
        ModelSource: { S3: { S3Uri: 's3://models/llama/', ModelAccessConfig: { AcceptEula: true } } },
        OptimizationJobName: NAME,
      },
    ]);
  });

  test('is created although SageMaker is busy', async () => {
    const sagemaker = new SageMaker();
    sagemaker.errors.create = [awsError('ThrottlingException'), awsError('InternalFailure', '', 500)];
    const response = await new World().answer(sagemaker.resource, { ResourceProperties: JOB });
    expect(response.Status).toBe('SUCCESS');
    expect(sagemaker.requests).toHaveLength(1);
  });

  test.each([
    awsError('AccessDeniedException', 'not authorized to perform: sagemaker:CreateOptimizationJob'),
    awsError('ValidationException', 'Could not assume role arn:aws:iam::123456789012:role/job.'),
  ])('is created once a role that is new is known everywhere: $message', async (error) => {
    const sagemaker = new SageMaker();
    sagemaker.errors.create = Array.from({ length: 5 }, () => error);
    expect(await new World().answer(sagemaker.resource, { ResourceProperties: JOB })).toMatchObject({
      Status: 'SUCCESS',
    });
    expect(sagemaker.requests).toHaveLength(1);
  });

  test('a role that stays refused is told after a minute or two', async () => {
    const sagemaker = new SageMaker();
    const world = new World();
    const start = world.time;
    sagemaker.errors.create = Array.from({ length: 100 }, () => awsError('AccessDeniedException', 'not authorized'));
    const response = await world.answer(sagemaker.resource, { ResourceProperties: JOB });
    expect(response).toMatchObject({ Status: 'FAILED', PhysicalResourceId: NAME });
    expect(response.Reason).toContain('AccessDeniedException: not authorized');
    expect(world.time - start).toBeLessThan(180_000);
  });

  test('is created once, although Lambda hands the event in twice', async () => {
    const sagemaker = new SageMaker();
    const first = await new World().answer(sagemaker.resource, { ResourceProperties: JOB });
    const second = await new World().answer(sagemaker.resource, { ResourceProperties: JOB });
    expect(second).toEqual(first);
    expect(sagemaker.requests).toHaveLength(1);
  });

  test('gives SageMaker’s reason when it is refused, and nothing is left to delete', async () => {
    const sagemaker = new SageMaker();
    sagemaker.errors.create = [awsError('ResourceLimitExceeded', 'The account-level service limit is 0 Instances')];
    const response = await new World().answer(sagemaker.resource, { ResourceProperties: JOB });
    expect(response).toMatchObject({ Status: 'FAILED', PhysicalResourceId: NAME });
    expect(response.Reason).toContain('ResourceLimitExceeded: The account-level service limit is 0 Instances');
    const cleanup = { RequestType: 'Delete', PhysicalResourceId: NAME, ResourceProperties: JOB } as const;
    expect(await new World().answer(sagemaker.resource, cleanup)).toMatchObject({ Status: 'SUCCESS' });
  });

  test('that SageMaker never finds time for fails with its name', async () => {
    const sagemaker = new SageMaker();
    sagemaker.errors.create = Array.from({ length: 1_000 }, () => awsError('ThrottlingException'));
    const response = await new World().answer(sagemaker.resource, { ResourceProperties: JOB });
    expect(response).toMatchObject({ Status: 'FAILED', PhysicalResourceId: NAME });
    expect(response.Reason).toContain('too busy');
  });

  test('is replaced by another when its result would be another', async () => {
    const sagemaker = new SageMaker();
    const response = await new World().answer(sagemaker.resource, {
      RequestType: 'Update',
      PhysicalResourceId: NAME,
      ResourceProperties: { ...JOB, Identity: 'ffffffff' },
      OldResourceProperties: JOB,
    });
    expect(response.PhysicalResourceId).toBe('stack-llama-ffffffff');
    expect(sagemaker.requests).toHaveLength(1);
  });

  test('stays when its result stays', async () => {
    const sagemaker = new SageMaker();
    const response = await new World().answer(sagemaker.resource, {
      RequestType: 'Update',
      PhysicalResourceId: NAME,
      ResourceProperties: { ...JOB, Request: { ...REQUEST, RoleArn: 'arn:aws:iam::123456789012:role/other' } },
      OldResourceProperties: JOB,
    });
    expect(response).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: NAME });
    expect(sagemaker.calls).toEqual([]);
  });

  test('a rollback finds the former job again', async () => {
    const sagemaker = new SageMaker();
    sagemaker.jobs.set(NAME, { status: 'COMPLETED' });
    const response = await new World().answer(sagemaker.resource, {
      RequestType: 'Update',
      PhysicalResourceId: 'stack-llama-ffffffff',
      ResourceProperties: JOB,
      OldResourceProperties: { ...JOB, Identity: 'ffffffff' },
    });
    expect(response).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: NAME });
    expect(sagemaker.requests).toEqual([]);
  });

  test.each(['FAILED', 'STOPPED', 'STOPPING'])('one of the same name that has %s makes way', async (status) => {
    const sagemaker = new SageMaker();
    const world = new World();
    sagemaker.jobs.set(NAME, { status });
    world.onSleep.push(() => {
      const job = sagemaker.jobs.get(NAME);
      if (job?.status === 'STOPPING') job.status = 'STOPPED';
    });
    const response = await world.answer(sagemaker.resource, { ResourceProperties: JOB });
    expect(response).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: NAME });
    expect(sagemaker.jobs.get(NAME)).toEqual({ status: 'STARTING' });
  });

  test('a name that is in use by nothing is told, not tried for ever', async () => {
    const sagemaker = new SageMaker();
    sagemaker.errors.create = [awsError('ResourceInUse', 'name in use')];
    const response = await new World().answer(sagemaker.resource, { ResourceProperties: JOB });
    expect(response.Reason).toContain('ResourceInUse: name in use');
  });
});

describe('waiting', () => {
  const waiting = (sagemaker: SageMaker, properties = WAIT, world = new World()) =>
    world.answer(sagemaker.resource, { ResourceProperties: properties });

  /** The job's status, by minutes from now. */
  function course(sagemaker: SageMaker, world: World, after: number, end: { status: string; failureReason?: string }) {
    sagemaker.jobs.set(NAME, { status: 'INPROGRESS' });
    const start = world.time;
    world.onSleep.push(() => {
      if (world.time > start + after * 60_000 && sagemaker.jobs.has(NAME)) sagemaker.jobs.set(NAME, end);
    });
  }

  test('ends with the job, and hands on the image that SageMaker recommends', async () => {
    const sagemaker = new SageMaker();
    const world = new World();
    course(sagemaker, world, 42, { status: 'COMPLETED', ...{ recommendedImage: 'image' } });
    expect(await waiting(sagemaker, WAIT, world)).toMatchObject({
      Status: 'SUCCESS',
      Data: { Status: 'COMPLETED', RecommendedInferenceImage: 'image' },
    });
    expect(world.runs).toBeGreaterThan(1);
  });

  test('fails with the reason of the job', async () => {
    const sagemaker = new SageMaker();
    sagemaker.jobs.set(NAME, { status: 'FAILED', failureReason: 'ClientError: not enough memory' });
    expect(await waiting(sagemaker)).toMatchObject({
      Status: 'FAILED',
      Reason: `optimization job ${NAME} failed: ClientError: not enough memory`,
    });
  });

  test('fails when somebody stops the job', async () => {
    const sagemaker = new SageMaker();
    sagemaker.jobs.set(NAME, { status: 'STOPPED' });
    expect((await waiting(sagemaker)).Reason).toContain('was stopped');
  });

  test('fails when somebody deletes the job', async () => {
    expect((await waiting(new SageMaker())).Reason).toContain(`no optimization job ${NAME} any more`);
  });

  test('is not disturbed by throttling', async () => {
    const sagemaker = new SageMaker();
    sagemaker.jobs.set(NAME, { status: 'COMPLETED' });
    sagemaker.errors.describe = [awsError('ThrottlingException'), awsError('ThrottlingException')];
    expect(await waiting(sagemaker)).toMatchObject({ Status: 'SUCCESS' });
  });

  test('hands over to the next resource before CloudFormation’s hour is over', async () => {
    const sagemaker = new SageMaker();
    sagemaker.jobs.set(NAME, { status: 'INPROGRESS' });
    const world = new World();
    const start = world.time;
    expect(await waiting(sagemaker, { ...WAIT, Last: 'false' }, world)).toMatchObject({
      Status: 'SUCCESS',
      Data: { Status: 'INPROGRESS' },
    });
    expect(world.time - start).toBeLessThanOrEqual(WAIT_SECONDS * 1_000);
    expect(world.time - start).toBeGreaterThan((WAIT_SECONDS - 60) * 1_000);
  });

  test('the last of them fails where the job has not ended', async () => {
    const sagemaker = new SageMaker();
    sagemaker.jobs.set(NAME, { status: 'INPROGRESS' });
    expect((await waiting(sagemaker)).Reason).toContain('did not end in time');
  });

  test('leaves nothing behind', async () => {
    const sagemaker = new SageMaker();
    const event = { RequestType: 'Delete', PhysicalResourceId: `${NAME}/wait`, ResourceProperties: WAIT } as const;
    expect(await new World().answer(sagemaker.resource, event)).toMatchObject({ Status: 'SUCCESS' });
    expect(sagemaker.calls).toEqual([]);
  });

  test.each([
    [3_600, 2],
    [14_400, 5],
    [86_400, 27],
  ])('a job of %i s has %i resources that wait', (seconds, count) => {
    expect(waitsFor(seconds)).toBe(count);
    expect(count * WAIT_SECONDS).toBeGreaterThanOrEqual(seconds + 1_800);
  });
});

describe('deleting', () => {
  const deleting = (sagemaker: SageMaker, world = new World()) =>
    world.answer(sagemaker.resource, {
      RequestType: 'Delete',
      PhysicalResourceId: NAME,
      ResourceProperties: JOB,
    });

  test('stops a job that runs, waits until it has stopped, and deletes it', async () => {
    const sagemaker = new SageMaker();
    const world = new World();
    sagemaker.jobs.set(NAME, { status: 'INPROGRESS' });
    const start = world.time;
    world.onSleep.push(() => {
      const job = sagemaker.jobs.get(NAME);
      if (job?.status === 'STOPPING' && world.time > start + 20 * 60_000) job.status = 'STOPPED';
    });
    expect(await deleting(sagemaker, world)).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: NAME });
    expect(sagemaker.jobs.size).toBe(0);
    expect(sagemaker.calls.filter((call) => call === 'delete')).toHaveLength(1);
  });

  test.each(['COMPLETED', 'FAILED', 'STOPPED'])('only deletes one that has %s', async (status) => {
    const sagemaker = new SageMaker();
    sagemaker.jobs.set(NAME, { status });
    await deleting(sagemaker);
    expect(sagemaker.calls).toEqual(['describe', 'delete']);
  });

  test('one that is gone is none to delete', async () => {
    expect(await deleting(new SageMaker())).toMatchObject({ Status: 'SUCCESS' });
  });

  test('one that ends while it is being stopped is deleted', async () => {
    const sagemaker = new SageMaker();
    const world = new World();
    sagemaker.jobs.set(NAME, { status: 'INPROGRESS' });
    sagemaker.errors.stop = [awsError('ValidationException', 'the job is not running')];
    world.onSleep.push(() => sagemaker.jobs.has(NAME) && sagemaker.jobs.set(NAME, { status: 'COMPLETED' }));
    expect(await deleting(sagemaker, world)).toMatchObject({ Status: 'SUCCESS' });
    expect(sagemaker.jobs.size).toBe(0);
  });

  test('is not disturbed by throttling of any call', async () => {
    const sagemaker = new SageMaker();
    const world = new World();
    sagemaker.jobs.set(NAME, { status: 'INPROGRESS' });
    for (const call of ['describe', 'stop', 'delete'] as const)
      sagemaker.errors[call] = [awsError('ThrottlingException'), awsError('ThrottlingException')];
    world.onSleep.push(() => {
      const job = sagemaker.jobs.get(NAME);
      if (job?.status === 'STOPPING') job.status = 'STOPPED';
    });
    expect(await deleting(sagemaker, world)).toMatchObject({ Status: 'SUCCESS' });
    expect(sagemaker.jobs.size).toBe(0);
  });

  test('a job that never stops does not hold the stack', async () => {
    const sagemaker = new SageMaker();
    sagemaker.jobs.set(NAME, { status: 'STOPPING' });
    const world = new World();
    const start = world.time;
    expect(await deleting(sagemaker, world)).toMatchObject({ Status: 'SUCCESS' });
    expect(world.time - start).toBeLessThan(3_600_000);
  });

  test('a refusal is told', async () => {
    const sagemaker = new SageMaker();
    sagemaker.jobs.set(NAME, { status: 'COMPLETED' });
    sagemaker.errors.delete = [awsError('AccessDeniedException', 'not authorized')];
    expect(await deleting(sagemaker)).toMatchObject({ Status: 'FAILED', PhysicalResourceId: NAME });
  });
});

test('a resource of no kind is refused', async () => {
  const response = await new World().answer(new SageMaker().resource, { ResourceProperties: {} });
  expect(response).toMatchObject({ Status: 'FAILED', PhysicalResourceId: EVENT.RequestId });
});
