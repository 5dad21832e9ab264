import { InvokeEndpointCommand, SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
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
    const answer = await new SageMakerRuntimeClient(deployment.clientOptions).send(
      new InvokeEndpointCommand({
        EndpointName: /EndpointName = (\S+)/.exec(output)![1],
        ContentType: 'application/json',
        Body: Buffer.from(JSON.stringify({ messages: [{ role: 'user', content: 'It was' }], max_tokens: 8 })),
      }),
    );
    const { choices, model } = JSON.parse(Buffer.from(answer.Body!).toString('utf8'));
    expect(model).toBe(file);
    expect(choices[0].message.content).toMatch(/\w/);
  });
});
