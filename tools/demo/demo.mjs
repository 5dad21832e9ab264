/**
 * `npm run demo`: from a checkpoint to a streaming endpoint, on this machine alone. A real model is checked, planned, deployed by the
 * real CDK command line onto a local AWS, asked for a story, and removed.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pc from 'picocolors';
import { ACCOUNT, startLocalAws } from '../local-aws/local-aws.mjs';
import { Progress, show } from './progress.mjs';
import { onARealAccount } from './real-account.mjs';
import { ROOT, runScript } from './run-command.mjs';
import { streamStory } from './stream-story.mjs';

const CDK = 'node_modules/aws-cdk/bin/cdk';
const QE = 'dist/bin/qe.js';
const STACK = 'StoryTeller';
const INSTANCE_TYPE = 'ml.g4dn.xlarge';
const PROMPT = 'It was a dark and stormy night';

const scratch = mkdtempSync(path.join(tmpdir(), `qe-demo-${process.pid}-`));
const assembly = path.join(scratch, 'cdk.out');
// The SDK's note on Node versions is meant for who maintains this, not for who watches.
const QUIET = { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };
Object.assign(process.env, QUIET);
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => interrupted.abort());
// Whoever read the output has left: `npm run demo | head`.
process.stdout.on('error', () => interrupted.abort());
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

let aws;
let status = 0;
try {
  await demo();
} catch (error) {
  status = interrupted.signal.aborted ? 130 : 1;
  process.stderr.write(interrupted.signal.aborted ? '\ninterrupted\n' : `\n${pc.red(error.message)}\n`);
} finally {
  await aws?.stop();
}
process.exit(status);

async function demo() {
  const began = Date.now();
  const progress = new Progress(9);
  const step = (name, work) => {
    interrupted.signal.throwIfAborted();
    return progress.step(name, work);
  };
  const script = (args, options) => runScript(args, { signal: interrupted.signal, ...options });
  const cdk = (args, options) =>
    script([CDK, ...args, '--output', assembly, '--no-color', '--no-notices'], {
      environment: { ...aws.environment, ...QUIET },
      ...options,
    });

  await step('Building the command line', async () => {
    await script(['tools/build-kernels.mjs']);
    await script(['tools/build-cli.mjs']);
  });
  const spec = writeSpec();
  await step('Checking the model against the instance, the container and the quantization', () =>
    script([QE, 'check', spec]),
  );
  const plan = await step('Planning memory, speed and cost', () => script([QE, 'plan', spec]));
  show(plan);
  const { cost } = JSON.parse(await script([QE, 'plan', '--json', spec]));

  aws = await step('Starting a local AWS (no account, no Docker; this is not AWS)', () => startLocalAws());
  const refusal = await step('Synthesizing a wrong app (AWQ on a V100, context too long), which must be refused', () =>
    cdk(['synth', '--quiet', '--app', 'node tools/run-app.mjs tools/demo/wrong-app.ts'], { status: 1 }),
  );
  show(errorsOf(refusal));
  await step('Bootstrapping the account', () => cdk(['bootstrap', `aws://${ACCOUNT}/${aws.region}`]));
  const deployment = await step('Deploying with cdk deploy: role, model, configuration, endpoint, alarms', () =>
    cdk(['deploy', '--require-approval', 'never']),
  );
  const endpointName = /EndpointName = (\S+)/.exec(deployment)[1];

  interrupted.signal.throwIfAborted();
  await progress.live(`Asking ${endpointName} for a story, token by token`, () => tellStory(endpointName));
  show(onARealAccount(assembly, STACK, cost, { instanceType: INSTANCE_TYPE, region: aws.region }));
  await step('Destroying the stack', () => cdk(['destroy', '--force']));
  process.stdout.write(`\nDone in ${((Date.now() - began) / 1000).toFixed(0)} s. Nothing is left running.\n`);
}

async function tellStory(endpointName) {
  const credentials = { accessKeyId: ACCOUNT, secretAccessKey: 'local' };
  const request = { prompt: PROMPT, maxTokens: 120, temperature: 0.7, seed: 7 };
  process.stdout.write(`\n      ${pc.bold(PROMPT)}`);
  const { tokens, firstTokenMs, totalMs } = await streamStory(
    { endpoint: aws.endpoint, region: aws.region, credentials },
    endpointName,
    request,
    (text) => process.stdout.write(text.replaceAll('\n', '\n      ')),
  );
  process.stdout.write(
    `\n\n      ${pc.dim(`${tokens} tokens in ${totalMs.toFixed(0)} ms on this machine's CPU, the first after ${firstTokenMs.toFixed(0)} ms`)}\n\n`,
  );
}

/** The endpoint of the app as a spec, for the command line. */
function writeSpec() {
  const config = JSON.parse(readFileSync(path.join(ROOT, 'examples/models/gutenberg-3m/config.json'), 'utf8'));
  const spec = {
    id: 'story-teller',
    model: { id: './examples/models/gutenberg-3m-Q4_K_M', config },
    quantization: 'gguf:Q4_K_M',
    container: { family: 'llama-cpp' },
    instanceType: INSTANCE_TYPE,
    region: 'us-east-1',
    options: { maxModelLen: config.max_position_embeddings },
    // The constructs choose it; a spec says all that is deployed.
    endpoint: { inferenceAmiVersion: 'al2023-ami-sagemaker-inference-gpu-4-1' },
  };
  const file = path.join(scratch, 'spec.json');
  writeFileSync(file, JSON.stringify(spec, null, 2));
  return file;
}

/** The errors of a synth: rule, message with what was got, and the fix. */
function errorsOf(output) {
  const errors = [...output.matchAll(/^ERROR (.*?)(?: \(Annotation\))?\n.*\n +Rule Annotation::(\w+)/gm)];
  return errors.map(([, message, rule]) => `${pc.red('✗')} ${pc.bold(rule)}\n  ${message}`).join('\n');
}
