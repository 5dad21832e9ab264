import {
  DescribeEndpointCommand,
  ListEndpointsCommand,
  ListInferenceComponentsCommand,
  SageMakerClient,
  UpdateInferenceComponentRuntimeConfigCommand,
} from '@aws-sdk/client-sagemaker';
import { ask, chatRequest, untilAwake } from './ask';
import { bootstrap, expectDone, startDeployment, type Deployment } from './cdk';

describe('an endpoint that is told to scale to zero', () => {
  let deployment: Deployment;
  let sagemaker: SageMakerClient;
  let names: Record<'EndpointName' | 'Component', string>;
  let before: string;

  beforeAll(async () => {
    deployment = await startDeployment();
    sagemaker = new SageMakerClient(deployment.clientOptions);
  });
  afterAll(() => deployment?.stop());

  const cdk = (command: string, least: number, ...more: string[]) =>
    deployment.cdk(
      command,
      ...['--app', 'node tools/run-app.mjs test/e2e/fleet-zero-app.ts', '-c', `minInstanceCount=${least}`],
      ...more,
    );
  const deploy = async (least: number) => {
    const { status, output } = await cdk('deploy', least, '--require-approval', 'never');
    expectDone(status, output);
    names = {
      EndpointName: /\.EndpointName = (\S+)/.exec(output)![1],
      Component: /\.Component = (\S+)/.exec(output)![1],
    };
    return output;
  };
  const invoke = async (component: string | undefined) =>
    (await ask(deployment, names.EndpointName, chatRequest('It was', 8), component)).text;
  const instances = async () => {
    const { ProductionVariants } = await sagemaker.send(
      new DescribeEndpointCommand({ EndpointName: names.EndpointName }),
    );
    return ProductionVariants![0].CurrentInstanceCount;
  };

  test('serves its model itself before it is', async () => {
    await bootstrap(deployment);
    await deploy(1);
    before = names.EndpointName;
    expect(names.Component).toBe('none');
    expect(await invoke(undefined)).toMatch(/\w/);
  });

  test('is another endpoint then, which takes the place of the first', async () => {
    const output = await deploy(0);
    expect(output).toMatch(/COLD_START_FROM_ZERO/);
    expect(names.EndpointName).not.toBe(before);
    const { Endpoints } = await sagemaker.send(new ListEndpointsCommand({}));
    expect(Endpoints!.map(({ EndpointName }) => EndpointName)).toEqual([names.EndpointName]);
    expect(await invoke(names.Component)).toMatch(/\w/);
    await expect(invoke(undefined)).rejects.toThrow('Inference Component Name header is required');
  });

  test('has no instance without a copy, and gets one by the request that it refuses', async () => {
    await sagemaker.send(
      new UpdateInferenceComponentRuntimeConfigCommand({
        InferenceComponentName: names.Component,
        DesiredRuntimeConfig: { CopyCount: 0 },
      }),
    );
    expect(await instances()).toBe(0);
    await expect(invoke(names.Component)).rejects.toThrow('no capacity to process this request');
    // Its instance is there before its copy has started.
    expect(await untilAwake(() => invoke(names.Component))).toMatch(/\w/);
    expect(await instances()).toBe(1);
  });

  test('is destroyed whole', async () => {
    expect(await cdk('destroy', 0, '--force')).toMatchObject({ status: 0 });
    expect((await sagemaker.send(new ListInferenceComponentsCommand({}))).InferenceComponents).toEqual([]);
    expect((await sagemaker.send(new ListEndpointsCommand({}))).Endpoints).toEqual([]);
  });
});
