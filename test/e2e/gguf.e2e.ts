import { ask, chatRequest } from './ask';
import { bootstrap, expectDone, startDeployment, type Deployment } from './cdk';

describe('the example of GgufEndpoint', () => {
  let deployment: Deployment;

  beforeAll(async () => {
    deployment = await startDeployment();
  });
  afterAll(() => deployment?.stop());

  const cdk = (...args: string[]) => deployment.cdk(...args, '--app', 'node tools/run-app.mjs test/e2e/gguf-app.ts');

  test('serves the file that was chosen of two, and is destroyed', async () => {
    await bootstrap(deployment);
    const { status, output } = await cdk('deploy', '--require-approval', 'never');
    expectDone(status, output);
    const endpointName = /EndpointName = (\S+)/.exec(output)![1];
    const { text, model } = await ask(deployment, endpointName, chatRequest('Once upon a time', 16));
    expect(model).toBe('gutenberg-3m-Q8_0.gguf');
    expect(text).toMatch(/\w/);
    expect(await cdk('destroy', '--force')).toMatchObject({ status: 0 });
  });
});
