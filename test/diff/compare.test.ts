import { compareAll, compareEndpoints, factsOfSpec, factsOfTemplate, type EndpointFacts } from '../../lib/diff';
import type { EndpointSpec } from '../../lib/spec/types';
import { QWEN_7B, QWEN_7B_AWQ } from '../constructs/models';

const SPEC: EndpointSpec = {
  id: 'chat',
  model: { id: 'Qwen/Qwen2.5-7B-Instruct-AWQ', config: QWEN_7B_AWQ },
  container: { family: 'vllm', version: '0.28.0' },
  instanceType: 'ml.g6.2xlarge',
  region: 'us-east-1',
  options: { maxModelLen: 16_384, maxNumSeqs: 16 },
  endpoint: { endpointName: 'chat', minInstanceCount: 1, maxInstanceCount: 4 },
};

function changes(after: Partial<EndpointSpec>, before: Partial<EndpointSpec> = {}) {
  return compareEndpoints(factsOfSpec({ ...SPEC, ...before }), factsOfSpec({ ...SPEC, ...after })).changes;
}
const idsOf = (after: Partial<EndpointSpec>, before?: Partial<EndpointSpec>) =>
  changes(after, before).map(({ id }) => id);
const change = (id: string, after: Partial<EndpointSpec>, before?: Partial<EndpointSpec>) =>
  changes(after, before).find((found) => found.id === id);

test('nothing changes nothing', () => {
  expect(changes({})).toEqual([]);
});

describe('what is lost', () => {
  test('another name replaces the endpoint', () => {
    expect(change('ENDPOINT_REPLACED', { endpoint: { ...SPEC.endpoint, endpointName: 'talk' } })).toMatchObject({
      severity: 'danger',
      before: 'chat',
      after: 'talk',
    });
  });

  test('a name that is left to the construct does not', () => {
    const { endpointName: _, ...open } = SPEC.endpoint!;
    expect(idsOf({ endpoint: open })).toEqual([]);
  });

  test('scaling to zero replaces it, for its model then lies in a component', () => {
    expect(idsOf({ endpoint: { ...SPEC.endpoint, minInstanceCount: 0 } })).toContain('ENDPOINT_REPLACED');
  });

  test('an update without scaling drops the count that scaling has made', () => {
    const fixed = { endpoint: { endpointName: 'chat', initialInstanceCount: 1 }, instanceType: 'ml.g5.2xlarge' };
    expect(change('SCALED_COUNT_DROPPED', fixed)).toMatchObject({ severity: 'danger', before: 'up to 4', after: '1' });
  });

  test('an update that goes on scaling retains it', () => {
    expect(idsOf({ instanceType: 'ml.g5.2xlarge' })).not.toContain('SCALED_COUNT_DROPPED');
  });

  test('a count that is as large as scaling allowed drops nothing', () => {
    const fixed = { endpoint: { endpointName: 'chat', initialInstanceCount: 4 }, instanceType: 'ml.g5.2xlarge' };
    expect(idsOf(fixed)).not.toContain('SCALED_COUNT_DROPPED');
  });

  test('a bound below what runs removes instances', () => {
    const running: EndpointFacts = { ...factsOfSpec(SPEC), source: 'service', currentInstanceCount: 4 };
    const lower = factsOfSpec({ ...SPEC, endpoint: { ...SPEC.endpoint, maxInstanceCount: 2 } });
    expect(compareEndpoints(running, lower).changes).toEqual([
      expect.objectContaining({ id: 'SCALED_IN_BY_NEW_BOUND', before: '4', after: '2' }),
    ]);
  });
});

describe('room that is needed', () => {
  const update: Partial<EndpointSpec> = { options: { ...SPEC.options, maxNumSeqs: 8 } };

  test('blue/green needs twice the fleet', () => {
    expect(change('CAPACITY_NEEDED', update)).toMatchObject({
      severity: 'notice',
      message: 'blue/green starts 4 × ml.g6.2xlarge while the 4 that serve go on',
      after: 'a quota of 8 for ml.g6.2xlarge (endpoint usage)',
    });
  });

  test('another type needs a quota of its own', () => {
    expect(change('CAPACITY_NEEDED', { instanceType: 'ml.g5.2xlarge' })?.after).toBe(
      'a quota of 4 for ml.g5.2xlarge (endpoint usage), beside that of ml.g6.2xlarge',
    );
  });

  test('rolling needs one batch more', () => {
    const after: EndpointFacts = {
      ...factsOfSpec({ ...SPEC, ...update }),
      strategy: { kind: 'ROLLING', stepPercent: 25 },
    };
    expect(compareEndpoints(factsOfSpec(SPEC), after).changes[0]).toMatchObject({
      id: 'CAPACITY_NEEDED',
      after: 'a quota of 5 for ml.g6.2xlarge (endpoint usage)',
    });
  });

  test('what runs counts, where it is known', () => {
    const running: EndpointFacts = { ...factsOfSpec(SPEC), source: 'service', currentInstanceCount: 2 };
    const { changes: found } = compareEndpoints(running, factsOfSpec({ ...SPEC, ...update }));
    expect(found.find(({ id }) => id === 'CAPACITY_NEEDED')?.after).toBe(
      'a quota of 4 for ml.g6.2xlarge (endpoint usage)',
    );
  });

  test('a change of scaling alone starts nothing', () => {
    expect(idsOf({ endpoint: { ...SPEC.endpoint, maxInstanceCount: 6 } })).toEqual([]);
  });
});

describe('what is served otherwise', () => {
  test('a shorter context refuses requests that were answered', () => {
    expect(change('CONTEXT_SHORTER', { options: { ...SPEC.options, maxModelLen: 8_192 } })).toMatchObject({
      severity: 'notice',
      before: '16,384 tokens',
      after: '8,192 tokens',
    });
  });

  test('a longer one is only told', () => {
    expect(change('CONTEXT_LONGER', { options: { ...SPEC.options, maxModelLen: 32_768 } })?.severity).toBe('info');
  });

  test('another quantization comes with its memory, its speed and a hint on its quality', () => {
    const half = { model: { id: 'Qwen/Qwen2.5-7B-Instruct', config: QWEN_7B }, quantization: 'fp8' };
    const found = changes(half);
    expect(found.find(({ id }) => id === 'QUANTIZATION')).toMatchObject({ before: 'awq', after: 'fp8' });
    expect(found.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['WEIGHTS', 'WEIGHT_MEMORY', 'INTER_TOKEN', 'KV_CACHE']),
    );
  });

  test('another instance type comes with its cost', () => {
    expect(change('COST', { instanceType: 'ml.g6.12xlarge' })?.after).toMatch(/^[\d.]+ \(\+\d+ %\)$/);
  });

  test('variables are named, and secrets are not shown', () => {
    const before = { ...factsOfSpec(SPEC), environment: { A: '1', HF_TOKEN: 'hf_old' } };
    const after = { ...factsOfSpec(SPEC), environment: { A: '2', HF_TOKEN: 'hf_new' } };
    const found = compareEndpoints(before, after).changes.filter(({ id }) => id === 'VARIABLE');
    expect(found.map(({ message, before: was, after: is }) => [message, was, is])).toEqual([
      ['variable A', '1', '2'],
      ['variable HF_TOKEN', 'a secret', 'another'],
    ]);
    expect(JSON.stringify(found)).not.toContain('hf_');
  });
});

describe('templates', () => {
  const template = (overrides: Record<string, unknown> = {}, endpointId = 'Chat') => ({
    Resources: {
      Model: {
        Type: 'AWS::SageMaker::Model',
        Properties: { PrimaryContainer: { Image: 'image:1', Environment: { A: '1' } } },
      },
      Config: {
        Type: 'AWS::SageMaker::EndpointConfig',
        Properties: {
          ProductionVariants: [
            {
              VariantName: 'AllTraffic',
              ModelName: { 'Fn::GetAtt': ['Model', 'ModelName'] },
              InstanceType: 'ml.g6.2xlarge',
              InitialInstanceCount: 1,
            },
          ],
        },
      },
      [endpointId]: {
        Type: 'AWS::SageMaker::Endpoint',
        Properties: {
          EndpointName: 'chat',
          EndpointConfigName: { 'Fn::GetAtt': ['Config', 'EndpointConfigName'] },
          RetainAllVariantProperties: true,
          DeploymentConfig: {
            RollingUpdatePolicy: { MaximumBatchSize: { Type: 'CAPACITY_PERCENT', Value: 50 } },
          },
        },
      },
      Target: {
        Type: 'AWS::ApplicationAutoScaling::ScalableTarget',
        Properties: {
          ScalableDimension: 'sagemaker:variant:DesiredInstanceCount',
          ResourceId: {
            'Fn::Join': ['', ['endpoint/', { 'Fn::GetAtt': [endpointId, 'EndpointName'] }, '/variant/AllTraffic']],
          },
          MinCapacity: 1,
          MaxCapacity: 4,
        },
      },
      ...overrides,
    },
  });
  const compare = (before: object, after: object) =>
    compareAll(factsOfTemplate(before), factsOfTemplate(after)).map(({ key, changes: found }) => ({
      key,
      ids: found.map(({ id }) => id),
    }));

  test('tell everything that an update depends on', () => {
    expect(factsOfTemplate(template())).toEqual([
      {
        source: 'template',
        key: 'Chat',
        endpointName: 'chat',
        instanceType: 'ml.g6.2xlarge',
        image: 'image:1',
        environment: { A: '1' },
        weights: undefined,
        initialInstanceCount: 1,
        minInstanceCount: 1,
        maxInstanceCount: 4,
        scales: true,
        retainsCount: true,
        strategy: { kind: 'ROLLING', stepPercent: 50 },
        hostsComponents: false,
      },
    ]);
  });

  test('without a difference have none', () => {
    expect(compare(template(), template())).toEqual([{ key: 'Chat', ids: [] }]);
  });

  test('another logical id of the same name cannot be deployed', () => {
    expect(compare(template(), template({}, 'Talk'))).toEqual([
      { key: 'Talk', ids: ['ENDPOINT_ADDED'] },
      { key: 'Chat', ids: ['LOGICAL_ID_CHANGED'] },
    ]);
  });

  test('an endpoint that is gone is deleted', () => {
    expect(compare(template(), { Resources: {} })).toEqual([{ key: 'Chat', ids: ['ENDPOINT_REMOVED'] }]);
  });

  test('scaling whose count is not retained is dropped', () => {
    const dropping = template();
    delete (dropping.Resources.Chat as { Properties: Record<string, unknown> }).Properties.RetainAllVariantProperties;
    (
      dropping.Resources.Model as { Properties: { PrimaryContainer: { Image: string } } }
    ).Properties.PrimaryContainer.Image = 'image:2';
    expect(compare(template(), dropping)).toEqual([
      { key: 'Chat', ids: ['SCALED_COUNT_DROPPED', 'CAPACITY_NEEDED', 'IMAGE'] },
    ]);
  });

  test.each([null, 1, 'text', [], {}, { Resources: { A: null, B: { Type: 'AWS::SageMaker::Endpoint' } } }])(
    'of any other form do no harm: %j',
    (value) => {
      expect(() => compareAll(factsOfTemplate(value), factsOfTemplate(template()))).not.toThrow();
    },
  );
});

test('a spec is compared with a template by what both can say', () => {
  const [deployed] = factsOfTemplate({
    Resources: {
      Endpoint: {
        Type: 'AWS::SageMaker::Endpoint',
        Properties: { EndpointName: 'chat', EndpointConfigName: { Ref: 'Config' } },
      },
      Config: {
        Type: 'AWS::SageMaker::EndpointConfig',
        Properties: {
          ProductionVariants: [{ InstanceType: 'ml.g6.2xlarge', ModelName: 'x', InitialInstanceCount: 1 }],
        },
      },
    },
  });
  const [{ changes: found }] = compareAll(
    [{ ...deployed, environment: factsOfSpec(SPEC).environment }],
    [factsOfSpec(SPEC)],
  );
  expect(found).toEqual([]);
});
