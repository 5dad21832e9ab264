// What `qe benchmark` takes of a core while it holds 100 streams of 20 tokens a second, beyond what signing, sending and receiving take: the
// same requests, whose answers are thrown away, by turns in one run. Beside it the SDK's own decoder, which is not used.
import { build } from 'esbuild';
import { fork } from 'node:child_process';
import { rmSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { createRequire } from 'node:module';
import { Readable } from 'node:stream';
import path from 'node:path';

const STREAMS = 100;
const ROUNDS = 5;
const TARGET_PERCENT = 1;

const root = path.resolve(import.meta.dirname, '..');
const bundle = path.join(root, '.cache', `bench-benchmark.${process.pid}.cjs`);
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
  // So that a profile tells the SDK's work from the benchmark's.
  packages: 'external',
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

/** Per cent of a core that the benchmark's own functions take, with what they call of Node; the collector is nobody's. */
async function profiledPercent(work) {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 250 });
  const began = performance.now();
  await session.post('Profiler.start');
  await work();
  const milliseconds = performance.now() - began;
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  for (const node of profile.nodes) for (const child of node.children ?? []) nodes.get(child).parent = node;
  // A sample belongs to the nearest function that is not Node's own.
  const isOwn = (node) => {
    for (let at = node; at !== undefined; at = at.parent) {
      const { url } = at.callFrame;
      if (url !== '' && !url.startsWith('node:')) return url.endsWith(path.basename(bundle));
    }
    return false;
  };
  const own = profile.samples.reduce((sum, id, i) => sum + (isOwn(nodes.get(id)) ? profile.timeDeltas[i] : 0), 0);
  return own / 10 / milliseconds;
}

const runs = { bare: [], own: [], sdk: [], profiled: [] };
// The first of each compiles.
for (const work of [bare, own, sdk]) await work();
for (let round = 0; round < ROUNDS; round++) {
  runs.bare.push(await cpuPercent(bare));
  runs.own.push(await cpuPercent(own));
  runs.profiled.push(await profiledPercent(own));
}
runs.sdk.push(await cpuPercent(sdk));
client.destroy();
server.kill();
rmSync(bundle, { force: true });

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const overhead = median(runs.profiled);
console.log(
  `${STREAMS} streams of 20 tokens/s: sending and receiving take ${median(runs.bare).toFixed(1)} % of a core, with qe benchmark ` +
    `${median(runs.own).toFixed(1)} %, with the SDK's decoder ${median(runs.sdk).toFixed(1)} % (medians of ${ROUNDS}, all of the process, its collector too)`,
);
console.log(
  `the benchmark's own functions: ${overhead.toFixed(2)} % of a core, ${runs.profiled.map((value) => value.toFixed(2)).join(' ')} (target: ${TARGET_PERCENT} %)`,
);
process.exit(overhead <= TARGET_PERCENT ? 0 : 1);
