import type { Clock } from '../../lib/custom-resource';
import type { EndpointPort, SmokeTestSettings } from '../../lib/smoke-test';

export const SETTINGS: SmokeTestSettings = {
  endpointName: 'chat',
  prompts: [{ text: 'Name the capital of France.' }],
  maxTokens: 32,
  format: 'chat',
  streaming: true,
};

/** Time that passes only when it is told to. */
export function fakeClock(): Clock & { pass(milliseconds: number): void } {
  let time = 0;
  const pass = (milliseconds: number) => {
    time += milliseconds;
  };
  return { now: () => time, sleep: async (milliseconds) => pass(milliseconds), pass };
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

export function wholeAnswer(content: string, finish: string | null = 'stop'): Uint8Array {
  return bytes(
    JSON.stringify({ choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: finish }] }),
  );
}

/** The server-sent events of an answer, one a piece. */
export function events(pieces: readonly string[], finish: string | null = 'stop'): string {
  const event = (delta: object, end: string | null) =>
    `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: end }] })}\n\n`;
  return [
    event({ role: 'assistant', content: null }, null),
    ...pieces.map((content) => event({ content }, null)),
    event({}, finish),
    'data: [DONE]\n\n',
  ].join('');
}

export async function* partsOf(...parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts;
}

/** An endpoint that always answers with these words. */
export function saying(text: string, finish: string | null = 'stop'): EndpointPort {
  return {
    invoke: async () => wholeAnswer(text, finish),
    stream: async () => partsOf(bytes(events(text.split(/(?<= )/), finish))),
  };
}
