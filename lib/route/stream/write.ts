/** One server-sent event. JSON has no raw line ends, so that one `data` field holds it. */
export function sseEvent(value: object): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}

/** The end of an answer that is whole. */
export const SSE_DONE = 'data: [DONE]\n\n';

/** What a response with a stream of events says of itself. */
export const SSE_HEADERS = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' } as const;
