import type { DecoderProgress } from '../../lib/simulate/forward/decoder-run';
import type { ForwardEstimate } from '../../lib/simulate/quality/estimate';
import { bytes, count } from '../output/units';
import { ProgressBar, timeLeft } from '../simulate/progress';
import type { Terminal } from '../terminal';

/** Says how long a forward pass will take, then shows how far it is. */
export class ForwardBar {
  private readonly bar: ProgressBar;
  private readonly started = performance.now();

  constructor(terminal: Terminal, what: string, estimate: ForwardEstimate) {
    const time = timeLeft(estimate.seconds).replace(' left', '');
    terminal.say(`${what}: about ${time} and ${bytes(estimate.bytes)} of memory`);
    this.bar = new ProgressBar(terminal, what, count);
  }

  update({ done, total }: DecoderProgress): void {
    const seconds = (performance.now() - this.started) / 1000;
    this.bar.update({
      doneBytes: done,
      totalBytes: total,
      tensors: 0,
      seconds,
      secondsLeft: done > 0 ? (seconds * (total - done)) / done : undefined,
    });
  }

  stop(): void {
    this.bar.stop();
  }
}
