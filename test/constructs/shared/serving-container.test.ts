import { Template } from 'aws-cdk-lib/assertions';
import { Repository } from 'aws-cdk-lib/aws-ecr';
import { ContainerImage, InstanceType, ModelSource, QuantizationScheme, ServingContainer } from '../../../index';
import { imageVersions } from '../../../lib/container';
import { LLAMA2_7B as CONFIG } from '../../../lib/rules/helpers/samples';
import { COMMIT, QWEN_7B_AWQ } from '../models';
import { ENV, environmentOf, errorsOf, makeEndpoint, resourceOf, testStack, warningsOf } from '../support';

const LLAMA2_7B = { ...CONFIG };

function imageOf(container: ServingContainer, props = {}, env = ENV): string {
  const stack = testStack(env);
  makeEndpoint(stack, { container, ...props });
  const { PrimaryContainer } = resourceOf(stack, 'AWS::SageMaker::Model') as { PrimaryContainer: { Image: unknown } };
  return JSON.stringify(PrimaryContainer.Image);
}

describe('the image', () => {
  test('is the newest LMI unless another is asked for', () => {
    expect(imageOf(ServingContainer.lmi())).toContain('/djl-inference:');
    expect(imageOf(ServingContainer.lmi({ version: '0.36.0' }))).toContain('/djl-inference:0.36.0-lmi27.0.0-cu130');
  });

  test.each([
    ['vLLM', ServingContainer.vllm(), '/vllm:'],
    ['SGLang', ServingContainer.sglang(), '/sglang:'],
    ['TensorRT-LLM', ServingContainer.tensorRtLlm(), '/djl-inference:0.33.0-tensorrtllm'],
  ])('of %s lies in its repository', (_, container, part) => {
    expect(imageOf(container)).toContain(part);
  });

  test('of llama.cpp follows the processor', () => {
    const props = {
      model: ModelSource.huggingFace('org/gguf', { revision: COMMIT, config: QWEN_7B_AWQ }),
      maxModelLen: 2048,
    };
    expect(imageOf(ServingContainer.llamaCpp(), props)).toContain('llama-cpp:server-sagemaker-cuda');
    expect(imageOf(ServingContainer.llamaCpp(), { ...props, instanceType: InstanceType.C7G_2XLARGE })).toContain(
      'arm64',
    );
    expect(imageOf(ServingContainer.llamaCpp(), { ...props, instanceType: InstanceType.C7I_2XLARGE })).toContain(
      'llama-cpp:server-sagemaker-cpu',
    );
  });

  test('of a tag that is newer than the library is taken as it is written', () => {
    expect(imageOf(ServingContainer.lmi({ version: '0.99.0-lmi99.0.0-cu140' }))).toContain(
      '/djl-inference:0.99.0-lmi99.0.0-cu140',
    );
  });

  test('lies in the registry of the region', () => {
    expect(imageOf(ServingContainer.lmi(), {}, { ...ENV, region: 'eu-south-1' })).not.toContain('763104351884');
    expect(imageOf(ServingContainer.lmi(), {}, { ...ENV, region: 'eu-west-1' })).toContain(
      '763104351884.dkr.ecr.eu-west-1.',
    );
  });

  test('of the user’s own keeps what is known of its version', () => {
    const stack = testStack();
    const image = ContainerImage.fromEcrRepository(Repository.fromRepositoryName(stack, 'R', 'mirror/lmi'), 'lmi29');
    makeEndpoint(stack, { container: ServingContainer.lmi({ version: imageVersions('lmi')[0], image }) });
    expect(environmentOf(stack).OPTION_MAX_MODEL_LEN).toBe('16384');
    expect(warningsOf(stack)).toEqual([]);
    expect(JSON.stringify(resourceOf(stack, 'AWS::SageMaker::Model'))).toContain('mirror/lmi:lmi29');
  });
});

describe('a custom image', () => {
  const uri = '123456789012.dkr.ecr.us-east-1.amazonaws.com/mine:1';

  test('is told where the hub model lies, and nothing that it may not read', () => {
    const stack = testStack();
    makeEndpoint(stack, {
      container: ServingContainer.custom(ContainerImage.fromUri(uri)),
      environment: { MINE: '1' },
    });
    expect(environmentOf(stack)).toEqual({
      HF_MODEL_ID: 'Qwen/Qwen2.5-7B-Instruct-AWQ',
      HF_REVISION: COMMIT,
      MINE: '1',
    });
  });

  test('is pulled from its repository in its own account and region', () => {
    const stack = testStack();
    const image = ContainerImage.fromUri(
      '210987654321.dkr.ecr.eu-west-1.amazonaws.com/team/mine@sha256:' + 'a'.repeat(64),
    );
    makeEndpoint(stack, { container: ServingContainer.custom(image) });
    expect(JSON.stringify(Template.fromStack(stack).findResources('AWS::IAM::Policy'))).toContain(
      ':ecr:eu-west-1:210987654321:repository/team/mine',
    );
  });

  test.each(['docker.io/vllm/vllm-openai:latest', 'vllm', 'https://123456789012.dkr.ecr.us-east-1.amazonaws.com/x:1'])(
    'fails when it is not in Amazon ECR: %s',
    (text) => {
      const container = ServingContainer.custom(ContainerImage.fromUri(text));
      expect(() => makeEndpoint(testStack(), { container })).toThrow(
        expect.objectContaining({ id: 'IMAGE_NOT_IN_ECR' }),
      );
    },
  );
});

describe('TensorRT-LLM', () => {
  const props = {
    model: ModelSource.huggingFace('meta-llama/Llama-2-7b-chat-hf', { revision: COMMIT, config: LLAMA2_7B }),
    instanceType: InstanceType.G5_12XLARGE,
    maxModelLen: 2_048,
  };
  const of = (container: ServingContainer, more = {}) => {
    const stack = testStack();
    makeEndpoint(stack, { ...props, container, ...more });
    return stack;
  };

  test.each([
    ['0.33.0', 'OPTION_QUANT_ALGO', 'W8A8_SQ_PER_CHANNEL'],
    ['0.32.0', 'OPTION_QUANTIZE', 'smoothquant'],
  ])('%s, a choice of its own, is told of SmoothQuant by %s', (version, name, value) => {
    const stack = of(ServingContainer.tensorRtLlm({ version }), {
      quantization: QuantizationScheme.SMOOTHQUANT,
      environment: { [name]: value },
    });
    expect(errorsOf(stack)).toEqual([]);
    expect(warningsOf(stack)).toEqual([]);
    expect(environmentOf(stack)).toMatchObject({ [name]: value, OPTION_TENSOR_PARALLEL_DEGREE: '4' });
  });

  test('with no version there is a warning that it is no longer published', () => {
    expect(warningsOf(of(ServingContainer.tensorRtLlm()))).toContain('TRTLLM_IMAGE_DISCONTINUED');
  });

  test('0.33 does not read the old name', () => {
    const environment = { OPTION_QUANTIZE: 'smoothquant' };
    expect(warningsOf(of(ServingContainer.tensorRtLlm({ version: '0.33.0' }), { environment }))).toContain(
      'TRTLLM_QUANTIZE_NOT_READ',
    );
  });

  test('a copy of the image in a repository of one’s own keeps what is known of its version', () => {
    const image = ContainerImage.fromUri('123456789012.dkr.ecr.us-east-1.amazonaws.com/mirror/lmi-trtllm:0.32.0');
    const stack = of(ServingContainer.tensorRtLlm({ version: '0.32.0', image }));
    expect(environmentOf(stack)).toMatchObject({ OPTION_TENSOR_PARALLEL_DEGREE: '4' });
    expect(JSON.stringify(Template.fromStack(stack).findResources('AWS::IAM::Policy'))).toContain(
      ':repository/mirror/lmi-trtllm',
    );
  });

  test('NVIDIA’s own image in one’s own repository is known by its name, and has no entry point for SageMaker', () => {
    const image = ContainerImage.fromUri(
      '123456789012.dkr.ecr.us-east-1.amazonaws.com/nvidia/tensorrt-llm/release:1.0.0',
    );
    const stack = of(ServingContainer.custom(image));
    expect(warningsOf(stack)).toContain('CUSTOM_IMAGE_WITHOUT_SERVE');
    expect(warningsOf(stack)).not.toContain('TRTLLM_IMAGE_DISCONTINUED');
  });

  test('an image of one’s own with an entry point is left alone', () => {
    const image = ContainerImage.fromUri('123456789012.dkr.ecr.us-east-1.amazonaws.com/team/trt-server:7');
    expect(warningsOf(of(ServingContainer.custom(image)))).not.toContain('CUSTOM_IMAGE_WITHOUT_SERVE');
  });
});
