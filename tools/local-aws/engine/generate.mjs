import { tokenLogprobs } from './logprobs.mjs';
import { StopMatcher } from './stop-matcher.mjs';

/** Tokens before the new one that decide how it is written, a leading space for example. */
const TOKENS_OF_CONTEXT = 8;

/** llama-server's default window of the repeat penalty. */
const PENALTY_WINDOW = 64;

/** llama-server's defaults. Source: ggml-org/llama.cpp, tools/server/README.md. */
const DEFAULTS = { temperature: 0.8, topK: 40, topP: 0.95, minP: 0.05 };

/**
 * @typedef {{ temperature?: number, topK?: number, topP?: number, minP?: number, seed?: number, repeatPenalty?: number,
 *   maxTokens: number, stop: readonly string[], topLogprobs?: number }} Sampling `topLogprobs`: tokens to tell the probability of
 * @typedef {{ text: string, token: number, finish?: 'stop' | 'length', logprobs?: import('./logprobs.mjs').TokenLogprobs }} Piece
 *   `finish`: this is the last piece
 */

/**
 * Writes on from `tokens`, one piece for each token that the model chooses. The last piece may be empty and says why it ended.
 *
 * @param {import('node-llama-cpp').LlamaModel} model
 * @param {import('node-llama-cpp').LlamaContextSequence} sequence
 * @param {number[]} tokens
 * @param {Sampling} sampling
 * @param {AbortSignal} signal
 * @returns {AsyncGenerator<Piece>}
 */
export async function* generate(model, sequence, tokens, sampling, signal) {
  const stops = new StopMatcher(sampling.stop);
  const history = [...tokens];
  // A character of several bytes may be spread over several tokens.
  const unwritten = [];
  let count = 0;
  if (sampling.maxTokens === 0) return yield { text: '', token: -1, finish: 'length' };
  const told = { probabilities: sampling.topLogprobs !== undefined };
  const evaluated = sequence.evaluateWithMetadata(tokens, told, evaluateOptions(sampling, history));
  for await (const { token, probabilities } of evaluated) {
    signal.throwIfAborted();
    count++;
    const logprobs = probabilities && {
      logprobs: tokenLogprobs(model, token, probabilities, sampling.topLogprobs),
    };
    unwritten.push(token);
    let text = model.detokenize(unwritten, false, history.slice(-TOKENS_OF_CONTEXT));
    if (text.endsWith('\uFFFD')) text = '';
    else history.push(...unwritten.splice(0));
    const shown = stops.push(text);
    if (stops.found) return yield { text: shown, token, finish: 'stop', ...logprobs };
    if (count === sampling.maxTokens) return yield { text: shown + stops.rest(), token, finish: 'length', ...logprobs };
    yield { text: shown, token, ...logprobs };
  }
  yield { text: stops.rest(), token: -1, finish: 'stop' };
}

function evaluateOptions({ temperature, topK, topP, minP, seed, repeatPenalty }, history) {
  return {
    temperature: temperature ?? DEFAULTS.temperature,
    topK: topK ?? DEFAULTS.topK,
    topP: topP ?? DEFAULTS.topP,
    minP: minP ?? DEFAULTS.minP,
    seed,
    ...(repeatPenalty === undefined || repeatPenalty === 1
      ? {}
      : { repeatPenalty: { punishTokens: () => history.slice(-PENALTY_WINDOW), penalty: repeatPenalty } }),
  };
}
