import type { SingleBar } from 'cli-progress';
import { namedExports } from '../../lib/format/source/named-exports';
import type { SimulationProgress } from '../../lib/simulate/simulate';
import { bytes } from '../output/units';
import type { Terminal } from '../terminal';

/** A bar on stderr: how much is done, and the time left. Nothing where nobody looks: under `--quiet`, and when stderr is no terminal. */
export class ProgressBar {
  private bar: SingleBar | undefined;
  private started = false;
  private stopped = false;

  /** @param amount how much is done, as a person reads it */
  constructor(
    terminal: Terminal,
    what: string,
    private readonly amount: (value: number) => string = bytes,
    stream: NodeJS.WriteStream = process.stderr,
  ) {
    if (terminal.quiet || !stream.isTTY) return;
    const format = `${what} {bar} {percentage} % · {done} of {all} · {left}`;
    // For those alone who see it: it takes a while to load.
    void import('cli-progress').then((module) => {
      const { Presets, SingleBar } = namedExports(module);
      if (!this.stopped) this.bar = new SingleBar({ stream, hideCursor: true, format }, Presets.shades_classic);
    });
  }

  update({ doneBytes, totalBytes, secondsLeft }: SimulationProgress): void {
    if (this.bar === undefined) return;
    const payload = { done: this.amount(doneBytes), all: this.amount(totalBytes), left: timeLeft(secondsLeft) };
    if (this.started) this.bar.update(doneBytes, payload);
    else this.bar.start(totalBytes, doneBytes, payload);
    this.started = true;
  }

  stop(): void {
    this.stopped = true;
    if (this.started) this.bar?.stop();
  }
}

/** Seconds as a person says them. */
export function timeLeft(seconds: number | undefined): string {
  if (seconds === undefined) return 'time left unknown';
  if (seconds < 60) return `${Math.ceil(seconds)} s left`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${Math.round(seconds % 60)} s left` : `${(seconds / 3600).toFixed(1)} h left`;
}
