import { ask, chatRequest } from './ask';
import { expectDone, startDeployment, type Deployment } from './cdk';

describe('the app of cdk.json', () => {
  let deployment: Deployment;

  beforeAll(async () => {
    deployment = await startDeployment();
  });
  afterAll(() => deployment?.stop());

  test('deploys with plain `cdk deploy`, answers, and is destroyed', async () => {
    const bootstrap = await deployment.cdk('bootstrap');
    expectDone(bootstrap.status, bootstrap.output);
    const { status, output } = await deployment.cdk('deploy', '--require-approval', 'never');
    expectDone(status, output);
    expect(output).toContain('✅  StoryTeller');
    const endpointName = /EndpointName = (\S+)/.exec(output)![1];
    const { text } = await ask(deployment, endpointName, chatRequest('Once upon a time', 16));
    expect(text).toMatch(/\w/);
    expect(await deployment.cdk('destroy', '--force')).toMatchObject({ status: 0 });
  });
});
