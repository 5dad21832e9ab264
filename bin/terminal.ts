import pc from 'picocolors';

/** Global options of the command line. */
export interface GlobalOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  /** Commander's `--no-color` sets it to false. */
  readonly color?: boolean;
}

/** Where a command writes: data to stdout, progress and messages to stderr, so that `--json` can be piped. */
export class Terminal {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly colors: ReturnType<typeof pc.createColors>;

  constructor(
    options: GlobalOptions,
    private readonly stdout: NodeJS.WritableStream = process.stdout,
    private readonly stderr: NodeJS.WritableStream = process.stderr,
  ) {
    this.json = options.json === true;
    this.quiet = options.quiet === true;
    this.colors = pc.createColors(options.color !== false && pc.isColorSupported && !this.json);
  }

  /** One line (or block) of data. */
  print(text: string): void {
    this.stdout.write(text + '\n');
  }

  /** Data already cut into lines, e.g. a batch's answers. Resolves when the stream takes more, so that a slow pipe bounds our memory. */
  async write(chunk: string): Promise<void> {
    if (!this.stdout.write(chunk)) await new Promise<void>((resolve) => this.stdout.once('drain', resolve));
  }

  /** A message for the person; silent under `--quiet`. */
  say(text: string): void {
    if (!this.quiet) this.stderr.write(text + '\n');
  }

  /** A failure; never silent. */
  complain(text: string): void {
    this.stderr.write(text + '\n');
  }

  /** A JSON answer that is not a line of a batch. */
  printJson(answer: object): void {
    this.print(JSON.stringify({ schema: 1, ...answer }));
  }
}
