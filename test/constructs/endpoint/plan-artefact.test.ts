import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { App, SecretValue, Stack, Stage } from 'aws-cdk-lib';
import { InstanceType } from '../../../index';
import { priceFile, serializePriceFile } from '../../../lib/plan';
import { planAnswer } from '../../../lib/rules';
import { ENV, makeEndpoint, messagesOf, testStack } from '../support';

function plansIn(directory: string): Record<string, Record<string, unknown>> {
  const files = readdirSync(directory).filter((name) => name.endsWith('.plan.json'));
  return Object.fromEntries(
    files.map((name) => [
      name,
      JSON.parse(readFileSync(path.join(directory, name), 'utf8')) as Record<string, unknown>,
    ]),
  );
}

describe('the plan in the cloud assembly', () => {
  test('holds the spec, the plan of this spec, and the server’s command line', () => {
    const stack = testStack();
    makeEndpoint(stack);
    const { directory } = (stack.node.root as App).synth();
    const [artefact] = Object.values(plansIn(directory));
    expect(artefact).toMatchObject({
      schema: 1,
      constructPath: 'Test/Chat',
      spec: { instanceType: 'ml.g6.2xlarge', region: 'us-east-1', options: { maxModelLen: 16_384 } },
      environment: { OPTION_MAX_MODEL_LEN: '16384' },
    });
    expect(artefact.command).toContain('16384');
    expect(artefact.plan).toEqual(planAnswer(artefact.spec));
  });

  test('is one for each endpoint', () => {
    const stack = testStack();
    makeEndpoint(stack, {}, 'Chat');
    makeEndpoint(stack, { instanceType: InstanceType.G5_2XLARGE }, 'Code');
    const plans = plansIn((stack.node.root as App).synth().directory);
    expect(Object.values(plans).map(({ constructPath }) => constructPath)).toEqual(['Test/Chat', 'Test/Code']);
  });

  test('lies in the assembly of its stage', () => {
    const app = new App();
    const stage = new Stage(app, 'Production', { env: ENV });
    makeEndpoint(new Stack(stage, 'Chat'));
    const { directory } = app.synth();
    expect(Object.keys(plansIn(directory))).toEqual([]);
    expect(Object.keys(plansIn(path.join(directory, 'assembly-Production')))).toHaveLength(1);
  });

  test('holds no hub token', () => {
    const stack = testStack();
    makeEndpoint(stack, { hubToken: SecretValue.secretsManager('hub-token') });
    expect(JSON.stringify(plansIn((stack.node.root as App).synth().directory))).not.toContain('resolve:secretsmanager');
  });

  test('is the same whenever it is made', () => {
    const make = () => {
      const stack = testStack();
      makeEndpoint(stack);
      return plansIn((stack.node.root as App).synth().directory);
    };
    expect(make()).toEqual(make());
  });
});

test('main figures are properties of the endpoint', () => {
  const { plan } = makeEndpoint(testStack());
  expect(plan).toMatchObject({ maxModelLen: 16_384, usdPerHour: 1.222 });
  expect(plan.maxConcurrency).toBeGreaterThan(1);
  expect(plan.kvCacheTokens).toBeGreaterThan(16_384);
});

test('prices that were fetched win over those of the package', () => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'prices-')), 'qe-prices.json');
  const prices = { 'us-east-1': { 'ml.g6.2xlarge': 9.5 } };
  writeFileSync(file, serializePriceFile(priceFile('2026-11-01', 'a test', prices)));
  const stack = testStack(ENV, { 'cdk-quantized-endpoints:priceFile': file });
  expect(makeEndpoint(stack).plan.usdPerHour).toBe(9.5);
  expect(makeEndpoint(testStack()).plan.usdPerHour).toBe(1.222);
});

test('speeds that were measured win over those that are estimated, and are said to be', () => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'corrections-')), 'qe-corrections.json');
  const correction = {
    model: 'Qwen/Qwen2.5-7B-Instruct-AWQ',
    scheme: 'awq',
    instanceType: 'ml.g6.2xlarge',
    container: 'lmi',
    interToken: 1.5,
    measuredAt: '2026-02-03T10:00:00Z',
  };
  writeFileSync(file, JSON.stringify({ schema: 1, corrections: [correction] }));
  const stack = testStack(ENV, { 'cdk-quantized-endpoints:correctionsFile': file });
  const estimated = makeEndpoint(testStack()).plan.interTokenMs!;
  expect(makeEndpoint(stack).plan.interTokenMs).toBeCloseTo(1.5 * estimated, 6);
  expect(messagesOf(stack, 'info').join()).toContain('as measured on 2026-02-03');
  expect(makeEndpoint(testStack()).plan.interTokenMs).toBe(estimated);
  writeFileSync(file, '{}');
  const broken = testStack(ENV, { 'cdk-quantized-endpoints:correctionsFile': file });
  expect(() => makeEndpoint(broken)).toThrow(expect.objectContaining({ id: 'CORRECTIONS_UNREADABLE' }));
});
