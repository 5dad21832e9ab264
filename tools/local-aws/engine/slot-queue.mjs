/** As many requests at once as there are slots; the others wait their turn. */
export class SlotQueue {
  #free;
  #waiting = [];

  constructor(slots) {
    this.#free = [...slots];
  }

  /** @param {AbortSignal} signal given up on while waiting */
  take(signal) {
    signal.throwIfAborted();
    const slot = this.#free.pop();
    if (slot !== undefined) return Promise.resolve(slot);
    return new Promise((resolve, reject) => {
      const turn = (given) => {
        signal.removeEventListener('abort', giveUp);
        resolve(given);
      };
      const giveUp = () => {
        this.#waiting.splice(this.#waiting.indexOf(turn), 1);
        reject(signal.reason);
      };
      signal.addEventListener('abort', giveUp, { once: true });
      this.#waiting.push(turn);
    });
  }

  giveBack(slot) {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(slot);
    else next(slot);
  }
}
