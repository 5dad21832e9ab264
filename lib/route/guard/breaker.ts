/** When a tier counts as ill, and for how long it is left alone. */
export interface BreakerOptions {
  /** Failures in a row after which nothing is sent to the tier. */
  readonly failures: number;
  /** Milliseconds until one request tries again. */
  readonly coolDownMs: number;
}

/**
 * Keeps requests from waiting for a tier that does not answer: after some failures in a row it is skipped for a while,
 * then one request tries it.
 */
export class CircuitBreaker {
  private failures = 0;
  private openUntil = 0;
  private trying = false;

  constructor(
    private readonly options: BreakerOptions,
    private readonly now: () => number,
  ) {}

  get open(): boolean {
    return this.failures >= this.options.failures && (this.trying || this.now() < this.openUntil);
  }

  /** May a request go to the tier? Whoever gets a true must tell how it went. */
  admit(): boolean {
    if (this.failures < this.options.failures) return true;
    if (this.open) return false;
    this.trying = true;
    return true;
  }

  succeeded(): void {
    this.failures = 0;
    this.trying = false;
  }

  failed(): void {
    this.failures++;
    this.trying = false;
    if (this.failures >= this.options.failures) this.openUntil = this.now() + this.options.coolDownMs;
  }

  /** It ended without telling anything of the tier: the client left, or the request itself was wrong. */
  undecided(): void {
    this.trying = false;
  }
}
