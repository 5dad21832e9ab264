/** The router's bundled function in a process of its own, as one execution environment of Lambda runs it. */
import { spawn } from 'node:child_process';
import { request } from 'node:http';
import path from 'node:path';
import { createInterface } from 'node:readline';

/**
 * @param {object} config what TieredEndpoints writes into ROUTER_CONFIG
 * @param {Record<string, string>} environment further variables
 * @param {string} root of the checkout
 */
export async function startFunction(config, environment, root) {
  const child = spawn(process.execPath, [path.join(root, 'tools/local-aws/lambda/streaming-host.mjs')], {
    env: {
      PATH: process.env.PATH,
      NODE_PATH: path.join(root, 'node_modules'),
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_EC2_METADATA_DISABLED: 'true',
      ROUTER_CONFIG: JSON.stringify(config),
      ...environment,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (data) => (errors += data));
  const lines = createInterface({ input: child.stdout });
  const output = [];
  child.stdin.write(
    `${JSON.stringify({ directory: path.join(root, 'dist/lambda/router'), handler: 'index.handler' })}\n`,
  );
  const first = await new Promise((resolve, reject) => {
    lines.once('line', resolve);
    child.once('exit', () => reject(new Error(`the function did not start: ${errors}`)));
  });
  const { port, error } = JSON.parse(first);
  if (error !== undefined) throw new Error(error);
  lines.on('line', (line) => output.push(line));
  return {
    output,
    pid: child.pid,
    errors: () => errors,
    invoke: (body, options) => invoke(port, body, options),
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', resolve);
        child.kill();
      }),
  };
}

/** One request as a function URL hands it over; resolves with the response, its body not yet read. */
function invoke(port, body, { requestId = 'request', timeoutMs = 30_000, agent, trace = '' } = {}) {
  const event = {
    rawPath: '/v1/chat/completions',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    isBase64Encoded: false,
    requestContext: { requestId, http: { method: 'POST' } },
  };
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method: 'POST', agent }, resolve);
    sent.on('error', reject);
    sent.end(JSON.stringify({ event, context: { awsRequestId: requestId, timeoutMs }, trace }));
  });
}
