/** Limits of escalation. */
export interface BudgetOptions {
  /** Share of the requests that may be handed to a larger tier than was chosen, 0 to 1. */
  readonly share: number;
  /** Escalations that may come at once, after a quiet time. */
  readonly burst: number;
}

/**
 * Escalations are paid from what requests leave behind: each leaves `share`, an escalation takes 1. However prompts are
 * worded and however ill a tier is, no more than that share reaches the larger one, with `burst` beyond it at most.
 *
 * Without a clock, so that it holds at any rate; each execution environment of a function has its own, which together
 * keep the share that each of them keeps.
 */
export class EscalationBudget {
  private saved: number;

  constructor(private readonly options: BudgetOptions) {
    this.saved = options.burst;
  }

  /** A request has come. */
  deposit(): void {
    this.saved = Math.min(this.options.burst, this.saved + this.options.share);
  }

  get available(): boolean {
    return this.options.share > 0 && this.saved >= 1;
  }

  /** Pays one escalation; false where there is nothing left. */
  withdraw(): boolean {
    if (!this.available) return false;
    this.saved -= 1;
    return true;
  }
}
