import { ExitStatus } from './exit-status';
import type { Terminal } from './terminal';

/**
 * Does the work of a command that Ctrl-C ends: its signal is aborted, and what it then throws becomes a line and status 130.
 *
 * @param left what the interruption leaves behind, told once the work has ended
 * @throws what the work throws uninterrupted
 */
export async function interruptible(
  terminal: Terminal,
  left: () => string,
  work: (signal: AbortSignal) => Promise<ExitStatus>,
): Promise<ExitStatus> {
  const interrupt = new AbortController();
  const onInterrupt = (): void => interrupt.abort();
  process.once('SIGINT', onInterrupt);
  try {
    return await work(interrupt.signal);
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    terminal.say(`interrupted: ${left()}`);
    return ExitStatus.INTERRUPTED;
  } finally {
    process.removeListener('SIGINT', onInterrupt);
  }
}
