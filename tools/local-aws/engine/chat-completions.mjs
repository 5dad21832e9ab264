import { randomUUID } from 'node:crypto';
import { completionOf } from './completion.mjs';
import { askedLogprobs } from './logprobs.mjs';
import { chatMessages, optionalNumber, stopStrings } from './request-fields.mjs';

/**
 * OpenAI's chat completions, as llama-server answers them.
 *
 * @param {import('./engine.mjs').Engine} engine
 * @param {(messages: object[]) => string} toPrompt
 * @param {Record<string, unknown>} request
 */
export function chatCompletion(engine, toPrompt, request) {
  const { promptTokens, pieces } = completionOf(engine, toPrompt(chatMessages(request.messages)), {
    maxTokens:
      optionalNumber(request, 'max_completion_tokens', { integer: true, min: -1 }) ??
      optionalNumber(request, 'max_tokens', { integer: true, min: -1 }),
    temperature: optionalNumber(request, 'temperature', { min: 0 }),
    topP: optionalNumber(request, 'top_p', { min: 0, max: 1 }),
    topK: optionalNumber(request, 'top_k', { integer: true, min: 0 }),
    minP: optionalNumber(request, 'min_p', { min: 0, max: 1 }),
    seed: optionalNumber(request, 'seed', { integer: true, min: 0 }),
    repeatPenalty: optionalNumber(request, 'repeat_penalty', { min: 0 }),
    stop: stopStrings(request.stop),
    topLogprobs: askedLogprobs(request),
  });
  const frame = {
    id: `chatcmpl-${randomUUID().replaceAll('-', '')}`,
    created: Math.floor(Date.now() / 1000),
    model: engine.name,
    system_fingerprint: 'local-llama.cpp',
  };
  const usageOf = (completionTokens) => ({
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  });
  return request.stream === true
    ? { contentType: 'text/event-stream', chunks: (signal) => events(frame, pieces(signal), request, usageOf) }
    : { contentType: 'application/json', body: (signal) => answer(frame, pieces(signal), usageOf) };
}

async function answer(frame, pieces, usageOf) {
  let content = '';
  let count = 0;
  let finish;
  const logprobs = [];
  for await (const piece of pieces) {
    content += piece.text;
    if (piece.logprobs !== undefined) logprobs.push(piece.logprobs);
    if (piece.token >= 0) count++;
    finish = piece.finish;
  }
  const message = { role: 'assistant', content };
  return JSON.stringify({
    ...frame,
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        finish_reason: finish,
        message,
        ...(logprobs.length === 0 ? {} : { logprobs: { content: logprobs } }),
      },
    ],
    usage: usageOf(count),
  });
}

async function* events(frame, pieces, request, usageOf) {
  const event = (choices, more) =>
    `data: ${JSON.stringify({ ...frame, object: 'chat.completion.chunk', choices, ...more })}\n\n`;
  const choice = (delta, finish = null, more = {}) => [{ index: 0, delta, finish_reason: finish, ...more }];
  yield event(choice({ role: 'assistant', content: null }));
  let count = 0;
  for await (const piece of pieces) {
    if (piece.token >= 0) count++;
    const logprobs = piece.logprobs && { logprobs: { content: [piece.logprobs] } };
    if (piece.text !== '' || logprobs !== undefined) yield event(choice({ content: piece.text }, null, logprobs));
    if (piece.finish !== undefined) yield event(choice({}, piece.finish));
  }
  if (request.stream_options?.include_usage === true) yield event([], { usage: usageOf(count) });
  yield 'data: [DONE]\n\n';
}
