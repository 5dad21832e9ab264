import { imageBuildResource, type BuildDescription } from '../../lib/image-build/build';
import { awsError, World } from '../custom-resource/world';

const ID = 'project:1';
const PROPERTIES = { ProjectName: 'project', ImageTag: 'abc' };

class CodeBuild {
  builds = new Map<string, BuildDescription>();
  readonly calls: string[] = [];
  readonly started: unknown[] = [];
  errors: Error[] = [];

  private called(call: string) {
    this.calls.push(call);
    const error = this.errors.shift();
    if (error !== undefined) throw error;
  }

  readonly resource = imageBuildResource({
    start: async (project, variables, token) => {
      this.called('start');
      this.started.push([project, variables, token]);
      this.builds.set(ID, { status: 'IN_PROGRESS', problems: [] });
      return ID;
    },
    describe: async (id) => {
      this.called('describe');
      return this.builds.get(id);
    },
    stop: async (id) => {
      this.called('stop');
      this.builds.set(id, { status: 'STOPPED', problems: [] });
    },
  });
}

/** The build ends after some minutes. */
function course(codeBuild: CodeBuild, world: World, minutes: number, end: BuildDescription) {
  const start = world.time;
  world.onSleep.push(() => {
    if (world.time > start + minutes * 60_000) codeBuild.builds.set(ID, end);
  });
}

test('the image is there once its build has succeeded, over several runs, and is started once', async () => {
  const codeBuild = new CodeBuild();
  const world = new World();
  course(codeBuild, world, 35, { status: 'SUCCEEDED', problems: [] });
  const response = await world.answer(codeBuild.resource, { ResourceProperties: PROPERTIES });
  expect(response).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: ID, Data: { ImageTag: 'abc' } });
  expect(world.runs).toBe(3);
  expect(codeBuild.started).toEqual([['project', { IMAGE_TAG: 'abc' }, expect.any(String)]]);
});

test('CodeBuild is asked again while it is busy, or does not know its new role yet', async () => {
  const codeBuild = new CodeBuild();
  const world = new World();
  codeBuild.errors = [
    awsError('ThrottlingException'),
    awsError('InvalidInputException', 'CodeBuild is not authorized to perform: sts:AssumeRole on service role'),
  ];
  course(codeBuild, world, 1, { status: 'SUCCEEDED', problems: [] });
  expect(await world.answer(codeBuild.resource, { ResourceProperties: PROPERTIES })).toMatchObject({
    Status: 'SUCCESS',
  });
});

test('a build that fails says which phase, why, and where its log is', async () => {
  const codeBuild = new CodeBuild();
  const world = new World();
  course(codeBuild, world, 1, {
    status: 'FAILED',
    problems: ['BUILD: exit status 1'],
    log: 'https://console.example/log',
  });
  expect(await world.answer(codeBuild.resource, { ResourceProperties: PROPERTIES })).toMatchObject({
    Status: 'FAILED',
    PhysicalResourceId: ID,
    Reason: 'the image was not built (FAILED): BUILD: exit status 1; log: https://console.example/log',
  });
});

test('one that never ends fails before CloudFormation’s hour is over', async () => {
  const codeBuild = new CodeBuild();
  const world = new World();
  const start = world.time;
  const response = await world.answer(codeBuild.resource, { ResourceProperties: PROPERTIES });
  expect(response).toMatchObject({ Status: 'FAILED', PhysicalResourceId: ID });
  expect(response.Reason).toContain('did not end in time');
  expect(world.time - start).toBeLessThan(60 * 60_000);
});

test('nothing is built where neither project nor tag changes', async () => {
  const codeBuild = new CodeBuild();
  const response = await new World().answer(codeBuild.resource, {
    RequestType: 'Update',
    PhysicalResourceId: ID,
    ResourceProperties: { ...PROPERTIES, ServiceTimeout: '1' },
    OldResourceProperties: PROPERTIES,
  });
  expect(response).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: ID, Data: { ImageTag: 'abc' } });
  expect(codeBuild.calls).toEqual([]);
});

test('another tag is another build', async () => {
  const codeBuild = new CodeBuild();
  const world = new World();
  course(codeBuild, world, 1, { status: 'SUCCEEDED', problems: [] });
  await world.answer(codeBuild.resource, {
    RequestType: 'Update',
    PhysicalResourceId: 'project:0',
    ResourceProperties: { ...PROPERTIES, ImageTag: 'def' },
    OldResourceProperties: PROPERTIES,
  });
  expect(codeBuild.started).toEqual([['project', { IMAGE_TAG: 'def' }, expect.any(String)]]);
});

describe('deleting', () => {
  const deleting = (codeBuild: CodeBuild, id = ID) =>
    new World().answer(codeBuild.resource, {
      RequestType: 'Delete',
      PhysicalResourceId: id,
      ResourceProperties: PROPERTIES,
    });

  test('stops a build that runs', async () => {
    const codeBuild = new CodeBuild();
    codeBuild.builds.set(ID, { status: 'IN_PROGRESS', problems: [] });
    expect(await deleting(codeBuild)).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: ID });
    expect(codeBuild.builds.get(ID)?.status).toBe('STOPPED');
  });

  test('leaves one that has ended, or that never was', async () => {
    const codeBuild = new CodeBuild();
    codeBuild.builds.set(ID, { status: 'SUCCEEDED', problems: [] });
    await deleting(codeBuild);
    await deleting(codeBuild, 'no build');
    expect(codeBuild.calls).toEqual(['describe', 'describe']);
  });

  test('a refusal is told', async () => {
    const codeBuild = new CodeBuild();
    codeBuild.errors = [awsError('AccessDeniedException', 'not authorized')];
    expect(await deleting(codeBuild)).toMatchObject({ Status: 'FAILED' });
  });
});
