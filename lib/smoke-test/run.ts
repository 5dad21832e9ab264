import { isPassing } from '../custom-resource';
import type { Clock } from '../custom-resource';
import { readStream, readWhole, UnreadableAnswer } from './read';
import { requestBody } from './request';
import { faultsOf } from './sanity';
import { measuredSpeed, tooSlow } from './speed';
import type { EndpointPort, Fault, SmokePrompt, SmokeTestResult, SmokeTestSettings, StreamedAnswer } from './types';

/** The first answer warms caches and compiles kernels; it may take longer, and is asked for again when it does not come. */
const TRIES = 5;
const FIRST_WAIT_MS = 2_000;

/**
 * Asks the endpoint every prompt, once as a whole and once as a stream, and judges the answers.
 *
 * @param deadline milliseconds since 1970 when all must have been asked
 */
export async function runSmokeTest(
  settings: SmokeTestSettings,
  endpoint: EndpointPort,
  clock: Clock,
  deadline: number,
): Promise<SmokeTestResult> {
  const faults: Fault[] = [];
  const streamed: StreamedAnswer[] = [];
  for (const [index, prompt] of settings.prompts.entries()) {
    const found = (fault: Fault, how: string) =>
      faults.push({ id: fault.id, message: `prompt ${index + 1}, ${how}: ${fault.message}` });
    // The whole answer comes first: it is the warm-up that the times of the stream need.
    await ask('whole', async () => {
      const answer = readWhole(await patiently(() => endpoint.invoke(requestBody(prompt, settings, false))));
      for (const fault of faultsOf(answer, prompt)) found(fault, 'whole');
    });
    if (!settings.streaming) continue;
    await ask('streamed', async () => {
      const answer = await stream(prompt);
      streamed.push(answer);
      for (const fault of faultsOf(answer, prompt)) found(fault, 'streamed');
    });

    async function ask(how: string, work: () => Promise<void>): Promise<void> {
      try {
        await work();
      } catch (error) {
        found(asFault(error), how);
      }
    }
  }
  const speed = measuredSpeed(streamed, settings.maxTokens);
  return { faults: [...faults, ...tooSlow(speed, settings)], ...speed };

  async function stream(prompt: SmokePrompt): Promise<StreamedAnswer> {
    const body = requestBody(prompt, settings, true);
    let begun = clock.now();
    const parts = await patiently(() => {
      begun = clock.now();
      return endpoint.stream(body);
    });
    return readStream(parts, () => clock.now(), begun, deadline);
  }

  /** An endpoint that was updated a second ago may refuse a request; that is no fault of the model. */
  async function patiently<T>(request: () => Promise<T>): Promise<T> {
    for (let tried = 1, wait = FIRST_WAIT_MS; ; tried++, wait *= 2) {
      if (clock.now() > deadline) throw new UnreadableAnswer('TIMED_OUT', 'the test had no time left for it');
      try {
        return await request();
      } catch (error) {
        if (tried === TRIES || clock.now() + wait > deadline || !mayPass(error)) throw error;
        await clock.sleep(wait);
      }
    }
  }
}

/** Container's answers that mean "later": source: SageMaker runtime API, `ModelError.OriginalStatusCode`. */
const BUSY: ReadonlySet<number> = new Set([424, 429, 503]);

function mayPass(error: unknown): boolean {
  const { name, OriginalStatusCode } = error as { name?: string; OriginalStatusCode?: number };
  if (name === 'ModelError') return BUSY.has(OriginalStatusCode ?? 0);
  return name === 'ModelNotReadyException' || isPassing(error);
}

function asFault(error: unknown): Fault {
  if (error instanceof UnreadableAnswer) return { id: error.id, message: error.message };
  const { name, message, OriginalMessage } = error as Error & { OriginalMessage?: string };
  return {
    id: 'REFUSED',
    message: `the endpoint did not answer: ${name}: ${(OriginalMessage ?? message).slice(0, 300)}`,
  };
}
