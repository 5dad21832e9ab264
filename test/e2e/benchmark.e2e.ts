import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { runCli } from '../../bin/program';
import type { BenchmarkReport } from '../../lib/benchmark';
import { bootstrap, expectDone, startDeployment, type Deployment } from './cdk';

describe('qe benchmark of an endpoint that the CDK command line deployed', () => {
  let deployment: Deployment;
  const before = { ...process.env };

  beforeAll(async () => {
    deployment = await startDeployment();
  });
  afterAll(async () => {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
    await deployment?.stop();
  });

  test('deploys, is loaded, and is destroyed', async () => {
    const cdk = (...args: string[]) => deployment.cdk(...args, '--app', 'node tools/run-app.mjs test/e2e/gguf-app.ts');
    await bootstrap(deployment);
    const deployed = await cdk('deploy', '--require-approval', 'never');
    expectDone(deployed.status, deployed.output);
    const [, endpointName] = /EndpointName = (\S+)/.exec(deployed.output)!;

    const { endpoint, region, credentials } = deployment.clientOptions;
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    });
    const file = path.join(deployment.scratch, 'benchmark.json');
    const page = path.join(deployment.scratch, 'benchmark.html');
    const status = await runCli([
      'benchmark',
      endpointName,
      ...['--concurrency', '1,2,4', '--rate', '10', '--requests', '12'],
      ...['--input-tokens', '32', '--output-tokens', '16', '--report', file, '--html', page, '--quiet'],
    ]);
    expect(status).toBe(0);
    const { endpoint: side } = JSON.parse(readFileSync(file, 'utf8')) as BenchmarkReport;
    expect(side.stages).toHaveLength(4);
    for (const stage of side.stages)
      expect(stage).toMatchObject({ requests: 12, errors: {}, tokensCountedBy: 'server', outputTokens: { max: 16 } });
    expect(readFileSync(page, 'utf8')).toContain('Time to the first token');
    expect(await cdk('destroy', '--force')).toMatchObject({ status: 0 });
  });
});
