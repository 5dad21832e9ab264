/**
 * What a request took, in the words of llama-server's log.
 * Source: ggml-org/llama.cpp, tools/server/server-context.cpp, `print_timings`.
 */
export class Timings {
  #promptTokens;
  #begun = performance.now();
  #first;
  #last;
  #count = 0;

  /** @param {number} promptTokens */
  constructor(promptTokens) {
    this.#promptTokens = promptTokens;
  }

  /** Another token of the answer is there. */
  token() {
    this.#last = performance.now();
    this.#first ??= this.#last;
    this.#count++;
  }

  /** @returns {string[]} nothing of a request that got no token */
  lines() {
    if (this.#count === 0) return [];
    const prompt = this.#first - this.#begun;
    const answer = this.#last - this.#first;
    return [
      `prompt eval time = ${rate(prompt, this.#promptTokens)}`,
      `       eval time = ${rate(answer, this.#count)}`,
      `      total time = ${padded(prompt + answer, 10)} ms / ${String(this.#promptTokens + this.#count).padStart(5)} tokens`,
    ].map((line) => `slot print_timing: id  0 | task 0 | ${line}`);
  }
}

function rate(milliseconds, tokens) {
  const each = padded(milliseconds / tokens, 8);
  const perSecond = padded((tokens / milliseconds) * 1_000, 8);
  return `${padded(milliseconds, 10)} ms / ${String(tokens).padStart(5)} tokens (${each} ms per token, ${perSecond} tokens per second)`;
}

function padded(value, width) {
  return value.toFixed(2).padStart(width);
}
