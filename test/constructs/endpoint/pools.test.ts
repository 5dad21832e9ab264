import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import {
  InstanceType,
  ModelSource,
  QuantizationScheme,
  QuantizedEndpoint,
  ServingContainer,
  type FallbackPool,
  type QuantizedEndpointProps,
} from '../../../index';
import { QWEN_7B, QWEN_7B_AWQ } from '../models';
import { ENV, errorsOf, messagesOf, resourceOf, testStack, variantOf, warningsOf } from '../support';

/** FP8 on an L40S; AWQ on an A10G, which cannot compute in FP8. */
function make(
  props: Partial<QuantizedEndpointProps> = {},
  fallback: Partial<FallbackPool> = {},
  stack: Stack = testStack(),
) {
  const bucket = new Bucket(stack, 'Models');
  const endpoint = new QuantizedEndpoint(stack, 'Chat', {
    model: ModelSource.s3Prefix(bucket, 'qwen-fp8/', { config: QWEN_7B }),
    quantization: QuantizationScheme.FP8,
    instanceType: InstanceType.G6E_2XLARGE,
    maxModelLen: 8192,
    maxConcurrency: 8,
    fallbackPools: [
      {
        instanceType: InstanceType.G5_2XLARGE,
        model: ModelSource.s3Prefix(bucket, 'qwen-awq/', { config: QWEN_7B_AWQ }),
        ...fallback,
      },
    ],
    ...props,
  });
  return { stack, endpoint };
}

const models = (stack: Stack) =>
  Object.entries(Template.fromStack(stack).findResources('AWS::SageMaker::Model')).map(([id, { Properties }]) => ({
    id,
    environment: Properties.PrimaryContainer.Environment as Record<string, string>,
    data: JSON.stringify(Properties.PrimaryContainer.ModelDataSource),
  }));

describe('an endpoint with a fallback pool', () => {
  const { stack } = make();
  const [preferred, fallback] = models(stack);

  test('takes instances in the order asked for, each with the model that suits it', () => {
    expect(variantOf(stack)).toMatchObject({
      ModelName: { 'Fn::GetAtt': [preferred.id, 'ModelName'] },
      InstancePools: [
        { InstanceType: 'ml.g6e.2xlarge', Priority: 1 },
        {
          InstanceType: 'ml.g5.2xlarge',
          Priority: 2,
          ModelNameOverride: { 'Fn::GetAtt': [fallback.id, 'ModelName'] },
        },
      ],
    });
    expect(variantOf(stack)).not.toHaveProperty('InstanceType');
    expect(preferred.data).toContain('/qwen-fp8/');
    expect(fallback.data).toContain('/qwen-awq/');
    expect(errorsOf(stack)).toEqual([]);
  });

  test('serves the same context and batch on each', () => {
    for (const { environment } of [preferred, fallback])
      expect(environment).toMatchObject({ OPTION_MAX_MODEL_LEN: '8192', OPTION_MAX_ROLLING_BATCH_SIZE: '8' });
  });

  test('lets the role read both', () => {
    const policy = JSON.stringify(resourceOf(stack, 'AWS::IAM::Policy'));
    expect(policy).toContain('/qwen-fp8/*');
    expect(policy).toContain('/qwen-awq/*');
  });

  test('has one driver for both', () => {
    expect(variantOf(stack).InferenceAmiVersion).toBe('al2023-ami-sagemaker-inference-gpu-4-1');
  });
});

describe('context and batch that nobody asks for', () => {
  test('are those that the smallest pool holds', () => {
    const { stack, endpoint } = make({ maxModelLen: undefined, maxConcurrency: undefined });
    const [preferred, fallback] = models(stack).map(({ environment }) => environment);
    expect(preferred.OPTION_MAX_MODEL_LEN).toBe(fallback.OPTION_MAX_MODEL_LEN);
    expect(preferred.OPTION_MAX_ROLLING_BATCH_SIZE).toBe(fallback.OPTION_MAX_ROLLING_BATCH_SIZE);
    const alone = make({ maxModelLen: undefined, maxConcurrency: undefined, fallbackPools: undefined }).endpoint;
    expect(endpoint.plan.maxConcurrency).toBeLessThan(alone.plan.maxConcurrency!);
    expect(errorsOf(stack)).toEqual([]);
  });
});

describe('a pool that cannot do what is planned', () => {
  test('because it holds fewer requests is refused', () => {
    const { stack } = make({ maxConcurrency: 60 });
    expect(errorsOf(stack)).toEqual(['POOL_BELOW_CONCURRENCY']);
    expect(messagesOf(stack, 'error')[0]).toMatch(
      /instance pool 2 \(ml\.g5\.2xlarge\) holds \d+ of 60 requests of 8192 tokens/,
    );
  });

  test('because its GPU does not compute in the scheme is refused by the rule for that', () => {
    const { stack } = make({}, { model: undefined, instanceType: InstanceType.of('ml.p3.2xlarge') });
    expect(errorsOf(stack).length).toBeGreaterThan(0);
    expect(messagesOf(stack, 'error').join()).toContain('instance pool 2 (ml.p3.2xlarge):');
  });

  test('because there is another of its type, or too many, is refused', () => {
    expect(errorsOf(make({}, { instanceType: InstanceType.G6E_2XLARGE }).stack)).toEqual(['INSTANCE_POOLS_INVALID']);
    const types = ['xlarge', '2xlarge', '4xlarge', '8xlarge', '16xlarge'].map((size) =>
      InstanceType.of(`ml.g6.${size}`),
    );
    const { stack } = make({
      model: ModelSource.s3Prefix(Bucket.fromBucketName(testStack(), 'Other', 'models'), 'awq/', {
        config: QWEN_7B_AWQ,
      }),
      quantization: undefined,
      fallbackPools: types.map((instanceType) => ({ instanceType })),
    });
    expect(errorsOf(stack).length).toBeGreaterThan(0);
  });

  test('because it costs more than is allowed is refused', () => {
    const { stack } = make(
      { maxMonthlyCost: 5_000 },
      { instanceType: InstanceType.G5_48XLARGE, tensorParallelSize: 4 },
    );
    expect(errorsOf(stack)).toEqual(['MONTHLY_COST_EXCEEDED']);
  });
});

describe('pools with other props', () => {
  test('share the model where a pool has none of its own', () => {
    const { stack } = make({}, { model: undefined, instanceType: InstanceType.G6_2XLARGE });
    expect(models(stack).map(({ data }) => data.includes('/qwen-fp8/'))).toEqual([true, true]);
    expect(errorsOf(stack)).toEqual([]);
  });

  test('have an inference component with a specification for each where the endpoint scales to zero', () => {
    const { stack } = make({ minInstanceCount: 0 });
    expect(resourceOf(stack, 'AWS::SageMaker::InferenceComponent')).toMatchObject({
      Specifications: [
        { InstanceType: 'ml.g6e.2xlarge', ModelName: { 'Fn::GetAtt': [expect.any(String), 'ModelName'] } },
        { InstanceType: 'ml.g5.2xlarge', ComputeResourceRequirements: { NumberOfAcceleratorDevicesRequired: 1 } },
      ],
    });
    expect(variantOf(stack).InstancePools).toEqual([
      { InstanceType: 'ml.g6e.2xlarge', Priority: 1 },
      { InstanceType: 'ml.g5.2xlarge', Priority: 2 },
    ]);
    expect(errorsOf(stack)).toEqual([]);
  });

  test('with a reservation are a warning', () => {
    const capacityReservationArn = 'arn:aws:sagemaker:us-east-1:123456789012:training-plan/mine';
    expect(warningsOf(make({ capacityReservationArn }).stack)).toContain('CAPACITY_RESERVATION_WITH_POOLS');
  });

  test('of llama.cpp divide the context among the same slots', () => {
    const stack = testStack();
    const bucket = new Bucket(stack, 'Models');
    new QuantizedEndpoint(stack, 'Chat', {
      model: ModelSource.s3Object(bucket, 'model.gguf', { config: QWEN_7B }),
      quantization: QuantizationScheme.gguf('Q4_K_M'),
      container: ServingContainer.llamaCpp(),
      instanceType: InstanceType.C7I_8XLARGE,
      maxModelLen: 4096,
      maxConcurrency: 2,
      fallbackPools: [{ instanceType: InstanceType.of('ml.m7i.8xlarge') }],
    });
    for (const { environment } of models(stack))
      expect(environment).toMatchObject({ SM_LLAMA_CPP_CTX_SIZE: '8192', SM_LLAMA_CPP_PARALLEL: '2' });
    expect(errorsOf(stack)).toEqual([]);
  });

  test('lie in the plan artefact', () => {
    const app = new App({ context: { 'cdk-quantized-endpoints:lockFile': '/nowhere/lock.json' } });
    make({}, {}, new Stack(app, 'Test', { env: ENV }));
    const { directory } = app.synth();
    const file = readdirSync(directory).find((name) => name.endsWith('.plan.json'))!;
    expect(JSON.parse(readFileSync(path.join(directory, file), 'utf8'))).toMatchObject({
      spec: { instanceType: 'ml.g6e.2xlarge', quantization: 'fp8' },
      fallbackPools: [{ spec: { instanceType: 'ml.g5.2xlarge' }, plan: { verdict: expect.any(String) } }],
    });
  });
});
