import { Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { InstanceType, ModelFleet, type FleetModelProps, type LoraAdapterProps } from '../../../index';
import { hubModel, errorsOf, testStack, warningsOf } from '../support';

const CONFIG = { peft_type: 'LORA', r: 16, base_model_name_or_path: 'Qwen/Qwen2.5-7B-Instruct', bias: 'none' };

function makeAdapter(adapter: Partial<LoraAdapterProps> = {}, base: Partial<FleetModelProps> = {}) {
  const stack = testStack();
  const fleet = new ModelFleet(stack, 'Fleet', { instanceType: InstanceType.G6_2XLARGE });
  const model = fleet.addModel('Chat', {
    model: hubModel(),
    maxModelLen: 8192,
    enableLora: true,
    maxLoras: 4,
    maxLoraRank: 16,
    ...base,
  });
  const bucket = new Bucket(stack, 'Adapters');
  const legal = model.addAdapter('Legal', { bucket, key: 'legal/v1.tar.gz', config: CONFIG, ...adapter });
  return { stack, fleet, model, legal, bucket };
}

describe('a LoRA adapter', () => {
  const { stack, model, legal } = makeAdapter();
  const template = Template.fromStack(stack);
  const components = template.findResources('AWS::SageMaker::InferenceComponent');

  test('is an inference component of its base, without copies and resources of its own', () => {
    const adapter = Object.values(components).find(
      ({ Properties }) => Properties.InferenceComponentName === legal.inferenceComponentName,
    )!;
    const { Tags: _tags, ...properties } = adapter.Properties;
    expect(properties).toEqual({
      EndpointName: { 'Fn::GetAtt': [expect.stringMatching(/^Fleet/), 'EndpointName'] },
      VariantName: 'AllTraffic',
      InferenceComponentName: legal.inferenceComponentName,
      Specification: {
        BaseInferenceComponentName: model.inferenceComponentName,
        Container: {
          ArtifactUrl: { 'Fn::Join': ['', ['s3://', { Ref: expect.stringMatching(/^Adapters/) }, '/legal/v1.tar.gz']] },
        },
      },
    });
    expect(adapter.DependsOn).toEqual(expect.arrayContaining([expect.stringMatching(/^FleetChatComponent/)]));
  });

  test('is read by the role of the fleet, and nothing beside it', () => {
    const text = JSON.stringify(template.findResources('AWS::IAM::Policy'));
    expect(text).toContain('/legal/v1.tar.gz');
    expect(text).not.toContain('legal/*');
  });

  test('has nothing to report where its base can load it', () => {
    expect(errorsOf(stack)).toEqual([]);
    expect(warningsOf(stack)).toEqual([]);
  });

  test('has its memory in the plan of its base', () => {
    const without = makeAdapter({}, { enableLora: false }).model.plan.kvCacheTokens!;
    expect(model.plan.kvCacheTokens).toBeLessThan(without);
  });

  test('is measured and granted by itself', () => {
    const { stack: other, legal: adapter } = makeAdapter();
    adapter.grants.invoke(new Role(other, 'Caller', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }));
    const policies = Object.entries(Template.fromStack(other).findResources('AWS::IAM::Policy'));
    expect(JSON.stringify(policies.find(([id]) => id.startsWith('Caller')))).toContain(
      `inference-component/${adapter.inferenceComponentName}`,
    );
    expect(adapter.metricInvocations()).toMatchObject({
      dimensions: { InferenceComponentName: adapter.inferenceComponentName },
    });
  });
});

describe('an adapter that cannot be loaded', () => {
  test.each<[string, Partial<LoraAdapterProps>, Partial<FleetModelProps>]>([
    ['ADAPTER_RANK_ABOVE_MAXIMUM', { config: { ...CONFIG, r: 64 } }, {}],
    ['ADAPTER_BASE_WITHOUT_LORA', {}, { enableLora: false }],
    ['ADAPTER_NOT_TARBALL', { key: 'legal/adapter_model.safetensors' }, {}],
  ])('%s', (rule, adapter, base) => {
    expect(errorsOf(makeAdapter(adapter, base).stack)).toEqual([rule]);
  });

  test('because its configuration is not there', () => {
    expect(() => makeAdapter({ config: undefined, configPath: '/nowhere/adapter_config.json' })).toThrow(
      expect.objectContaining({ id: 'MODEL_CONFIG_UNREADABLE' }),
    );
  });

  test('or of which nothing is known, is a warning', () => {
    expect(warningsOf(makeAdapter({ config: undefined }).stack)).toEqual(['ADAPTER_CONFIG_UNKNOWN']);
  });
});

test('more adapters than the GPU holds at once are a warning', () => {
  const { stack, model, bucket } = makeAdapter({}, { maxLoras: 1 });
  model.addAdapter('Medical', { bucket, key: 'medical.tar.gz', config: CONFIG });
  expect(warningsOf(stack)).toEqual(['ADAPTERS_ABOVE_MAX_LORAS']);
});
