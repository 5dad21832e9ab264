import {
  DescribeEndpointConfigCommand,
  DescribeEndpointCommand,
  DescribeModelCommand,
  ListEndpointsCommand,
  ListModelsCommand,
  SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import {
  BatchGetBuildsCommand,
  CodeBuildClient,
  ListBuildsCommand,
  ListProjectsCommand,
} from '@aws-sdk/client-codebuild';
import { ask, chatRequest } from './ask';
import { bootstrap, expectDone, runApp, startDeployment, type Deployment } from './cdk';

describe('a Neuron endpoint through the CDK command line', () => {
  let deployment: Deployment;
  let sagemaker: SageMakerClient;
  let codeBuild: CodeBuildClient;
  let endpointName: string;

  beforeAll(async () => {
    deployment = await startDeployment();
    sagemaker = new SageMakerClient(deployment.clientOptions);
    codeBuild = new CodeBuildClient(deployment.clientOptions);
    await bootstrap(deployment);
  });
  afterAll(() => deployment?.stop());

  const cdk = (command: string, settings: Readonly<Record<string, string>>, ...more: string[]) =>
    runApp(deployment, 'neuron-app.ts', command, settings, ...more);
  const deploy = async (settings: Readonly<Record<string, string>> = {}) => {
    const { status, output } = await cdk('deploy', settings, '--require-approval', 'never');
    expectDone(status, output);
    endpointName = /EndpointName = (\S+)/.exec(output)![1];
  };
  /** Image and variables of what serves now, and where. */
  const serving = async () => {
    const { EndpointConfigName, EndpointStatus } = await sagemaker.send(
      new DescribeEndpointCommand({ EndpointName: endpointName }),
    );
    const { ProductionVariants } = await sagemaker.send(new DescribeEndpointConfigCommand({ EndpointConfigName }));
    const [variant] = ProductionVariants!;
    const { PrimaryContainer } = await sagemaker.send(new DescribeModelCommand({ ModelName: variant.ModelName }));
    return { EndpointStatus, variant, ...PrimaryContainer! };
  };
  const answer = async () => (await ask(deployment, endpointName, chatRequest('Once upon a time', 8))).text;
  const builds = async () => {
    const { ids } = await codeBuild.send(new ListBuildsCommand({}));
    return ids!.length === 0 ? [] : (await codeBuild.send(new BatchGetBuildsCommand({ ids }))).builds!;
  };

  test('deploys INT8 in LMI 0.29, with the driver and the shape that it needs', async () => {
    await deploy();
    const { Image, Environment, variant, EndpointStatus } = await serving();
    expect(EndpointStatus).toBe('InService');
    expect(Image).toContain('djl-inference:0.29.0-neuronx-sdk2.19.1');
    expect(Environment).toMatchObject({ OPTION_QUANTIZE: 'static_int8', OPTION_N_POSITIONS: '512' });
    expect(variant).toMatchObject({
      InstanceType: 'ml.inf2.8xlarge',
      InferenceAmiVersion: 'al2-ami-sagemaker-inference-neuron-2',
      ContainerStartupHealthCheckTimeoutInSeconds: 3600,
    });
    expect(await answer()).toMatch(/\w/);
  });

  test('updates to another batch, under the same name', async () => {
    const before = endpointName;
    await deploy({ batch: '4' });
    expect(endpointName).toBe(before);
    expect((await serving()).Environment).toMatchObject({ OPTION_MAX_ROLLING_BATCH_SIZE: '4' });
  });

  test('an image that cannot be built rolls back, and says why; the old one goes on serving', async () => {
    const settings = { image: 'own', base: 'public.ecr.aws/neuron/vllm:missing' };
    const { status, output } = await cdk('deploy', settings, '--require-approval', 'never');
    expect(status).toBe(1);
    expect(output.replace(/\s+/g, ' ')).toContain(
      'the image was not built (FAILED): BUILD: public.ecr.aws/neuron/vllm:missing: not found',
    );
    expect((await serving()).Image).toContain('djl-inference:0.29.0');
    expect(await answer()).toMatch(/\w/);
  });

  test('goes over to the image that is built in the account, once it is', async () => {
    await deploy({ image: 'own' });
    const [build] = (await builds()).filter(({ buildStatus }) => buildStatus === 'SUCCEEDED');
    expect(build.environment!.privilegedMode).toBe(true);
    const { Image, Environment } = await serving();
    expect(Image).toMatch(/^000000000000\.dkr\.ecr\.us-east-1\.amazonaws\.com\/.+:0\.13\.0-sdk2\.28\.0-[0-9a-f]{12}$/);
    expect(Environment).toMatchObject({ SM_NEURON_QUANTIZATION: 'int8', SM_VLLM_MAX_NUM_SEQS: '2' });
    expect(await answer()).toMatch(/\w/);
  });

  test('destroys, and nothing is left', async () => {
    const { status, output } = await cdk('destroy', { image: 'own' }, '--force');
    expectDone(status, output);
    expect(await sagemaker.send(new ListEndpointsCommand({}))).toMatchObject({ Endpoints: [] });
    expect(await sagemaker.send(new ListModelsCommand({}))).toMatchObject({ Models: [] });
    expect(await codeBuild.send(new ListProjectsCommand({}))).toMatchObject({ projects: [] });
  });
});
