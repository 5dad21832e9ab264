import { Command, CommanderError, Option } from 'commander';
import { QuantizedEndpointsError } from '../lib/errors';
import { reportBadInput } from './bad-input';
import { ExitStatus } from './exit-status';
import { Terminal, type GlobalOptions } from './terminal';

type Action = (args: readonly string[], options: Record<string, unknown>, terminal: Terminal) => Promise<ExitStatus>;

/** What the first argument of a command is, where its name does not tell. */
const ARGUMENTS: Readonly<Record<string, string>> = {
  file: 'an endpoint spec as JSON, or - for standard input',
  rule: 'an id of qe rules, such as BUDGET_EXCEEDED',
  path: 'a checkpoint: a folder, a file, or s3://…',
  endpoint: 'name of a deployed endpoint',
};

/**
 * The whole command line. Commands load on first use: `qe check` must answer in the time Node itself takes to start,
 * and must not pay for the simulator or the AWS SDK.
 *
 * @returns the exit status; never throws
 */
export async function runCli(argv: readonly string[]): Promise<number> {
  let status: number = ExitStatus.OK;
  const program = new Command('qe')
    .description('Know before you deploy: check, plan, simulate and quantize language models for Amazon SageMaker')
    .version(process.env.QE_VERSION ?? 'development', '--version')
    .option('--json', 'machine-readable answers on stdout')
    .option('--quiet', 'no progress and no messages')
    .option('--no-color', 'plain text')
    .showSuggestionAfterError()
    .exitOverride();

  const command = (
    usage: string,
    description: string,
    load: () => Promise<Action>,
    options: readonly Option[] = [],
  ) => {
    const sub = program.command(usage).description(description).configureHelp({ showGlobalOptions: true });
    const [first] = sub.registeredArguments;
    if (first !== undefined) first.description = ARGUMENTS[first.name()] ?? '';
    for (const option of options) sub.addOption(option);
    sub.action(async (...parameters: unknown[]) => {
      const self = parameters[parameters.length - 1] as Command;
      const merged = self.optsWithGlobals<Record<string, unknown> & GlobalOptions>();
      const action = await load();
      status = await action(self.args, merged, new Terminal(merged));
    });
    return sub;
  };

  command(
    'check <file>',
    'rules only: what would fail, and the fix',
    async () => (await import('./commands/check')).check,
    [
      new Option('--batch', 'one spec a line in, one answer a line out'),
      new Option('--strict', 'a warning counts as an error'),
    ],
  );
  command(
    'plan <file>',
    'rules and plan: what fits, how fast, what it costs',
    async () => (await import('./commands/plan')).plan,
    [
      new Option('--batch', 'one spec a line in, one answer a line out'),
      new Option('--strict', 'a warning counts as an error'),
      new Option('--html <file>', 'also write the plan as one self-contained page'),
      new Option('--measured <file>', "qe benchmark's report, or an engine's log: prediction beside measurement"),
      new Option('--save-corrections', 'keep what the report says of the speed, for plans to come'),
    ],
  );
  command(
    'diff <before> <after>',
    'what an update replaces, drops and needs: specs, plans, templates, cdk.out, endpoint:NAME',
    async () => (await import('./commands/diff')).diff,
    [new Option('--strict', 'what is lost counts as an error')],
  );
  command(
    'inspect <path>',
    'header of a checkpoint: tensors, types, bytes, parameters, its quantization',
    async () => (await import('./commands/inspect')).inspect,
  );
  command('explain <rule>', "a rule's page", async () => (await import('./commands/explain')).explain);
  command('rules', 'every rule', async () => (await import('./commands/rules')).rules);
  command(
    'recommend <file>',
    "ranks instance × scheme × container for the spec's model and workload",
    async () => (await import('./commands/recommend')).recommend,
    [
      new Option('--html <file>', 'also write the ranking as one self-contained page'),
      new Option('--limit <n>', 'rows to show').default('10'),
    ],
  );
  command(
    'choose',
    "the guide's chooser: which path, container and schemes",
    async () => (await import('./commands/choose')).choose,
    [
      new Option('--goal <goal>', 'simplest, cost, flexibility or edge'),
      new Option('--architecture <kind>', 'decoder, encoder-decoder or multimodal'),
      new Option('--quality <quality>', 'high, balanced or small'),
    ],
  );
  command(
    'prices',
    'current hosting prices into the file that plans read',
    async () => (await import('./commands/prices')).prices,
    [
      new Option('--region <region>', 'AWS region').default('us-east-1'),
      new Option('--out <file>', 'the price file; default: QE_PRICES, or qe-prices.json'),
    ],
  );
  command(
    'models <action> [ids...]',
    'add: what is known of a hub, JumpStart or S3 model, into the lock file that synth reads; list',
    async () => (await import('./commands/models')).models,
    [new Option('--lock <file>', 'the lock file; default: quantized-endpoints.lock.json')],
  );
  command(
    'simulate <path>',
    'quantizes a checkpoint in memory: what each scheme loses, layer by layer',
    async () => (await import('./commands/simulate')).simulate,
    [
      new Option('--scheme <names>', 'scheme names with commas between them').makeOptionMandatory(),
      new Option('--group-size <n>', 'weights that share a scale; -1: a whole row'),
      new Option('--evaluate <file>', 'held-out text: perplexity, KL and agreement against full precision'),
      new Option(
        '--calibration <file>',
        'a text, or what calibrate wrote: for awq, gptq, smoothquant and static scales',
      ),
      new Option('--imatrix <file>', 'for GGUF types: importance matrix of llama-imatrix, or of calibrate --imatrix'),
      new Option('--limit-tokens <n>', 'text tokens to use at most'),
      new Option('--kv-cache <type>', 'fp8, q8_0, q4_0 … or KEYS/VALUES: evaluate with the KV cache quantized too'),
      new Option('--instances <types>', 'does each scheme fit these instance types: with commas between them'),
      new Option('--sensitivity', 'which layers lose most, and what keeping them at higher precision brings'),
      new Option('--layers <pattern>', 'only layers whose name fits: * and ?, or a part of the name'),
      new Option('--threads <n>', 'default: all processors'),
      new Option('--report <file>', 'also write the figures as JSON'),
      new Option('--html <file>', 'also write them as one self-contained page'),
    ],
  );

  command(
    'quantize <path>',
    'writes a quantized checkpoint that engines load',
    async () => (await import('./commands/quantize')).quantize,
    [
      new Option('--scheme <name>', 'scheme name: gguf:Q4_K_M, awq, fp8…').makeOptionMandatory(),
      new Option('--out <dir>', 'folder to write into').makeOptionMandatory(),
      new Option('--format <format>', 'checkpoint layout, where a scheme has several'),
      new Option('--group-size <n>', 'weights that share a scale; -1: a whole row'),
      new Option('--calibration <file>', 'a text, or what calibrate wrote'),
      new Option('--imatrix <file>', 'GGUF: importance matrix of llama-imatrix, or of calibrate --imatrix'),
      new Option(
        '--keep <what>',
        'layers at higher precision: a report of simulate --sensitivity, or names and patterns',
      ),
      new Option('--keep-as <how>', 'int8 or stored; default: what the report says, else stored'),
      new Option('--limit-tokens <n>', 'tokens of a calibration text to use at most'),
      new Option('--threads <n>', 'default: all processors'),
      new Option('--on <where>', 'aws: in CodeBuild of your account, from S3 to S3')
        .choices(['local', 'aws'])
        .default('local'),
      new Option('--role <arn>', 'with --on aws: what CodeBuild assumes to read and write there'),
      new Option('--compute <type>', 'with --on aws: CodeBuild compute type; default: BUILD_GENERAL1_LARGE'),
      new Option('--digest', 'GGUF: note beside it which weights it was made from, for QualityGate; others always do'),
      new Option('--dry-run', 'say what would be written, and write nothing'),
    ],
  );
  command(
    'benchmark <endpoint>',
    'load and latency of a deployed endpoint, streamed, with real token counts',
    async () => (await import('./commands/benchmark')).benchmark,
    [
      new Option('--compare <endpoint>', 'load another by turns, and say what differs significantly'),
      new Option(
        '--quality <file>',
        'compare answers to these prompts: with the other endpoint, or the references in the file',
      ),
      new Option('--concurrency <list>', 'closed loops: requests in flight').default('1,4,16'),
      new Option('--rate <list>', 'open loops: requests a second'),
      new Option('--requests <n>', 'of each load').default('100'),
      new Option('--warm-up <n>', 'requests before that').default('4'),
      new Option('--pairs <n>', 'pairs of rounds with --compare').default('10'),
      new Option('--input-tokens <n>', 'about, of a synthetic prompt').default('512'),
      new Option('--output-tokens <n>', 'of an answer at most').default('128'),
      new Option('--ignore-eos', 'answers of full length, where the server knows ignore_eos'),
      new Option('--prompts <file>', 'JSON lines of prompts instead of synthetic ones'),
      new Option('--timeout <seconds>', 'of a request').default('300'),
      new Option('--inference-component <name>', 'for endpoints of inference components'),
      new Option('--spec <file>', "the endpoint's spec: GPU memory beside the plan"),
      new Option('--managed <s3>', "also run SageMaker's own benchmark of the same workload, results to this address"),
      new Option('--role <arn>', 'role for it'),
      new Option('--tokenizer <id>', 'for it: the hub id whose tokenizer AIPerf counts with'),
      new Option('--workload-config <file>', 'write the workload as an AIWorkloadConfig'),
      new Option('--report <file>', 'also write the figures as JSON'),
      new Option('--html <file>', 'also write them as one self-contained page'),
    ],
  );
  command(
    'calibrate <path>',
    'activation statistics of a text, for simulate and quantize',
    async () => (await import('./commands/calibrate')).calibrate,
    [
      new Option('--text <file>', 'calibration text, UTF-8').makeOptionMandatory(),
      new Option('--out <file>', 'where to write them').makeOptionMandatory(),
      new Option('--limit-tokens <n>', 'text tokens to use at most; default: 65536'),
      new Option('--imatrix <file>', 'also write an importance matrix for GGUF types, as llama-imatrix does'),
      new Option('--no-moments', 'leave out what AWQ and GPTQ need: a small file, for smoothquant and static scales'),
      new Option('--threads <n>', 'default: all processors'),
    ],
  );
  command(
    'route <action>',
    'calibrate: fits the classifier that chooses between tiers to answers that each tier gave',
    async () => (await import('./commands/route')).route,
    [
      new Option('--examples <file>', 'answered requests, one JSON object a line').makeOptionMandatory(),
      new Option('--quality-share <share>', 'share of the requests that each step hands to larger tiers; default: 0.2'),
      new Option('--quality <quality>', 'instead: mean quality to reach at the least cost'),
      new Option('--cost <cost>', 'instead: mean cost of a request not to exceed'),
      new Option('--tiers <names>', 'the tiers, smallest first; default: in the order of the first example'),
      new Option('--tier-cost <costs>', 'what an answer costs where the examples do not say: fast=0.1,quality=1'),
      new Option('--folds <n>', 'parts that the figures are cross-validated in').default('10'),
      new Option('--seed <n>', 'of the division into parts').default('1'),
      new Option('--out <file>', 'the weights, for TierClassifier.fromFile').default('tier-weights.json'),
      new Option('--html <file>', 'also write quality against cost as one self-contained page'),
    ],
  );

  command(
    'init [directory]',
    'writes the smallest app that deploys a model of the hub, with its lock file',
    async () => (await import('./commands/init')).init,
    [
      new Option('--model <id>', 'org/model, or org/model@revision').default('Qwen/Qwen2.5-7B-Instruct-AWQ'),
      new Option('--instance-type <type>', 'default: the best that serves the model as it is'),
      new Option('--region <region>', 'AWS region').default('us-east-1'),
    ],
  );
  command(
    'doctor [directory]',
    'whether an app can be synthesized and deployed from here: Node.js, CDK, credentials, quotas',
    async () => (await import('./commands/doctor')).doctor,
    [
      new Option('--instance-type <type>', 'whose quota to look at; default: those of cdk.out'),
      new Option('--offline', 'ask nothing of the account'),
    ],
  );

  try {
    await program.parseAsync(argv as string[], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitStatus.OK : ExitStatus.BAD_INPUT;
    const terminal = new Terminal(program.opts<GlobalOptions>());
    if (error instanceof QuantizedEndpointsError) {
      reportBadInput(error, terminal);
      return ExitStatus.BAD_INPUT;
    }
    terminal.complain(`this is a fault in qe, please report it: ${(error as Error).stack ?? String(error)}`);
    return ExitStatus.BAD_INPUT;
  }
  return status;
}
