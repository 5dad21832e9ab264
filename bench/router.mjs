// What the router adds to the first token: the same scripted SageMaker runtime is asked by its SDK and through the router's own function,
// in turns, in one run. Both ways cross the network stack of this machine; the way through the router does so twice, and the router's
// part (reading and checking the request, classifying it, judging the answer's first word, writing the event) is all that lies between.
// On a machine that does other work, give it a priority of its own (`chrt -f 10 npm run bench -- router`): otherwise it measures how long
// processes wait for a processor, twice as often on the longer way.
// Then: what the classifier takes by itself, and 500 streams at once through one process.
import { Agent } from 'node:http';
import { InvokeEndpointWithResponseStreamCommand, SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { importTypeScript } from '../tools/import-typescript.mjs';
import { startFunction } from './router/function.mjs';
import { startRuntime } from './router/sagemaker-runtime.mjs';

const ROUNDS = 1000;
const WARM_UP = 200;
const FIRST_TOKEN_MS = 5;
const TARGET_P50_MS = 5;
const TARGET_P99_MS = 20;
const STREAMS = 500;
const CLASSIFICATIONS = 2000;
const TARGET_CLASSIFIER_MS = 1;

const root = path.resolve(import.meta.dirname, '..');
spawnSync(process.execPath, [path.join(root, 'tools/build-lambdas.mjs')], { stdio: 'inherit' });
const weights = JSON.parse(readFileSync(path.join(root, 'lib/route/data/tier-weights.json'), 'utf8'));

const tier = (name) => ({
  name,
  backend: { kind: 'sagemaker', endpointName: `${name}-says-8` },
  firstTokenTimeoutMs: 20_000,
  idleTimeoutMs: 20_000,
});
const config = {
  modelName: 'auto',
  tiers: [tier('fast'), tier('quality')],
  boundaries: weights.boundaries,
  callerMayChoose: false,
  sticky: true,
  escalation: {
    on: ['refusal', 'malformed-json', 'low-confidence', 'throttled', 'timeout', 'error'],
    judged: { share: 0.1, burst: 10 },
    failed: { share: 1, burst: 10 },
    confidenceTokens: 16,
  },
  breaker: { failures: 5, coolDownMs: 30_000 },
  limits: { bodyBytes: 1_048_576, messages: 1000, promptCharacters: 500_000, completionTokens: 32_768 },
  metricsNamespace: 'Bench',
  routerName: 'bench',
};
const question = 'What is the capital of France, and since when? Please answer in one short sentence.';
const messages = [
  { role: 'system', content: 'You are a helpful assistant of a travel agency. '.repeat(10) },
  { role: 'user', content: question },
];

const percentile = (values, share) => [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * share)];
const met = (isMet) => (isMet ? 'met' : 'MISSED');
let missed = 0;
const judge = (isMet) => {
  if (!isMet) missed++;
  return met(isMet);
};

const runtime = await startRuntime({ firstTokenMs: FIRST_TOKEN_MS });
const router = await startFunction(config, { AWS_ENDPOINT_URL: runtime.endpoint }, root);
const client = new SageMakerRuntimeClient({
  region: 'us-east-1',
  endpoint: runtime.endpoint,
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  maxAttempts: 1,
});
const agent = new Agent({ keepAlive: true, maxSockets: Infinity });

/** Milliseconds to the first word of the endpoint itself. */
async function direct() {
  const began = performance.now();
  const { Body } = await client.send(
    new InvokeEndpointWithResponseStreamCommand({
      EndpointName: 'fast-says-8',
      ContentType: 'application/json',
      Body: Buffer.from(JSON.stringify({ messages, stream: true })),
    }),
  );
  let first;
  for await (const event of Body)
    if (event.PayloadPart?.Bytes && first === undefined) first = performance.now() - began;
  return first;
}

/** Milliseconds to the first word through the router. */
async function routed() {
  const began = performance.now();
  const response = await router.invoke({ model: 'auto', stream: true, messages }, { agent });
  let first;
  let whole = '';
  for await (const data of response) {
    whole += data;
    if (first === undefined && whole.includes('"content"')) first = performance.now() - began;
  }
  if (!whole.endsWith('data: [DONE]\n\n')) throw new Error(`no whole answer: ${whole}`);
  return first;
}

const times = { direct: [], routed: [] };
for (let round = -WARM_UP; round < ROUNDS; round++) {
  const [one, other] = round % 2 === 0 ? [await direct(), await routed()] : [await routed(), await direct()].reverse();
  if (round < 0) continue;
  times.direct.push(one);
  times.routed.push(other);
}
for (const [share, target] of [
  [0.5, TARGET_P50_MS],
  [0.99, TARGET_P99_MS],
]) {
  const [before, after] = [percentile(times.direct, share), percentile(times.routed, share)];
  console.log(
    `first token p${share * 100}: direct ${before.toFixed(2)} ms, through the router ${after.toFixed(2)} ms, added ${(after - before).toFixed(2)} ms ` +
      `(${ROUNDS} pairs in turns), target at most ${target} ms: ${judge(after - before <= target)}`,
  );
}

const many = await Promise.all(
  Array.from({ length: STREAMS }, async (_, i) => {
    const body = { model: 'auto', stream: true, messages: [{ role: 'user', content: `Hello, I am number ${i} here` }] };
    const response = await router.invoke(body, { agent, requestId: String(i) });
    let whole = '';
    for await (const data of response) whole += data;
    const words = [...whole.matchAll(/number-(\d+)-(\d+) /g)];
    const mine = words.filter(([, who]) => who === String(i)).length;
    return { whole: whole.endsWith('data: [DONE]\n\n') && mine === 8, crossed: words.length - mine };
  }),
);
const lost = many.filter(({ whole }) => !whole).length;
const crossed = many.filter((stream) => stream.crossed > 0).length;
console.log(
  `${STREAMS} streams at once through one process: ${lost} lost, ${crossed} crossed: ${judge(lost + crossed === 0)}`,
);
await router.stop();
await runtime.close();

const { decide, turnsOf } = await importTypeScript('lib/route/index.ts');
const long = {
  role: 'user',
  images: 0,
  text: 'Explain why the following function is slow, step by step. f(x) = x + 1; '.repeat(200),
};
const spent = [];
for (let i = 0; i < CLASSIFICATIONS; i++) {
  const began = process.cpuUsage();
  decide(turnsOf([long], { tools: 0, jsonAsked: false })[0], weights.boundaries);
  const { user, system } = process.cpuUsage(began);
  if (i >= CLASSIFICATIONS / 10) spent.push((user + system) / 1000);
}
const [half, most] = [percentile(spent, 0.5), percentile(spent, 0.99)];
console.log(
  `the classifier, for a question of ${long.text.length} characters: ${half.toFixed(3)} ms of the processor at p50, ${most.toFixed(3)} ms at p99, ` +
    `target at most ${TARGET_CLASSIFIER_MS} ms: ${judge(half <= TARGET_CLASSIFIER_MS)}`,
);
process.exit(missed === 0 ? 0 : 1);
