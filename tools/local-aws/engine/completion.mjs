import { RequestError } from './request-error.mjs';

/**
 * A prompt that fits the context and how to write on from it: what both request formats come down to.
 *
 * @param {import('./engine.mjs').Engine} engine
 * @param {string} prompt
 * @param {Partial<import('./generate.mjs').Sampling>} sampling
 */
export function completionOf(engine, prompt, sampling) {
  const tokens = engine.tokenize(prompt);
  if (tokens.length >= engine.contextSize)
    throw new RequestError(
      400,
      'exceed_context_size_error',
      `request (${tokens.length} tokens) exceeds the available context size (${engine.contextSize} tokens), try increasing it`,
    );
  const room = engine.contextSize - tokens.length;
  const asked = sampling.maxTokens ?? engine.defaults.maxTokens ?? -1;
  const { temperature, topK, topP, minP, seed, repeatPenalty } = engine.defaults;
  return {
    promptTokens: tokens.length,
    pieces: (signal) =>
      engine.generate(
        tokens,
        {
          temperature,
          topK,
          topP,
          minP,
          repeatPenalty,
          seed: seed >= 0 ? seed : undefined,
          stop: [],
          ...withoutUndefined(sampling),
          maxTokens: asked < 0 ? room : Math.min(asked, room),
        },
        signal,
      ),
  };
}

function withoutUndefined(object) {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
