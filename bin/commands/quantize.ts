import { existsSync, realpathSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { SpecError } from '../../lib/errors';
import { parseScheme, type Scheme } from '../../lib/scheme';
import { ExitStatus } from '../exit-status';
import { interruptible } from '../interruptible';
import { bytes } from '../output/units';
import { assertTakesImatrix } from '../quantize/takes-imatrix';
import type { CheckpointWriter, QuantizeAnswer } from '../quantize/writer';
import { CHECKPOINT_FORMATS, checkpointWriters } from '../quantize/writers';
import type { Terminal } from '../terminal';

/** Between two looks at a build, which takes minutes. */
const POLL_MILLISECONDS = 5_000;

/** `qe quantize PATH --scheme S --out DIR`: writes a quantized checkpoint. Ctrl-C ends it with status 130 and leaves nothing. */
export async function quantize(
  args: readonly string[],
  options: Record<string, unknown>,
  terminal: Terminal,
): Promise<ExitStatus> {
  const [path] = args;
  const scheme = parseScheme(String(options.scheme), {
    groupSize: integerOption(options.groupSize, '--group-size', -1),
  });
  assertTakesImatrix(options, [scheme]);
  const threads = integerOption(options.threads, '--threads') ?? availableParallelism();
  const out = String(options.out);
  const dryRun = options.dryRun === true;
  const writers = await checkpointWriters(scheme);
  const writer = writerFor(writers, scheme, options.format);
  if (options.on === 'aws' && !dryRun)
    return interruptible(
      terminal,
      () => 'the build was stopped, and nothing was kept',
      async (signal) => {
        tell(await inAccount(path, options, terminal, signal), false, terminal);
        return ExitStatus.OK;
      },
    );
  let used = writer;
  return interruptible(
    terminal,
    () => (used.resumes === true ? 'the same command goes on where it stopped' : 'nothing was kept'),
    async (signal) => {
      // First of all: they start while the rest is loaded and headers are read.
      const helpers = dryRun ? undefined : writer.start?.(threads);
      let close: (() => Promise<void>) | undefined;
      try {
        const { closeS3, locateCheckpoint, openCheckpoint } = await import('../quantize/source');
        close = closeS3;
        const { folder, file } = locateCheckpoint(path);
        const checkpoint = await openCheckpoint(folder, file);
        for (const warning of checkpoint.warnings) terminal.say(`warning ${warning.id}: ${warning.message}`);
        const keep = keepsLayers(options)
          ? await (await import('../quantize/keep')).keptLayers(options, checkpoint, scheme, signal)
          : undefined;
        if (keep?.as === 'int8' && options.format === undefined) used = writerFor(writers, scheme, undefined, true);
        if (!dryRun) await makeFolder(out);
        const request = {
          folder,
          checkpoint,
          path,
          scheme,
          keep,
          out,
          threads,
          helpers,
          dryRun,
          options,
          signal,
          terminal,
        };
        tell(await used.write(request), dryRun, terminal);
        return ExitStatus.OK;
      } finally {
        helpers?.end();
        await close?.();
      }
    },
  );
}

function tell(answer: QuantizeAnswer, dryRun: boolean, terminal: Terminal): void {
  if (terminal.json) {
    terminal.printJson({ ...answer, dryRun });
    return;
  }
  const speed = dryRun ? 'would be written' : `written in ${answer.seconds.toFixed(1)} s`;
  const size = `${bytes(answer.bytes)}, ${answer.bitsPerWeight.toFixed(2)} bits a weight`;
  terminal.print(answer.files.join('\n'));
  terminal.say([`${size}, ${speed}`, ...answer.notes.map((note) => `note ${note}`)].join('\n'));
}

/** `--on aws`: the same command in CodeBuild. Its code and the SDK are loaded for those alone who ask for it. */
async function inAccount(
  path: string,
  options: Record<string, unknown>,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<QuantizeAnswer> {
  const [{ remoteJob }, { quantizeRemotely }, { awsBuildAccount }] = await Promise.all([
    import('../quantize/remote/job'),
    import('../quantize/remote/run'),
    import('../quantize/remote/account'),
  ]);
  const job = remoteJob(path, options, existsSync);
  const account = awsBuildAccount();
  try {
    const program = dirname(realpathSync(process.argv[1]));
    return await quantizeRemotely(job, { account, program, terminal, signal, pollMilliseconds: POLL_MILLISECONDS });
  } finally {
    account.close();
  }
}

function keepsLayers({ keep, keepAs }: Readonly<Record<string, unknown>>): boolean {
  return keep !== undefined || keepAs !== undefined;
}

/**
 * @param writers those that can hold the scheme
 * @param atInt8 a format that can hold some layers at INT8 comes first
 */
function writerFor(
  writers: readonly CheckpointWriter[],
  scheme: Scheme,
  format: unknown,
  atInt8 = false,
): CheckpointWriter {
  const first = (atInt8 ? writers.find((candidate) => candidate.keepsAtInt8(scheme)) : undefined) ?? writers[0];
  const writer = format === undefined ? first : writers.find((candidate) => candidate.format === format);
  if (writer !== undefined) return writer;
  const formats = writers.map((candidate) => candidate.format);
  throw new SpecError(
    'FORMAT_NOT_WRITTEN',
    `${scheme.name} cannot be written${format === undefined ? '' : ` as ${String(format)}`}`,
    {
      got: format === undefined ? scheme.name : String(format),
      allowed: (formats.length > 0 ? formats : CHECKPOINT_FORMATS).join(', '),
      fix: formats.length > 0 ? 'leave --format out, or give one of these' : 'choose a scheme that these formats hold',
    },
  );
}

async function makeFolder(out: string): Promise<void> {
  try {
    await mkdir(out, { recursive: true });
  } catch (cause) {
    throw new SpecError('OUTPUT_UNWRITABLE', `cannot make the folder ${out}: ${(cause as Error).message}`, {
      path: out,
      got: out,
      allowed: 'a folder that exists or can be made',
      fix: 'check --out',
      cause,
    });
  }
}

function integerOption(value: unknown, name: string, least = 1): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (Number.isInteger(number) && (number >= 1 || number === least) && number <= 65536) return number;
  throw new SpecError('OPTION_NOT_A_NUMBER', `${name} is not a whole number it can use`, {
    got: String(value),
    allowed: least < 1 ? 'a whole number above 0, or -1' : 'a whole number above 0',
    fix: `correct ${name}`,
  });
}
