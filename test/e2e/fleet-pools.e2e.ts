import { ask, chatRequest } from './ask';
import { bootstrap, expectDone, startDeployment, type Deployment } from './cdk';

describe.each([
  ['the preferred type can be had', [], 'gutenberg-3m-Q8_0.gguf'],
  ['there is no capacity for it', ['--no-capacity', 'ml.c7i.4xlarge'], 'gutenberg-3m-Q4_K_M.gguf'],
  [
    'there is none for the next one either',
    ['--no-capacity', 'ml.c7i.4xlarge,ml.c7i.2xlarge'],
    'gutenberg-3m-Q8_0.gguf',
  ],
])('an endpoint with fallback pools when %s', (_, args, file) => {
  let deployment: Deployment;

  beforeAll(async () => {
    deployment = await startDeployment(...args);
  });
  afterAll(() => deployment?.stop());

  test('is created, and serves the weights that suit the type it got', async () => {
    await bootstrap(deployment);
    const { status, output } = await deployment.cdk(
      'deploy',
      ...['--app', 'node tools/run-app.mjs test/e2e/fleet-pools-app.ts'],
      ...['--require-approval', 'never'],
    );
    expectDone(status, output);
    const endpointName = /EndpointName = (\S+)/.exec(output)![1];
    const { text, model } = await ask(deployment, endpointName, chatRequest('It was', 8));
    expect(model).toBe(file);
    expect(text).toMatch(/\w/);
  });
});
