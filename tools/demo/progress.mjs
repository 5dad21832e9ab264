import pc from 'picocolors';

const REFRESH_MS = 200;

/** Shows a line a step: number, name, and the time that it took. */
export class Progress {
  #total;
  #count = 0;

  /** @param {number} total number of steps */
  constructor(total) {
    this.#total = total;
  }

  /**
   * A step whose time is counted where it stands, on a terminal.
   *
   * @template T
   * @param {string} name what is being done
   * @param {() => Promise<T>} work
   * @returns {Promise<T>}
   */
  async step(name, work) {
    const label = this.#label(name);
    const seconds = stopwatch();
    const { isTTY } = process.stdout;
    const ticking = isTTY && setInterval(() => process.stdout.write(`\r${label} ${pc.dim(seconds())}`), REFRESH_MS);
    if (isTTY) process.stdout.write(label);
    let mark = pc.red('✗');
    try {
      const result = await work();
      mark = pc.green('✓');
      return result;
    } finally {
      clearInterval(ticking);
      process.stdout.write(`${isTTY ? '\r' : ''}${label} ${mark} ${pc.dim(seconds())}\n`);
    }
  }

  /**
   * A step that writes to the terminal itself.
   *
   * @param {string} name
   * @param {() => Promise<void>} work
   */
  async live(name, work) {
    process.stdout.write(`${this.#label(name)}\n`);
    await work();
  }

  #label(name) {
    return `${pc.dim(`[${++this.#count}/${this.#total}]`)} ${name}`;
  }
}

/** Text set apart from the steps. */
export function show(text) {
  const indented = text
    .trimEnd()
    .split('\n')
    .map((line) => `      ${line}`.trimEnd())
    .join('\n');
  process.stdout.write(`\n${indented}\n\n`);
}

function stopwatch() {
  const began = Date.now();
  return () => `${((Date.now() - began) / 1000).toFixed(1)} s`;
}
