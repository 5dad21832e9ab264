import { RequestError } from './request-error.mjs';
import { optionalNumber } from './request-fields.mjs';

/** llama-server's, where a request asks for log-probabilities and not for how many. */
const DEFAULT_TOP = 20;

/**
 * How many tokens of each position the request wants to know the probability of; undefined for none.
 * Source: ggml-org/llama.cpp, tools/server/server-common.cpp, `oaicompat_chat_params_parse`.
 *
 * @param {Record<string, unknown>} request
 * @returns {number | undefined}
 */
export function askedLogprobs(request) {
  const top = optionalNumber(request, 'top_logprobs', { integer: true, min: 0 });
  if (request.logprobs === true) return top ?? DEFAULT_TOP;
  if (top !== undefined && top > 0)
    throw new RequestError(400, 'invalid_request_error', 'top_logprobs requires logprobs to be set to true');
  return undefined;
}

/**
 * The chosen token and the likeliest ones, as OpenAI's API words them. At temperature 0 they are the model's own probabilities over
 * its whole vocabulary, as llama-server's are; above it they are those that the token was drawn by, after top-k, top-p and min-p.
 *
 * @typedef {{ id: number, token: string, bytes: number[], logprob: number }} TokenLogprob
 * @typedef {TokenLogprob & { top_logprobs: TokenLogprob[] }} TokenLogprobs
 *
 * @param {import('node-llama-cpp').LlamaModel} model
 * @param {number} chosen
 * @param {Map<number, number>} probabilities by token, the likeliest first
 * @param {number} top
 * @returns {TokenLogprobs}
 */
export function tokenLogprobs(model, chosen, probabilities, top) {
  const entry = (id, probability) => {
    const token = model.detokenize([id], false);
    return { id, token, bytes: [...Buffer.from(token)], logprob: Math.log(probability) };
  };
  const best = [];
  for (const [id, probability] of probabilities) {
    if (best.length === top || probability <= 0) break;
    best.push(entry(id, probability));
  }
  return { ...entry(chosen, probabilities.get(chosen)), top_logprobs: best };
}
