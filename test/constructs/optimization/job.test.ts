import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { App, Duration, Lazy, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import {
  ContainerImage,
  EngineQuantization,
  InstanceType,
  ModelSource,
  NeuronCompilation,
  NeuronEndpoint,
  NeuronQuantization,
  OptimizationJob,
  OptimizationTechnique,
  QuantizedEndpoint,
  type NeuronEndpointProps,
  type OptimizationJobProps,
} from '../../../index';
import { COMMIT, LLAMA_70B, QWEN_7B } from '../models';
import { ENV, environmentOf, errorsOf, messagesOf, resourceOf, testStack, variantOf, warningsOf } from '../support';

const LLAMA2_7B = {
  ...LLAMA_70B,
  hidden_size: 4096,
  intermediate_size: 11_008,
  num_attention_heads: 32,
  num_key_value_heads: 32,
  num_hidden_layers: 32,
  rope_scaling: undefined,
};

function job(stack: Stack, props: Partial<OptimizationJobProps> = {}, config: Record<string, unknown> = QWEN_7B) {
  const bucket = Bucket.fromBucketName(stack, 'Models', 'models');
  return new OptimizationJob(stack, 'Job', {
    model: ModelSource.s3Prefix(bucket, 'qwen/', { config }),
    technique: OptimizationTechnique.awq(),
    instanceType: InstanceType.G5_12XLARGE,
    outputBucket: bucket,
    ...props,
  });
}

function made(props: Partial<OptimizationJobProps> = {}, config?: Record<string, unknown>): Stack {
  const stack = testStack();
  job(stack, props, config);
  return stack;
}

interface JobProperties {
  readonly Identity: string;
  readonly Request: {
    readonly OptimizationConfigs: readonly Record<string, { Image?: string; OverrideEnvironment: object }>[];
    readonly OutputConfig: { readonly S3OutputLocation: string; readonly KmsKeyId?: unknown };
    readonly ModelSource: object;
  };
}

const jobOf = (stack: Stack) => resourceOf(stack, 'Custom::SageMakerOptimizationJob') as unknown as JobProperties;
const waitsOf = (stack: Stack) =>
  Object.entries(Template.fromStack(stack).findResources('Custom::SageMakerOptimizationJobWait'));
/** Of the image’s URI the parts that only deployment knows are written out as they are. */
const imageOf = ({ Image }: { Image?: unknown }) => JSON.stringify(Image);
const stepOf = (stack: Stack) => Object.values(jobOf(stack).Request.OptimizationConfigs[0])[0];

describe('by default', () => {
  test('the job is asked for what the technique says, and nothing is wrong', () => {
    const stack = made();
    expect(jobOf(stack).Request).toMatchObject({
      DeploymentInstanceType: 'ml.g5.12xlarge',
      ModelSource: { S3: { S3Uri: 's3://models/qwen/' } },
      OptimizationConfigs: [{ ModelQuantizationConfig: { OverrideEnvironment: { OPTION_QUANTIZE: 'awq' } } }],
      StoppingCondition: { MaxRuntimeInSeconds: 14_400 },
    });
    expect([...errorsOf(stack), ...warningsOf(stack)]).toEqual([]);
  });

  test('what comes out is said in one line', () => {
    expect(messagesOf(made(), 'info')).toEqual([
      expect.stringMatching(/awq for ml\.g5\.12xlarge, from 15\.2 GB to about 5\.\d GB; .* 4\.0 hours at most/),
    ]);
  });

  test('what the job will do lies beside the template', () => {
    const outdir = mkdtempSync(path.join(tmpdir(), 'job-'));
    try {
      const stack = new Stack(new App({ outdir }), 'Test', { env: ENV });
      job(stack);
      (stack.node.root as App).synth();
      const [file] = readdirSync(outdir).filter((name) => name.endsWith('.plan.json'));
      const plan = JSON.parse(readFileSync(path.join(outdir, file), 'utf8')) as Record<string, unknown>;
      expect(plan).toMatchObject({
        schema: 1,
        constructPath: 'Test/Job',
        spec: { technique: { kind: 'awq' }, instanceType: 'ml.g5.12xlarge', maxRuntimeSeconds: 14_400 },
        findings: [],
        configs: [{ ModelQuantizationConfig: { OverrideEnvironment: { OPTION_QUANTIZE: 'awq' } } }],
        result: { config: { quantization_config: { quant_method: 'awq', bits: 4, group_size: 128 } } },
        sourceBytes: 15_231_233_024,
      });
      expect(plan.resultBytes).toBe(5_570_747_392);
    } finally {
      rmSync(outdir, { recursive: true, force: true });
    }
  });

  test('resources wait one after the other, each within CloudFormation’s hour, and the last must see the end', () => {
    const waits = waitsOf(made());
    expect(waits).toHaveLength(5);
    expect(waits.map(([, { Properties }]) => (Properties as { Last: boolean }).Last)).toEqual([
      false,
      false,
      false,
      false,
      true,
    ]);
    waits.forEach(([, wait], index) => {
      expect(Number((wait.Properties as { ServiceTimeout: string }).ServiceTimeout)).toBeLessThanOrEqual(3_600);
      if (index > 0) expect(wait.DependsOn).toContain(waits[index - 1][0]);
    });
  });

  test('the program may handle jobs of this name, hand on this role, and call itself', () => {
    const stack = made();
    const name = String((jobOf(stack) as unknown as { NamePrefix: string }).NamePrefix);
    expect(name).toMatch(/^[a-z0-9](-*[a-z0-9])*$/);
    Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Action: 'lambda:InvokeFunction' }),
          Match.objectLike({
            Action: Match.arrayWith(['sagemaker:CreateOptimizationJob', 'sagemaker:StopOptimizationJob']),
            Resource: {
              'Fn::Join': ['', Match.arrayWith([`:sagemaker:us-east-1:123456789012:optimization-job/${name}-*`])],
            },
          }),
          Match.objectLike({
            Action: 'iam:PassRole',
            Condition: { StringEquals: { 'iam:PassedToService': 'sagemaker.amazonaws.com' } },
          }),
        ]),
      },
    });
  });
});

describe('the identity of a job', () => {
  const identity = (props: Partial<OptimizationJobProps> = {}) => jobOf(made(props)).Identity;

  test('is the same for the same result', () => {
    expect(identity()).toBe(identity());
    expect(identity({ maxRuntime: Duration.hours(9) })).toBe(identity());
  });

  test.each<[string, Partial<OptimizationJobProps>]>([
    ['technique', { technique: OptimizationTechnique.fp8() }],
    ['an option of it', { technique: OptimizationTechnique.awq({ groupSize: 64 }) }],
    ['instance type', { instanceType: InstanceType.G5_2XLARGE }],
    ['a variable', { environment: { OPTION_AWQ_MM_VERSION: 'GEMV' } }],
    ['prefix', { outputPrefix: 'elsewhere' }],
  ])('changes with the %s, and the folder with it', (_, props) => {
    expect(identity(props)).not.toBe(identity());
    const { Identity, Request } = jobOf(made(props));
    expect(Request.OutputConfig.S3OutputLocation).toContain(`/${Identity}/`);
  });
});

describe('the result', () => {
  const served = (props: Partial<OptimizationJobProps>, config?: Record<string, unknown>) => {
    const stack = testStack();
    const optimized = job(stack, props, config);
    new QuantizedEndpoint(stack, 'Chat', {
      model: optimized.modelSource,
      container: optimized.servingContainer,
      instanceType: InstanceType.G5_12XLARGE,
      maxModelLen: 4_096,
    });
    return stack;
  };

  test('is served once the last resource has seen the end of the job', () => {
    const stack = served({});
    const [model] = Object.values(Template.fromStack(stack).findResources('AWS::SageMaker::Model'));
    expect(model.Properties.PrimaryContainer.ModelDataSource.S3DataSource.S3Uri).toBe(
      jobOf(stack).Request.OutputConfig.S3OutputLocation,
    );
    expect(model.DependsOn).toContain(waitsOf(stack).at(-1)![0]);
  });

  test('is planned as AWQ, though no file of it is there yet', () => {
    const stack = served({});
    expect(errorsOf(stack)).toEqual([]);
    expect(messagesOf(stack, 'info').join('\n')).toContain('(awq) on ml.g5.12xlarge: 4,096 tokens');
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::SageMaker::Endpoint', {
      Tags: Match.arrayWith([{ Key: 'cdk-quantized-endpoints:quantization', Value: 'awq' }]),
    });
  });

  test('may be read by the endpoint’s role, and only where it lies', () => {
    const stack = served({});
    const { Identity } = jobOf(stack);
    expect(JSON.stringify(Template.fromStack(stack).findResources('AWS::IAM::Policy'))).toMatch(
      new RegExp(`optimized/[^"]+/${Identity}/\\*`),
    );
  });

  test('of TensorRT-LLM runs in the image that made it, as the scheme that it was built for', () => {
    const stack = served({ technique: OptimizationTechnique.smoothQuant({ tensorParallelSize: 4 }) }, LLAMA2_7B);
    expect(JSON.stringify(resourceOf(stack, 'AWS::SageMaker::Model'))).toContain('0.32.0-tensorrtllm');
    expect(environmentOf(stack)).toMatchObject({ OPTION_TENSOR_PARALLEL_DEGREE: '4' });
    expect(variantOf(stack)).toMatchObject({ InstanceType: 'ml.g5.12xlarge' });
    expect(warningsOf(stack)).toContain('OPTIMIZATION_NOT_MAINTAINED');
  });
});

describe('compiled for Neuron', () => {
  const onNeuron = (more: Partial<NeuronEndpointProps> = {}) => {
    const stack = testStack();
    const shape = { tensorParallelSize: 2, sequenceLength: 2_048, batchSize: 1 };
    const instanceType = InstanceType.INF2_8XLARGE;
    const optimized = job(stack, { technique: OptimizationTechnique.neuron(shape), instanceType }, LLAMA2_7B);
    new NeuronEndpoint(stack, 'Chat', {
      model: optimized.modelSource,
      compilation: NeuronCompilation.optimizationJob(shape),
      instanceType,
      ...more,
    });
    return stack;
  };

  test('the result is served by LMI’s last Neuron image, from where the job leaves it, in the shape it was made for', () => {
    const stack = onNeuron();
    expect(errorsOf(stack)).toEqual([]);
    expect(JSON.stringify(resourceOf(stack, 'AWS::SageMaker::Model'))).toContain('0.29.0-neuronx-sdk2.19.1');
    expect(environmentOf(stack)).toMatchObject({
      HF_MODEL_ID: '/opt/ml/model/optimized_model',
      OPTION_N_POSITIONS: '2048',
      OPTION_TENSOR_PARALLEL_DEGREE: '2',
    });
    expect(environmentOf(stack)).not.toHaveProperty('OPTION_QUANTIZE');
  });

  test('another shape, or a quantization, is refused', () => {
    expect(errorsOf(onNeuron({ maxModelLen: 4_096 }))).toContain('NEURON_ARTIFACT_SHAPE_DIFFERS');
    expect(errorsOf(onNeuron({ quantization: NeuronQuantization.INT8 }))).toContain('NEURON_JOB_RESULT_NOT_QUANTIZED');
  });
});

describe('images', () => {
  test('AWQ leaves the image to SageMaker', () => {
    expect(stepOf(made())).not.toHaveProperty('Image');
  });

  test('sharding is pinned to the last image that does it', () => {
    const stack = made({ technique: OptimizationTechnique.fastModelLoader(4) });
    expect(imageOf(stepOf(stack))).toContain('djl-inference:0.32.0-lmi14');
    expect(warningsOf(stack)).toEqual(['OPTIMIZATION_NOT_MAINTAINED']);
  });

  test('both steps of SmoothQuant run in TensorRT-LLM’s last image that reads the scheme', () => {
    const stack = made({ technique: OptimizationTechnique.smoothQuant({ tensorParallelSize: 4 }) }, LLAMA2_7B);
    const images = jobOf(stack).Request.OptimizationConfigs.map((config) => imageOf(Object.values(config)[0]));
    expect(images).toEqual([
      expect.stringContaining('0.32.0-tensorrtllm0.12.0'),
      expect.stringContaining('0.32.0-tensorrtllm0.12.0'),
    ]);
  });

  test('a version alone pins the image of AWS', () => {
    const stack = made({ imageVersion: '0.32.0-lmi14' });
    expect(imageOf(stepOf(stack))).toContain('djl-inference:0.32.0-lmi14');
    expect(warningsOf(stack)).toEqual([]);
  });

  test('a newer one is taken as it is asked for, with a warning', () => {
    const stack = made({ imageVersion: '0.38.0-lmi29', technique: OptimizationTechnique.fp8() });
    expect(imageOf(stepOf(stack))).toContain('0.38.0-lmi29');
    expect(warningsOf(stack)).toContain('OPTIMIZATION_IMAGE_LACKS_TOOLS');
  });

  test('a copy in a repository of one’s own is pulled from there', () => {
    const uri = '123456789012.dkr.ecr.us-east-1.amazonaws.com/lmi:0.32.0';
    const stack = made({ image: ContainerImage.fromUri(uri) });
    expect(stepOf(stack).Image).toBe(uri);
    expect(JSON.stringify(Template.fromStack(stack).findResources('AWS::IAM::Policy'))).toContain(':repository/lmi');
  });
});

describe('in a VPC', () => {
  test('the job runs in the private subnets, lets HTTPS out, and its role may make the interfaces', () => {
    const stack = testStack();
    job(stack, { vpc: new Vpc(stack, 'Vpc') });
    const { VpcConfig } = jobOf(stack).Request as { VpcConfig?: { Subnets: object[]; SecurityGroupIds: object[] } };
    expect(VpcConfig!.Subnets.map((subnet) => JSON.stringify(subnet))).toEqual(
      VpcConfig!.Subnets.map(() => expect.stringContaining('PrivateSubnet')),
    );
    expect(VpcConfig!.Subnets.length).toBeGreaterThan(1);
    expect(VpcConfig!.SecurityGroupIds).toHaveLength(1);
    Template.fromStack(stack).hasResourceProperties('AWS::EC2::SecurityGroup', {
      SecurityGroupEgress: [Match.objectLike({ FromPort: 443, ToPort: 443 })],
    });
    expect(JSON.stringify(Template.fromStack(stack).findResources('AWS::IAM::Policy'))).toContain(
      'ec2:CreateNetworkInterface',
    );
  });

  test('the network is not a part of what decides the result', () => {
    const stack = testStack();
    job(stack, { vpc: new Vpc(stack, 'Vpc') });
    expect(jobOf(stack).Identity).toBe(jobOf(made()).Identity);
  });
});

describe('roles and keys', () => {
  test('a key encrypts the result, and the job may use it', () => {
    const stack = testStack();
    job(stack, { encryptionKey: new Key(stack, 'Key') });
    expect(jobOf(stack).Request.OutputConfig.KmsKeyId).toBeDefined();
    Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([Match.objectLike({ Action: Match.arrayWith(['kms:GenerateDataKey']) })]),
      },
    });
  });

  test('a role of the user’s gets what the job needs', () => {
    const stack = testStack();
    const role = new Role(stack, 'Mine', { assumedBy: new ServicePrincipal('sagemaker.amazonaws.com') });
    const optimized = job(stack, { role });
    expect(optimized.role).toBe(role);
    Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
      Roles: [{ Ref: Match.stringLikeRegexp('Mine') }],
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: Match.arrayWith(['s3:PutObject']) })]) },
    });
  });

  test('a licence that is accepted is accepted for the job as well', () => {
    const stack = testStack();
    job(stack, {
      model: ModelSource.jumpStart('meta-textgeneration-llama-2-7b', {
        artifactKey: 'meta/llama-2-7b/artifacts/',
        gated: true,
        acceptEula: true,
        config: LLAMA2_7B,
      }),
    });
    expect(jobOf(stack).Request.ModelSource).toMatchObject({ S3: { ModelAccessConfig: { AcceptEula: true } } });
  });
});

describe('bad input', () => {
  test.each<[string, Partial<OptimizationJobProps>]>([
    ['OPTIMIZATION_INSTANCE_NOT_OFFERED', { instanceType: InstanceType.of('ml.p5.4xlarge') }],
    ['OPTIMIZATION_TECHNIQUE_NOT_ON_INSTANCE', { instanceType: InstanceType.INF2_8XLARGE }],
    ['OPTIMIZATION_GROUP_NOT_A_DIVISOR', { technique: OptimizationTechnique.awq({ groupSize: 100 }) }],
    ['OPTIMIZATION_TENSOR_PARALLELISM', { technique: OptimizationTechnique.fastModelLoader(16) }],
    ['OPTIMIZATION_OUTPUT_IN_SOURCE', { outputPrefix: 'qwen/awq' }],
    ['OPTIMIZATION_RUNTIME_OUT_OF_RANGE', { maxRuntime: Duration.days(3) }],
    ['OPTIMIZATION_ENVIRONMENT_LIMITS', { environment: { OPTION_QUANTIZE: 'fp8' } }],
    [
      'OPTIMIZATION_FP8_NEEDS_NEWER_GPU',
      {
        technique: OptimizationTechnique.tensorRtLlm({ tensorParallelSize: 4, quantization: EngineQuantization.FP8 }),
      },
    ],
  ])('%s stops synth', (id, props) => {
    expect(errorsOf(made(props))).toContain(id);
  });

  test('a model on the hub cannot be read by a job', () => {
    const model = ModelSource.huggingFace('Qwen/Qwen2.5-7B-Instruct', { revision: COMMIT, config: QWEN_7B });
    expect(errorsOf(made({ model }))).toEqual(['OPTIMIZATION_SOURCE_NOT_IN_S3']);
  });

  test('SmoothQuant with another quantization contradicts itself', () => {
    expect(() =>
      OptimizationTechnique.smoothQuant({ tensorParallelSize: 1, quantization: EngineQuantization.AWQ }),
    ).toThrow(expect.objectContaining({ id: 'OPTIMIZATION_QUANTIZATION_GIVEN_TWICE' }));
  });

  test('what only deployment knows is let through', () => {
    const instanceType = InstanceType.of(Lazy.string({ produce: () => 'ml.g5.12xlarge' }));
    expect(errorsOf(made({ instanceType }))).toEqual([]);
  });
});
