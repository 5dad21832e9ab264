import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import {
  CreateFunctionCommand,
  CreateFunctionUrlConfigCommand,
  LambdaClient,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { startTestAws, type TestAws } from './support';

/** Sends two words; the second, if a file is named, when that file is there. */
const PROGRAM = `
const { existsSync } = require('node:fs');
const { setTimeout: sleep } = require('node:timers/promises');
exports.handler = awslambda.streamifyResponse(async (event, stream, context) => {
  if (event.rawPath === '/fail') throw new Error('it fails');
  const head = { statusCode: 201, headers: { 'content-type': 'text/plain', 'x-pid': String(process.pid) } };
  const response = awslambda.HttpResponseStream.from(stream, head);
  response.write('first ' + (process.env.GREETING ?? '') + ' ');
  if (event.rawPath === '/break') { await sleep(50); throw new Error('it breaks'); }
  const { file } = event.queryStringParameters ?? {};
  while (file !== undefined && !existsSync(file)) await sleep(10);
  response.write('second');
  response.end();
});
`;

/** A zip archive of one file, stored: what CreateFunction takes. */
function zipped(name: string, content: string): Buffer {
  const script =
    'import io,sys,zipfile;b=io.BytesIO();z=zipfile.ZipFile(b,"w");z.writestr(sys.argv[1],sys.stdin.read());z.close();sys.stdout.buffer.write(b.getvalue())';
  return execFileSync('python3', ['-c', script, name], { input: content });
}

describe('a function URL of the local AWS that streams', () => {
  let aws: TestAws;
  let lambda: LambdaClient;
  let host: string;
  let file: string;

  beforeAll(async () => {
    aws = await startTestAws();
    lambda = aws.client(LambdaClient);
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName: 'streamer',
        Runtime: 'nodejs22.x',
        Handler: 'index.handler',
        Role: 'arn:aws:iam::000000000000:role/any',
        Code: { ZipFile: zipped('index.js', PROGRAM) },
        Timeout: 20,
      }),
    );
    const { FunctionUrl } = await lambda.send(
      new CreateFunctionUrlConfigCommand({ FunctionName: 'streamer', AuthType: 'NONE', InvokeMode: 'RESPONSE_STREAM' }),
    );
    host = new URL(FunctionUrl!).host;
  });
  afterAll(() => aws?.stop());

  beforeEach(() => (file = path.join(mkdtempSync(path.join(tmpdir(), 'function-')), 'go')));
  afterEach(() => rmSync(path.dirname(file), { recursive: true }));

  const get = (target: string): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(aws.endpoint);
      request({ hostname, port, path: target, headers: { host } }, resolve).on('error', reject).end();
    });
  const textOf = async (response: IncomingMessage): Promise<string> => {
    let text = '';
    for await (const data of response) text += data;
    return text;
  };

  test('answers with the status and headers that the function gives', async () => {
    const response = await get('/');
    expect([response.statusCode, response.headers['content-type']]).toEqual([201, 'text/plain']);
    expect(await textOf(response)).toBe('first  second');
  });

  test('passes on what comes first while the function still works', async () => {
    const pieces: string[] = [];
    for await (const data of await get(`/?file=${file}`)) {
      pieces.push(String(data));
      // Only now the function goes on: it had not ended when this came.
      writeFileSync(file, '');
    }
    expect(pieces).toEqual(['first  ', 'second']);
  });

  test('runs one request at a time in each environment, and environments again', async () => {
    const responses = await Promise.all([1, 2, 3].map(() => get(`/?file=${file}`)));
    writeFileSync(file, '');
    await Promise.all(responses.map(textOf));
    const at = new Set(responses.map(({ headers }) => headers['x-pid']));
    expect(at.size).toBe(3);
    const next = await get('/');
    await textOf(next);
    expect(at).toContain(next.headers['x-pid']);
  });

  test('breaks the response off where the function breaks in the middle', async () => {
    await expect(get('/break').then(textOf)).rejects.toThrow();
    expect((await get('/fail')).statusCode).toBe(502);
  });

  test('runs with its new variables after an update', async () => {
    await lambda.send(
      new UpdateFunctionConfigurationCommand({
        FunctionName: 'streamer',
        Environment: { Variables: { GREETING: 'hello' } },
      }),
    );
    expect(await textOf(await get('/'))).toBe('first hello second');
  });

  test('does not exist under another name', async () => {
    host = host.replace(/^[^.]+/, (id) => 'a'.repeat(id.length));
    expect((await get('/')).statusCode).toBe(404);
  });
});
