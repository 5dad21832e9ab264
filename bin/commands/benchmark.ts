import type { BenchmarkReport, EndpointBenchmark } from '../../lib/benchmark';
import { SpecError } from '../../lib/errors';
import { benchmarkPage } from '../../lib/report/benchmark-page';
import { planAnswer } from '../../lib/rules';
import { openClients, type Clients } from '../benchmark/clients';
import { invokeStreaming, type Target } from '../benchmark/invoke';
import { runManagedBenchmark, writeWorkloadConfig } from '../benchmark/managed';
import { measureOne, measureTwo, roundSize, type Progress, type TargetContext } from '../benchmark/measure';
import { describeEndpoint, measureMemory, type Deployed } from '../benchmark/memory';
import { benchmarkOptions, type BenchmarkOptions } from '../benchmark/options';
import { compareQuality } from '../benchmark/quality';
import { renderBenchmark } from '../benchmark/render';
import { readPromptFile, requestSource } from '../benchmark/requests';
import { ExitStatus } from '../exit-status';
import { interruptible } from '../interruptible';
import { readSpec } from '../plan/spec-file';
import { count } from '../output/units';
import { writeWhole } from '../output/write-file';
import { usePriceFile } from '../prices/file';
import { ProgressBar } from '../simulate/progress';
import type { Terminal } from '../terminal';

/** `qe benchmark ENDPOINT`: load and latency of a deployed endpoint. Ctrl-C ends it with status 130. */
export async function benchmark(
  args: readonly string[],
  given: Record<string, unknown>,
  terminal: Terminal,
): Promise<ExitStatus> {
  const options = benchmarkOptions(args[0], given);
  if (options.workloadConfigFile !== undefined) {
    await writeWorkloadConfig(options, options.workloadConfigFile);
    terminal.say(`wrote ${options.workloadConfigFile}`);
  }
  return interruptible(
    terminal,
    () => 'nothing was written',
    (signal) => measure(options, given, terminal, signal),
  );
}

async function measure(
  options: BenchmarkOptions,
  given: Record<string, unknown>,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ExitStatus> {
  const clients = openClients();
  try {
    const report = await run(options, clients, terminal, signal);
    const text = `${JSON.stringify({ schema: 1, ...report })}\n`;
    if (terminal.json) terminal.printJson(report);
    else terminal.print(renderBenchmark(report, terminal));
    if (typeof given.report === 'string') {
      await writeWhole(given.report, text);
      terminal.say(`wrote ${given.report}`);
    }
    if (typeof given.html === 'string') {
      await writeWhole(given.html, benchmarkPage(report));
      terminal.say(`wrote ${given.html}`);
    }
    const answered = [report.endpoint, report.other].every(
      (side) => side === undefined || side.stages.some(({ totalMs }) => totalMs !== null),
    );
    return answered ? ExitStatus.OK : ExitStatus.FINDINGS;
  } finally {
    clients.close();
  }
}

async function run(
  options: BenchmarkOptions,
  clients: Clients,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<BenchmarkReport> {
  const prompts = options.qualityFile === undefined ? undefined : await readPromptFile(options.qualityFile);
  const plan = options.specFile === undefined ? undefined : await planOf(options.specFile);
  const targets: readonly Target[] = [options.endpoint, options.other].flatMap((endpoint) =>
    endpoint === undefined ? [] : [{ endpoint, inferenceComponent: options.inferenceComponent }],
  );
  const deployed: Deployed[] = [];
  for (const { endpoint } of targets) deployed.push(await describeEndpoint(clients, endpoint));

  const contexts: TargetContext[] = [];
  for (const target of targets) contexts.push(await warmUp(options, clients, target, terminal, signal));
  const startedAt = new Date();
  const progress = progressOf(options, targets.length, terminal);
  const [first, second] = contexts;
  let stages: readonly EndpointBenchmark['stages'][];
  let comparison: BenchmarkReport['comparison'];
  try {
    if (second === undefined) stages = [await measureOne(options.loads, options.requests, first, progress)];
    else {
      const measured = await measureTwo(options.loads, options.requests, options.pairs, [first, second], progress);
      stages = [measured.first, measured.second];
      comparison = measured.comparison;
    }
  } finally {
    progress.stop();
  }
  const sides: EndpointBenchmark[] = [];
  for (const [i, { endpoint }] of targets.entries()) {
    // The plan is one endpoint's: the one that was asked for first.
    const memory = await measureMemory(clients, endpoint, deployed[i], startedAt, i === 0 ? plan : undefined);
    sides.push({ endpoint, stages: stages[i], memory });
  }
  const quality = prompts && (await compareQuality(clients, targets[0], targets[1], prompts, signal));
  const managed =
    options.managed &&
    (await runManagedBenchmark(clients, options, options.managed, signal, (text) => terminal.say(text)));
  const { inputTokens, outputTokens, requests, warmUpRequests } = options;
  return {
    startedAt: startedAt.toISOString(),
    workload: { inputTokens, outputTokens, requests, warmUpRequests },
    endpoint: sides[0],
    ...(sides[1] === undefined ? {} : { other: sides[1] }),
    ...(comparison === undefined ? {} : { comparison }),
    ...(quality === undefined ? {} : { quality }),
    ...(managed === undefined ? {} : { managed }),
  };
}

/** Words of the request that finds out what the endpoint's tokenizer makes of a word. */
const PROBE_WORDS = 64;

/**
 * First requests pay for what later ones find ready: compiled kernels, connections. The first of them also tells how many tokens the
 * endpoint counts for a word, so that prompts have the length that was asked for.
 *
 * @throws SpecError `ENDPOINT_DOES_NOT_STREAM` where not even one request is answered
 */
async function warmUp(
  options: BenchmarkOptions,
  clients: Clients,
  target: Target,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<TargetContext> {
  terminal.say(`warming up ${target.endpoint}`);
  const { runtime: client } = clients;
  const ask = (body: string) =>
    invokeStreaming(
      client,
      target,
      body,
      performance.now(),
      AbortSignal.any([signal, AbortSignal.timeout(options.timeoutSeconds * 1000)]),
    );
  const probe = await requestSource({ ...options, inputTokens: PROBE_WORDS });
  const { record } = await ask(probe(0));
  signal.throwIfAborted();
  if (record.error !== undefined)
    throw new SpecError('ENDPOINT_DOES_NOT_STREAM', `${target.endpoint} does not answer a streamed chat completion`, {
      got: record.error,
      allowed: 'a stream of OpenAI chat completion chunks',
      fix: 'check the permission sagemaker:InvokeEndpointWithResponseStream, the input length, and the container’s log',
    });
  const tokensAWord =
    options.promptFile === undefined && record.promptTokens !== undefined
      ? record.promptTokens / PROBE_WORDS
      : undefined;
  const source = await requestSource(options, tokensAWord);
  for (let i = 1; i < options.warmUpRequests; i++) {
    // Not among the prompts of the load, whose prefixes a cache would then know.
    await ask(source(1_000_000 + i));
    signal.throwIfAborted();
  }
  return { client, target, source, timeoutSeconds: options.timeoutSeconds, signal };
}

async function planOf(file: string) {
  await usePriceFile();
  return planAnswer(await readSpec(file));
}

function progressOf(
  { loads, requests, pairs }: BenchmarkOptions,
  targets: number,
  terminal: Terminal,
): Progress & { stop(): void } {
  const total = loads.reduce(
    (sum, load) => sum + (targets === 1 ? requests : 2 * pairs * roundSize(load, requests, pairs)),
    0,
  );
  const bar = new ProgressBar(terminal, 'requests', count);
  const started = performance.now();
  let done = 0;
  return {
    say: (text) => terminal.say(`loading: ${text}`),
    step: () => {
      done++;
      const seconds = (performance.now() - started) / 1000;
      bar.update({
        doneBytes: done,
        totalBytes: total,
        tensors: 0,
        seconds,
        secondsLeft: (seconds * (total - done)) / done,
      });
    },
    stop: () => bar.stop(),
  };
}
