/** Holds back text that may turn out to be the beginning of a stop string. */
export class StopMatcher {
  #stops;
  #held = '';
  found = false;

  /** @param {readonly string[]} stops */
  constructor(stops) {
    this.#stops = stops;
  }

  /**
   * @param {string} text
   * @returns {string} what can be shown now; all of it, up to the stop string, once one is `found`
   */
  push(text) {
    const all = this.#held + text;
    const at = Math.min(...this.#stops.map((stop) => all.indexOf(stop)).filter((index) => index >= 0));
    if (at !== Infinity) {
      this.found = true;
      this.#held = '';
      return all.slice(0, at);
    }
    const keep = Math.max(0, ...this.#stops.map((stop) => overlap(all, stop)));
    this.#held = all.slice(all.length - keep);
    return all.slice(0, all.length - keep);
  }

  /** @returns {string} what was held back for nothing */
  rest() {
    const held = this.#held;
    this.#held = '';
    return held;
  }
}

/** Length of the longest end of `text` that `stop` begins with. */
function overlap(text, stop) {
  for (let length = Math.min(text.length, stop.length - 1); length > 0; length--)
    if (text.endsWith(stop.slice(0, length))) return length;
  return 0;
}
