import { InvokeEndpointCommand, SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
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
    const answer = await new SageMakerRuntimeClient(deployment.clientOptions).send(
      new InvokeEndpointCommand({
        EndpointName: /EndpointName = (\S+)/.exec(output)![1],
        ContentType: 'application/json',
        Body: Buffer.from(
          JSON.stringify({ messages: [{ role: 'user', content: 'Once upon a time' }], max_tokens: 16 }),
        ),
      }),
    );
    const { choices, model } = JSON.parse(Buffer.from(answer.Body!).toString('utf8'));
    expect(model).toBe('gutenberg-3m-Q8_0.gguf');
    expect(choices[0].message.content).toMatch(/\w/);
    expect(await cdk('destroy', '--force')).toMatchObject({ status: 0 });
  });
});
