import type { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Repository } from 'aws-cdk-lib/aws-ecr';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import {
  InstanceType,
  ModelSource,
  NeuronCompilation,
  NeuronEndpoint,
  NeuronQuantization,
  VllmNeuronImage,
  type NeuronEndpointProps,
  type VllmNeuronImageProps,
} from '../../../index';
import { LLAMA_70B, QWEN_7B } from '../models';
import { environmentOf, errorsOf, messagesOf, resourceOf, testStack, warningsOf } from '../support';

const LLAMA_8B = {
  ...LLAMA_70B,
  hidden_size: 4096,
  intermediate_size: 14_336,
  num_attention_heads: 32,
  num_hidden_layers: 32,
};

function image(props: VllmNeuronImageProps = {}): Stack {
  const stack = testStack();
  new VllmNeuronImage(stack, 'Image', props);
  return stack;
}

function endpoint(props: Partial<NeuronEndpointProps> = {}, config: Record<string, unknown> = LLAMA_8B): Stack {
  const stack = testStack();
  new NeuronEndpoint(stack, 'Chat', {
    model: ModelSource.s3Prefix(Bucket.fromBucketName(stack, 'Models', 'models'), 'model/', { config }),
    vllmImage: new VllmNeuronImage(stack, 'Image'),
    quantization: NeuronQuantization.INT8,
    instanceType: InstanceType.INF2_8XLARGE,
    maxModelLen: 2_048,
    ...props,
  });
  return stack;
}

describe('the image', () => {
  test('is built upon AWS’s public one, from the source in this package', () => {
    const stack = image();
    Template.fromStack(stack).hasResourceProperties('AWS::CodeBuild::Project', {
      Environment: {
        PrivilegedMode: true,
        EnvironmentVariables: Match.arrayWith([
          Match.objectLike({
            Name: 'BASE_IMAGE',
            Value: 'public.ecr.aws/neuron/pytorch-inference-vllm-neuronx:0.13.0-neuronx-py312-sdk2.28.0-ubuntu24.04',
          }),
        ]),
      },
      Source: { Type: 'S3', BuildSpec: 'buildspec.yml' },
      TimeoutInMinutes: 50,
    });
  });

  test('has a tag of its version and source, in a repository where no tag is written twice', () => {
    const stack = image();
    expect(resourceOf(stack, 'Custom::ContainerImage')).toMatchObject({
      ImageTag: expect.stringMatching(/^0\.13\.0-sdk2\.28\.0-[0-9a-f]{12}$/),
    });
    expect(resourceOf(stack, 'AWS::ECR::Repository')).toMatchObject({
      ImageTagMutability: 'IMMUTABLE',
      ImageScanningConfiguration: { ScanOnPush: true },
      EmptyOnDelete: true,
    });
  });

  test('the build may push into this repository, read its own source, and nothing else', () => {
    const policies = JSON.stringify(Template.fromStack(image()).findResources('AWS::IAM::Policy'));
    expect(policies).toContain('ecr:PutImage');
    expect(policies).not.toContain('s3:GetObject*');
    expect(policies).not.toContain('codebuild:CreateReportGroup');
  });

  test('goes into a repository of the user’s', () => {
    const stack = testStack();
    new VllmNeuronImage(stack, 'Image', { repository: Repository.fromRepositoryName(stack, 'Mine', 'mine') });
    Template.fromStack(stack).resourceCountIs('AWS::ECR::Repository', 0);
    expect(JSON.stringify(resourceOf(stack, 'AWS::CodeBuild::Project'))).toContain('/mine');
  });

  test('is encrypted with a key of the user’s', () => {
    const stack = testStack();
    new VllmNeuronImage(stack, 'Image', { encryptionKey: new Key(stack, 'Key') });
    expect(resourceOf(stack, 'AWS::ECR::Repository')).toMatchObject({
      EncryptionConfiguration: { EncryptionType: 'KMS' },
    });
  });

  test('of a version that nobody knows needs its base', () => {
    expect(() => image({ version: '9.9.9' })).toThrow(expect.objectContaining({ id: 'NEURON_IMAGE_UNKNOWN' }));
    expect(
      JSON.stringify(resourceOf(image({ version: '9.9.9', baseImage: 'mirror/vllm:9' }), 'AWS::CodeBuild::Project')),
    ).toContain('mirror/vllm:9');
  });
});

describe('an endpoint with it', () => {
  test('serves INT8 from the image, once it is there', () => {
    const stack = endpoint();
    expect(errorsOf(stack)).toEqual([]);
    expect(environmentOf(stack)).toMatchObject({
      SM_VLLM_MODEL: '/opt/ml/model',
      SM_VLLM_MAX_MODEL_LEN: '2048',
      SM_VLLM_MAX_NUM_SEQS: '4',
      SM_VLLM_TENSOR_PARALLEL_SIZE: '2',
      SM_NEURON_QUANTIZATION: 'int8',
    });
    expect(environmentOf(stack)).not.toHaveProperty('SM_NEURON_EXCLUDE');
    const { PrimaryContainer } = resourceOf(stack, 'AWS::SageMaker::Model') as {
      PrimaryContainer: { Image: unknown };
    };
    expect(JSON.stringify(PrimaryContainer.Image)).toMatch(/"Fn::GetAtt":\["Image\w+","ImageTag"\]/);
  });

  test('its role may pull from the repository', () => {
    expect(JSON.stringify(Template.fromStack(endpoint()).findResources('AWS::IAM::Policy'))).toMatch(
      /"ecr:GetDownloadUrlForLayer"[^\]]*\],"Effect":"Allow","Resource":\{"Fn::GetAtt":\["ImageRepository/,
    );
  });

  test('says what nobody has verified, and what AWS maintains', () => {
    expect(warningsOf(endpoint()).sort()).toEqual(['NEURON_CRITICAL_FIXES_ONLY', 'NEURON_RUNTIME_NEWER_THAN_DRIVER']);
  });

  test('leaves attention with biases in 16 bits, and plans it so', () => {
    const stack = endpoint({}, QWEN_7B);
    expect(errorsOf(stack)).toEqual([]);
    expect(environmentOf(stack)).toMatchObject({ SM_NEURON_QUANTIZATION: 'int8', SM_NEURON_EXCLUDE: 'self_attn' });
    expect(messagesOf(stack, 'info').join()).toContain('neuron-int8');
  });

  test('takes the user’s word for what is excluded, and refuses what cannot be quantized', () => {
    const stack = endpoint({ unquantizedModules: ['lm_head'] }, QWEN_7B);
    expect(environmentOf(stack)).toMatchObject({ SM_NEURON_EXCLUDE: 'lm_head' });
    expect(errorsOf(stack)).toEqual(['NEURON_QUANTIZED_ATTENTION_BIAS']);
  });

  test('serves FP8 and 16 bits as well', () => {
    expect(environmentOf(endpoint({ quantization: NeuronQuantization.FP8 }))).toMatchObject({
      SM_NEURON_QUANTIZATION: 'f8e4m3',
    });
    expect(environmentOf(endpoint({ quantization: NeuronQuantization.NONE }))).not.toHaveProperty(
      'SM_NEURON_QUANTIZATION',
    );
  });

  test('finds compiled graphs beside the model', () => {
    const compilation = NeuronCompilation.precompiled({
      batchSize: 4,
      sequenceLength: 2_048,
      tensorParallelSize: 2,
      graphsPath: 'compiled',
    });
    expect(environmentOf(endpoint({ compilation }))).toMatchObject({ SM_NEURON_COMPILED: 'compiled' });
  });

  test('runs on Trainium2, where SDK 2.28 does', () => {
    const stack = endpoint({ instanceType: InstanceType.of('ml.trn2.48xlarge'), tensorParallelSize: 8 });
    expect(errorsOf(stack)).not.toContain('NEURON_IMAGE_NOT_FOR_CHIP');
  });

  test.each<[string, Partial<NeuronEndpointProps>]>([
    ['NEURON_IMAGE_GIVEN_TWICE', { image: { version: '0.29.0' } }],
    ['NEURON_CACHE_OUT_OF_REACH', { compilation: NeuronCompilation.CACHED_ONLY }],
    ['NEURON_EXCLUSIONS_UNUSED', { quantization: NeuronQuantization.NONE, unquantizedModules: ['lm_head'] }],
    ['NEURON_EXCLUSIONS_UNUSED', { vllmImage: undefined, unquantizedModules: ['lm_head'] }],
    ['NEURON_FP8_NEEDS_OWN_IMAGE', { vllmImage: undefined, quantization: NeuronQuantization.FP8 }],
  ])('%s stops synth', (id, props) => {
    expect(errorsOf(endpoint(props))).toContain(id);
  });

  test('an architecture that NxD Inference has no graphs for is refused', () => {
    const config = { ...LLAMA_8B, architectures: ['PhiForCausalLM'], model_type: 'phi' };
    expect(errorsOf(endpoint({}, config))).toContain('NEURON_ARCHITECTURE_NOT_EXPORTED');
  });
});
