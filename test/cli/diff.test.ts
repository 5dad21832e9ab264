import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { EndpointDiff } from '../../lib/diff';
import { QWEN_7B_AWQ } from '../constructs/models';
import { useTemporaryFolder } from '../format/temporary-folder';
import { qe } from './qe';

const temporary = useTemporaryFolder();

const SPEC = {
  id: 'chat',
  model: { id: 'Qwen/Qwen2.5-7B-Instruct-AWQ', config: QWEN_7B_AWQ },
  container: { family: 'vllm', version: '0.28.0' },
  instanceType: 'ml.g6.2xlarge',
  region: 'us-east-1',
  options: { maxModelLen: 16_384, maxNumSeqs: 16 },
  endpoint: {
    endpointName: 'chat',
    minInstanceCount: 1,
    maxInstanceCount: 4,
    inferenceAmiVersion: 'al2023-ami-sagemaker-inference-gpu-4-1',
  },
};
const TEMPLATE = {
  Resources: {
    Chat26DEB33F: {
      Type: 'AWS::SageMaker::Endpoint',
      Properties: { EndpointName: 'chat', EndpointConfigName: { Ref: 'Config' } },
      Metadata: { 'aws:cdk:path': 'Stack/Chat/Resource' },
    },
    Config: {
      Type: 'AWS::SageMaker::EndpointConfig',
      Properties: { ProductionVariants: [{ InstanceType: 'ml.g6.2xlarge', ModelName: 'm', InitialInstanceCount: 1 }] },
    },
  },
};

function file(name: string, value: unknown): string {
  const location = path.join(temporary(), name);
  mkdirSync(path.dirname(location), { recursive: true });
  writeFileSync(location, typeof value === 'string' ? value : JSON.stringify(value));
  return location;
}

async function diffsOf(...argv: string[]): Promise<readonly EndpointDiff[]> {
  const { stdout } = await qe('diff', ...argv, '--json');
  return (JSON.parse(stdout) as { endpoints: EndpointDiff[] }).endpoints;
}

test('says that nothing changes', async () => {
  const same = file('a.json', SPEC);
  const { status, stdout } = await qe('diff', same, same, '--no-color');
  expect({ status, stdout }).toEqual({ status: 0, stdout: 'chat\n  nothing changes\n' });
});

test('says what is lost first, then what is needed, then what is otherwise', async () => {
  const before = file('a.json', SPEC);
  const after = file('b.json', {
    ...SPEC,
    instanceType: 'ml.g5.2xlarge',
    endpoint: {
      endpointName: 'talk',
      initialInstanceCount: 1,
      inferenceAmiVersion: 'al2023-ami-sagemaker-inference-gpu-4-1',
    },
  });
  const { status, stdout } = await qe('diff', before, after, '--no-color');
  expect(status).toBe(0);
  expect(stdout).toMatch(/^chat\n {2}lost {2}ENDPOINT_REPLACED/);
  expect(stdout.indexOf('SCALED_COUNT_DROPPED')).toBeGreaterThan(0);
  expect(stdout.indexOf('CAPACITY_NEEDED')).toBeGreaterThan(stdout.indexOf('SCALED_COUNT_DROPPED'));
  expect(stdout).toContain('  instance type: ml.g6.2xlarge → ml.g5.2xlarge');
});

test('fails for what is lost under --strict only', async () => {
  const before = file('a.json', SPEC);
  const after = file('b.json', { ...SPEC, endpoint: { ...SPEC.endpoint, endpointName: 'talk' } });
  expect((await qe('diff', before, after)).status).toBe(0);
  expect((await qe('diff', before, after, '--strict')).status).toBe(1);
});

test('fails for a spec that could not be deployed', async () => {
  const before = file('a.json', SPEC);
  const after = file('b.json', { ...SPEC, instanceType: 'ml.p3.2xlarge' });
  const { status, stdout } = await qe('diff', before, after, '--json');
  expect(status).toBe(1);
  const { findings } = JSON.parse(stdout) as { findings: { rule: string }[] };
  expect(findings.map(({ rule }) => rule)).toContain('QUANTIZATION_NEEDS_NEWER_GPU');
});

test('takes the plan of a cloud assembly for its spec', async () => {
  const plan = file('Stack.plan.json', { schema: 1, constructPath: 'Stack/Chat', spec: SPEC });
  const after = file('b.json', { ...SPEC, options: { ...SPEC.options, maxModelLen: 8_192 } });
  const [{ changes }] = await diffsOf(plan, after);
  expect(changes.map(({ id }) => id)).toEqual(expect.arrayContaining(['CAPACITY_NEEDED', 'CONTEXT_SHORTER']));
});

test('compares whole assemblies, each template with the plan beside it', async () => {
  for (const [folder, maxModelLen] of [
    ['old', 16_384],
    ['new', 8_192],
  ] as const) {
    file(`${folder}/Stack.template.json`, TEMPLATE);
    file(`${folder}/assembly-Prod/Inner.template.json`, { Resources: {} });
    // A stack that was renamed: its template is still there, and no longer named.
    file(`${folder}/Old.template.json`, TEMPLATE);
    file(`${folder}/manifest.json`, { artifacts: { Stack: { properties: { templateFile: 'Stack.template.json' } } } });
    const spec = { ...SPEC, options: { ...SPEC.options, maxModelLen } };
    file(`${folder}/StackChat.plan.json`, { schema: 1, constructPath: 'Stack/Chat', spec });
  }
  const diffs = await diffsOf(path.join(temporary(), 'old'), path.join(temporary(), 'new'));
  expect(diffs).toHaveLength(1);
  const [{ key, changes }] = diffs;
  expect(key).toBe('Chat26DEB33F');
  expect(changes.map(({ id }) => id)).toContain('CONTEXT_SHORTER');
});

test('compares a template with a spec by what both can say', async () => {
  const template = file('t.json', TEMPLATE);
  const after = file('b.json', { ...SPEC, instanceType: 'ml.g5.2xlarge' });
  const [{ changes }] = await diffsOf(template, after);
  expect(changes.map(({ id }) => id)).toContain('INSTANCE_TYPE');
  expect(changes.map(({ id }) => id)).not.toContain('IMAGE');
});

describe('bad input', () => {
  test.each([
    ['a file that is not there', () => ['nowhere.json', 'nowhere.json'], 'INPUT_UNREADABLE'],
    ['no JSON', () => [file('x.json', '{'), file('x.json', '{')], 'SPEC_UNREADABLE'],
    ['an unknown key', () => [file('y.json', { model: {}, modle: 1 }), file('x.json', SPEC)], 'SPEC_UNKNOWN_KEY'],
    [
      'an assembly without an endpoint',
      () => [path.dirname(file('e/cdk.out', {})), file('x.json', SPEC)],
      'NO_ENDPOINT_TO_COMPARE',
    ],
  ])('%s is said so', async (_, args, rule) => {
    const { status, stdout } = await qe('diff', ...args(), '--json');
    expect(status).toBe(2);
    expect((JSON.parse(stdout) as { findings: { rule: string }[] }).findings[0].rule).toBe(rule);
  });
});
