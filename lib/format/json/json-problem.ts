/** Why a text is not the JSON that was asked for. Readers turn it into an error of their own format. */
export class JsonProblem extends Error {
  constructor(
    readonly kind: 'syntax' | 'utf8' | 'limit' | 'duplicate' | 'type',
    message: string,
    /** Byte at which it was noticed. */
    readonly at: number,
  ) {
    super(message);
  }
}
