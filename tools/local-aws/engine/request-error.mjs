/** A request that the server refuses, in the shape of llama-server's answers. */
export class RequestError extends Error {
  /**
   * @param {number} status HTTP status
   * @param {string} type such as `invalid_request_error`
   * @param {string} message
   */
  constructor(status, type, message) {
    super(message);
    this.status = status;
    this.type = type;
  }

  /** @returns {{ error: { code: number, type: string, message: string } }} */
  body() {
    return { error: { code: this.status, message: this.message, type: this.type } };
  }
}
