import { Bucket } from 'aws-cdk-lib/aws-s3';
import { GgufEndpoint, InstanceType, ModelSource, NeuronCompilation, NeuronEndpoint } from '../../../index';
import { LLAMA_70B, QWEN_7B } from '../models';
import { errorsOf, resourceOf, testStack, warningsOf } from '../support';

interface Component {
  readonly Specification: { readonly ComputeResourceRequirements: Record<string, number> };
}

describe('every kind of endpoint scales to zero', () => {
  test('GGUF on Graviton', () => {
    const stack = testStack();
    const endpoint = new GgufEndpoint(stack, 'Chat', {
      model: ModelSource.s3Prefix(new Bucket(stack, 'Models'), 'qwen-gguf/', { config: QWEN_7B }),
      files: [{ path: 'qwen-q4_k_m.gguf' }],
      instanceType: InstanceType.of('ml.c7g.8xlarge'),
      maxModelLen: 2048,
      minInstanceCount: 0,
      maxInstanceCount: 2,
    });
    expect(endpoint.inferenceComponentName).toBeDefined();
    expect(resourceOf(stack, 'AWS::ApplicationAutoScaling::ScalableTarget')).toMatchObject({
      MinCapacity: 0,
      MaxCapacity: 2,
    });
    expect(errorsOf(stack)).toEqual([]);
    expect(warningsOf(stack)).toContain('COLD_START_FROM_ZERO');
  });

  test('GGUF on all GPUs of an instance, which llama.cpp deals its layers out to', () => {
    const stack = testStack();
    new GgufEndpoint(stack, 'Chat', {
      model: ModelSource.s3Prefix(new Bucket(stack, 'Models'), 'llama-gguf/', { config: LLAMA_70B }),
      files: [{ path: 'llama-q4_k_m.gguf' }],
      instanceType: InstanceType.G6_12XLARGE,
      maxModelLen: 2048,
      minInstanceCount: 0,
    });
    const { Specification } = resourceOf(stack, 'AWS::SageMaker::InferenceComponent') as unknown as Component;
    expect(Specification.ComputeResourceRequirements.NumberOfAcceleratorDevicesRequired).toBe(4);
    expect(errorsOf(stack)).toEqual([]);
  });

  test('Inferentia2, by the chips that hold its cores', () => {
    const stack = testStack();
    new NeuronEndpoint(stack, 'Chat', {
      model: ModelSource.s3Prefix(new Bucket(stack, 'Models'), 'qwen-neuron/', { config: QWEN_7B }),
      compilation: NeuronCompilation.precompiled({ batchSize: 4, sequenceLength: 4096, tensorParallelSize: 2 }),
      instanceType: InstanceType.INF2_8XLARGE,
      minInstanceCount: 0,
      maxInstanceCount: 3,
    });
    const { Specification } = resourceOf(stack, 'AWS::SageMaker::InferenceComponent') as unknown as Component;
    expect(Specification.ComputeResourceRequirements.NumberOfAcceleratorDevicesRequired).toBe(1);
    expect(resourceOf(stack, 'AWS::ApplicationAutoScaling::ScalableTarget')).toMatchObject({ MaxCapacity: 3 });
    expect(errorsOf(stack)).toEqual([]);
  });
});
