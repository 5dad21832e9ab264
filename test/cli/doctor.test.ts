import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { accountDiagnoses } from '../../bin/doctor/account';
import { localDiagnoses } from '../../bin/doctor/local';
import { needsOf } from '../../bin/doctor/needs';
import type { AccountPort } from '../../bin/doctor/types';
import { runCli } from '../../bin/program';
import { useTemporaryFolder } from '../format/temporary-folder';

const temporary = useTemporaryFolder();

function write(file: string, value: unknown): void {
  const location = path.join(temporary(), file);
  mkdirSync(path.dirname(location), { recursive: true });
  writeFileSync(location, typeof value === 'string' ? value : JSON.stringify(value));
}

const SCHEMA = '@aws-cdk/cloud-assembly-schema';

/** An app with a library of CDK that writes one schema, and a command line that reads up to another. */
function app({ library = '2.276.0', writes = '^55.3.0', cli = '2.1148.1', reads = '>=55.5.0' } = {}): string {
  write('package.json', {});
  write('node_modules/aws-cdk-lib/package.json', { version: library, dependencies: { [SCHEMA]: writes } });
  write('node_modules/aws-cdk/package.json', { version: cli, devDependencies: { [SCHEMA]: reads } });
  return temporary();
}
const statusOf = (directory: string, node = '22.11.0') =>
  Object.fromEntries(localDiagnoses(directory, node).map(({ id, status }) => [id, status]));

describe('without an account', () => {
  test('an app that can be synthesized', () => {
    write('quantized-endpoints.lock.json', { version: 1, models: {} });
    expect(statusOf(app())).toEqual({ node: 'ok', 'cdk-library': 'ok', 'cdk-command-line': 'ok', 'lock-file': 'ok' });
  });

  test.each([
    ['20.19.0', 'ok'],
    ['20.18.3', 'error'],
    ['18.20.8', 'error'],
    ['24.1.0', 'ok'],
  ])('Node.js %s is %s', (version, status) => {
    expect(statusOf(app(), version).node).toBe(status);
  });

  test('a library of CDK that is too old', () => {
    expect(statusOf(app({ library: '2.200.0' }))['cdk-library']).toBe('error');
  });

  test('a command line that cannot read what the library writes', () => {
    const directory = app({ writes: '^55.3.0', reads: '>=41.0.0', cli: '2.1000.0' });
    expect(localDiagnoses(directory, '22.0.0').find(({ id }) => id === 'cdk-command-line')).toEqual({
      id: 'cdk-command-line',
      status: 'error',
      message: 'aws-cdk 2.1000.0 reads cloud assemblies up to schema 41, aws-cdk-lib 2.276.0 writes schema 55',
      fix: 'npm install --save-dev aws-cdk@2',
    });
  });

  test('a command line of which nothing is known', () => {
    write('package.json', {});
    write('node_modules/aws-cdk-lib/package.json', { version: '2.276.0', dependencies: { [SCHEMA]: '^55.0.0' } });
    write('node_modules/aws-cdk/package.json', { version: '3.0.0' });
    expect(statusOf(temporary())['cdk-command-line']).toBe('warning');
  });

  test('nothing installed', () => {
    expect(statusOf(temporary())).toEqual({ node: 'ok', 'cdk-library': 'warning', 'lock-file': 'warning' });
  });

  test('a lock file that is none', () => {
    write('quantized-endpoints.lock.json', '{');
    expect(statusOf(app())['lock-file']).toBe('error');
  });
});

describe('with an account', () => {
  const named = (name: string) => Object.assign(new Error('no'), { name });
  const port = (overrides: Partial<AccountPort> = {}): AccountPort => ({
    region: async () => 'us-east-1',
    identity: async () => ({ account: '123456789012', arn: 'arn:aws:iam::123456789012:user/me' }),
    bootstrapVersion: async () => 28,
    quotas: async () => new Map([['ml.g6.2xlarge for endpoint usage', 2]]),
    ...overrides,
  });
  const needs = [{ instanceType: 'ml.g6.2xlarge', count: 2 }];
  const statusesOf = async (given: Partial<AccountPort>, wanted = needs) =>
    Object.fromEntries((await accountDiagnoses(port(given), wanted)).map(({ id, status }) => [id, status]));

  test('in which all can be deployed', async () => {
    expect(await statusesOf({})).toEqual({
      region: 'ok',
      credentials: 'ok',
      bootstrap: 'ok',
      'quota-ml.g6.2xlarge': 'ok',
    });
  });

  test('without credentials nothing else is looked at, and nothing is said to be well', async () => {
    expect(await statusesOf({ identity: () => Promise.reject(named('CredentialsProviderError')) })).toEqual({
      region: 'ok',
      credentials: 'error',
      bootstrap: 'skipped',
      quotas: 'skipped',
    });
  });

  test('without a region likewise', async () => {
    expect(await statusesOf({ region: () => Promise.reject(new Error('Region is missing')) })).toEqual({
      region: 'error',
      credentials: 'skipped',
      bootstrap: 'skipped',
      quotas: 'skipped',
    });
  });

  test('that is not bootstrapped, or long ago', async () => {
    expect(await statusesOf({ bootstrapVersion: () => Promise.reject(named('ValidationError')) })).toMatchObject({
      bootstrap: 'warning',
    });
    expect(await statusesOf({ bootstrapVersion: async () => 5 })).toMatchObject({ bootstrap: 'error' });
  });

  test('whose quota is too small for an update says how much to ask for', async () => {
    const diagnoses = await accountDiagnoses(port(), [{ instanceType: 'ml.g6.2xlarge', count: 8 }]);
    expect(diagnoses[3]).toMatchObject({ status: 'error', fix: expect.stringContaining('request 8') });
  });

  test('whose quotas may not be read, or know no such type', async () => {
    expect(await statusesOf({ quotas: () => Promise.reject(named('AccessDeniedException')) })).toMatchObject({
      quotas: 'warning',
    });
    expect(await statusesOf({ quotas: async () => new Map() })).toMatchObject({ 'quota-ml.g6.2xlarge': 'warning' });
  });
});

describe('what an app needs', () => {
  const template = (deployment: object, max = 3) => ({
    Resources: {
      Endpoint: {
        Type: 'AWS::SageMaker::Endpoint',
        Properties: { EndpointConfigName: { Ref: 'Config' }, DeploymentConfig: deployment },
      },
      Config: {
        Type: 'AWS::SageMaker::EndpointConfig',
        Properties: {
          ProductionVariants: [{ InstanceType: 'ml.g6.2xlarge', ModelName: 'm', InitialInstanceCount: max }],
        },
      },
    },
  });

  test('is its fleet twice, where an update is blue/green', async () => {
    write('cdk.out/Stack.template.json', template({}));
    expect(await needsOf(temporary(), undefined)).toEqual([{ instanceType: 'ml.g6.2xlarge', count: 6 }]);
  });

  test('is one batch more, where it rolls', async () => {
    const rolling = { RollingUpdatePolicy: { MaximumBatchSize: { Type: 'CAPACITY_PERCENT', Value: 50 } } };
    write('cdk.out/Stack.template.json', template(rolling, 4));
    expect(await needsOf(temporary(), undefined)).toEqual([{ instanceType: 'ml.g6.2xlarge', count: 6 }]);
  });

  test('is not known before synth', async () => {
    expect(await needsOf(temporary(), undefined)).toEqual([]);
  });
});

test('qe doctor ends with 1 where something stops the app', async () => {
  let stdout = '';
  const spy = jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    stdout += String(chunk);
    return true;
  });
  try {
    expect(await runCli(['doctor', app(), '--offline', '--json'])).toBe(0);
    expect(await runCli(['doctor', app({ library: '2.1.0' }), '--offline', '--no-color'])).toBe(1);
  } finally {
    spy.mockRestore();
  }
  expect(stdout).toMatch(/^\{"schema":1,"directory":/);
  expect(stdout).toContain('error   cdk-library  aws-cdk-lib 2.1.0 is too old\n        fix  npm install aws-cdk-lib@');
});
