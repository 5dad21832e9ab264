// What `qe benchmark` takes of a core while it holds 100 streams of 20 tokens a second, beyond what signing, sending and receiving take: the
// same requests, whose answers are thrown away, by turns in one run. Beside it the SDK's own decoder, which is not used.
import { build } from 'esbuild';
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Readable } from 'node:stream';
import { tmpdir } from 'node:os';
import path from 'node:path';

const STREAMS = 100;
const ROUNDS = 8;
const TARGET_PERCENT = 1;

const root = path.resolve(import.meta.dirname, '..');
const scratch = mkdtempSync(path.join(tmpdir(), 'bench-benchmark-'));
const bundle = path.join(scratch, 'load.cjs');
await build({
  stdin: {
    contents: `export { generateLoad } from './bin/benchmark/generate-load';
      export { InvokeEndpointWithResponseStreamCommand, SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';`,
    resolveDir: root,
  },
  outfile: bundle,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  logLevel: 'warning',
});
const { generateLoad, InvokeEndpointWithResponseStreamCommand, SageMakerRuntimeClient } = createRequire(
  import.meta.url,
)(bundle);

const server = fork(path.join(import.meta.dirname, 'benchmark/stream-server.mjs'));
const port = await new Promise((resolve) => server.once('message', resolve));
const client = new SageMakerRuntimeClient({
  endpoint: `http://127.0.0.1:${port}`,
  region: 'us-east-1',
  credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  maxAttempts: 1,
  requestHandler: { httpAgent: { maxSockets: STREAMS } },
});
const body = JSON.stringify({ messages: [{ role: 'user', content: 'x' }], stream: true });

/** Processor time of this process, per cent of a core. */
async function cpuPercent(work) {
  const began = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 10 / (performance.now() - began);
}

const everyStream = (one) => () => Promise.all(Array.from({ length: STREAMS }, one));
const command = () => new InvokeEndpointWithResponseStreamCommand({ EndpointName: 'e', Body: Buffer.from(body) });
/** Signs and sends the same requests, and throws the bytes of the answers away. */
const bare = everyStream(async () => {
  const thrownAway = command();
  let received;
  thrownAway.middlewareStack.add(
    (next) => async (args) => {
      const { response } = await next(args);
      received = new Promise((resolve, reject) =>
        response.body
          .on('data', () => {})
          .on('end', resolve)
          .on('error', reject),
      );
      return { response: { ...response, body: Readable.from([]) } };
    },
    { step: 'deserialize', priority: 'low', name: 'throwAway' },
  );
  await client.send(thrownAway);
  await received;
});
const own = async () => {
  const { records } = await generateLoad({ kind: 'closed', concurrency: STREAMS }, 0, STREAMS, {
    client,
    target: { endpoint: 'e' },
    source: () => body,
    timeoutSeconds: 60,
    signal: new AbortController().signal,
    onDone: () => {},
  });
  const wrong = records.filter(({ error, outputTokens }) => error !== undefined || outputTokens !== 100);
  if (records.length !== STREAMS || wrong.length > 0) throw new Error(`lost: ${JSON.stringify(wrong[0])}`);
};
const sdk = everyStream(async () => {
  const { Body } = await client.send(command());
  let parts = 0;
  for await (const part of Body) parts += part.PayloadPart === undefined ? 0 : 1;
  return parts;
});

const runs = { bare: [], own: [], sdk: [] };
// The first of each compiles.
for (const work of [bare, own, sdk]) await work();
for (let round = 0; round < ROUNDS; round++) {
  runs.bare.push(await cpuPercent(bare));
  runs.own.push(await cpuPercent(own));
}
runs.sdk.push(await cpuPercent(sdk));
client.destroy();
server.kill();
rmSync(scratch, { recursive: true });

// The lowest of each: what a busy machine disturbs least.
const [receiving, measuring] = [Math.min(...runs.bare), Math.min(...runs.own)];
const overhead = measuring - receiving;
console.log(
  `${STREAMS} streams of 20 tokens/s: sending and receiving take ${receiving.toFixed(1)} % of a core, qe benchmark ${measuring.toFixed(1)} % ` +
    `(lowest of ${ROUNDS}), the SDK's decoder ${Math.min(...runs.sdk).toFixed(1)} %`,
);
console.log(`the benchmark's own share: ${overhead.toFixed(2)} % of a core (target: ${TARGET_PERCENT} %)`);
process.exit(overhead <= TARGET_PERCENT ? 0 : 1);
