import { completionOf } from './completion.mjs';
import { optionalNumber, stopStrings } from './request-fields.mjs';
import { RequestError } from './request-error.mjs';

/** TGI's and LMI's default for `max_new_tokens`. */
const DEFAULT_NEW_TOKENS = 30;

/**
 * `{"inputs": "…", "parameters": {…}}`: the body that LMI and TGI containers take. Streams as LMI's JSON lines
 * (djl-serving, "LMI input/output schema").
 *
 * @param {import('./engine.mjs').Engine} engine
 * @param {Record<string, unknown>} request
 */
export function generateFromInputs(engine, request) {
  if (typeof request.inputs !== 'string')
    throw new RequestError(
      400,
      'invalid_request_error',
      `"inputs" must be a string, got ${JSON.stringify(request.inputs)}`,
    );
  const parameters = request.parameters ?? {};
  const { pieces } = completionOf(engine, request.inputs, {
    maxTokens: optionalNumber(parameters, 'max_new_tokens', { integer: true, min: 0 }) ?? DEFAULT_NEW_TOKENS,
    temperature: parameters.do_sample === false ? 0 : optionalNumber(parameters, 'temperature', { min: 0 }),
    topP: optionalNumber(parameters, 'top_p', { min: 0, max: 1 }),
    topK: optionalNumber(parameters, 'top_k', { integer: true, min: 0 }),
    seed: optionalNumber(parameters, 'seed', { integer: true, min: 0 }),
    repeatPenalty: optionalNumber(parameters, 'repetition_penalty', { min: 0 }),
    stop: stopStrings(parameters.stop ?? parameters.stop_sequences),
  });
  const before = parameters.return_full_text === true ? request.inputs : '';
  return request.stream === true
    ? { contentType: 'application/jsonlines', chunks: (signal) => lines(before, pieces(signal)) }
    : { contentType: 'application/json', body: (signal) => answer(before, pieces(signal)) };
}

async function answer(before, pieces) {
  let text = before;
  for await (const piece of pieces) text += piece.text;
  return JSON.stringify({ generated_text: text });
}

async function* lines(before, pieces) {
  let text = before;
  for await (const piece of pieces) {
    text += piece.text;
    const token = { id: piece.token, text: piece.text };
    const last = { generated_text: text, details: { finish_reason: piece.finish === 'stop' ? 'eos_token' : 'length' } };
    yield `${JSON.stringify({ token, ...(piece.finish === undefined ? {} : last) })}\n`;
  }
}
