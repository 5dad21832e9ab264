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
   * @template T
   * @param {string} name what is being done
   * @param {() => Promise<T>} work
   * @returns {Promise<T>}
   */
  async step(name, work) {
    const label = `${pc.dim(`[${++this.#count}/${this.#total}]`)} ${name}`;
    const began = Date.now();
    const seconds = () => `${((Date.now() - began) / 1000).toFixed(1)} s`;
    const { isTTY } = process.stdout;
    const ticking = isTTY
      ? setInterval(() => process.stdout.write(`\r${label} ${pc.dim(seconds())}`), REFRESH_MS)
      : undefined;
    if (isTTY) process.stdout.write(label);
    try {
      const result = await work();
      process.stdout.write(`${isTTY ? '\r' : ''}${label} ${pc.green('✓')} ${pc.dim(seconds())}\n`);
      return result;
    } catch (error) {
      process.stdout.write(`${isTTY ? '\r' : ''}${label} ${pc.red('✗')} ${pc.dim(seconds())}\n`);
      throw error;
    } finally {
      clearInterval(ticking);
    }
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
