import { InvokeEndpointCommand, SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
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
    const answer = await new SageMakerRuntimeClient(deployment.clientOptions).send(
      new InvokeEndpointCommand({
        EndpointName: /EndpointName = (\S+)/.exec(output)![1],
        ContentType: 'application/json',
        Body: Buffer.from(
          JSON.stringify({ messages: [{ role: 'user', content: 'Once upon a time' }], max_tokens: 16 }),
        ),
      }),
    );
    const { choices } = JSON.parse(Buffer.from(answer.Body!).toString('utf8'));
    expect(choices[0].message.content).toMatch(/\w/);
    expect(await deployment.cdk('destroy', '--force')).toMatchObject({ status: 0 });
  });
});
