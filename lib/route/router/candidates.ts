import type { EscalationReason, RouterConfig } from '../config';
import type { CircuitBreaker } from '../guard/breaker';
import type { EscalationBudget } from '../guard/budget';
import type { Fault } from '../judge/gate';
import type { FailureKind } from './failure';

/** Budgets and breakers of a router, which outlive its requests. */
export interface Guards {
  readonly judged: EscalationBudget;
  readonly failed: EscalationBudget;
  readonly breakers: readonly CircuitBreaker[];
}

/** What of a request's estimated length a tier must hold. */
const CHARACTERS_PER_TOKEN = 4;

/** Which tier is asked next, when the one before did not give an answer that stands. */
export class Candidates {
  private readonly tried = new Set<number>();

  constructor(
    private readonly config: RouterConfig,
    private readonly guards: Guards,
    private readonly fitting: readonly boolean[],
  ) {}

  /** The first to be asked: the chosen tier, or the nearest whose context holds the request, a larger one if there is. */
  first(chosen: number): number {
    const larger = this.fitting.findIndex((fits, tier) => tier >= chosen && fits);
    return larger < 0 ? this.fitting.lastIndexOf(true) : larger;
  }

  begin(tier: number): void {
    this.tried.add(tier);
  }

  /** Could an answer of this tier be handed up, if it were found wanting? Otherwise nothing is held back for judging. */
  mayJudge(tier: number): boolean {
    return this.guards.judged.available && this.larger(tier).length > 0;
  }

  /** The larger tier that an answer that was found wanting goes to; undefined: the answer stands. */
  afterFault(tier: number, fault: Fault): number | undefined {
    const [next] = this.larger(tier);
    return next !== undefined && this.escalates(fault) && this.guards.judged.withdraw() ? next : undefined;
  }

  /** The tier that is asked when one has failed: a larger one, if escalation allows it, or a smaller one. */
  afterFailure(tier: number, kind: FailureKind | 'circuit-open'): number | undefined {
    if (kind === 'rejected') return undefined;
    const larger = this.larger(tier);
    if (kind === 'too-long') {
      const others = [...larger, ...this.smaller(tier)];
      return others.find((other) => this.contextOf(other) > this.contextOf(tier));
    }
    if (larger.length > 0 && this.escalates(reasonOf(kind)) && this.guards.failed.withdraw()) return larger[0];
    return this.smaller(tier)[0];
  }

  private larger(tier: number): number[] {
    return this.config.tiers.map((_, other) => other).filter((other) => other > tier && this.usable(other));
  }

  /** The nearest first. */
  private smaller(tier: number): number[] {
    return this.config.tiers
      .map((_, other) => other)
      .filter((other) => other < tier && this.usable(other))
      .reverse();
  }

  private usable(tier: number): boolean {
    return !this.tried.has(tier) && this.fitting[tier] && !this.guards.breakers[tier].open;
  }

  private escalates(reason: EscalationReason): boolean {
    return this.config.escalation.on.includes(reason);
  }

  private contextOf(tier: number): number {
    return this.config.tiers[tier].contextTokens ?? Infinity;
  }
}

function reasonOf(kind: FailureKind | 'circuit-open'): EscalationReason {
  return kind === 'throttled' || kind === 'timeout' ? kind : 'error';
}

/** Which tiers' contexts hold a request of this many characters; all of them, where none does: a guess is not a refusal. */
export function fittingTiers(config: RouterConfig, characters: number, maxTokens: number | undefined): boolean[] {
  const tokens = characters / CHARACTERS_PER_TOKEN + (maxTokens ?? 0);
  const fitting = config.tiers.map(({ contextTokens }) => contextTokens === undefined || tokens <= contextTokens);
  return fitting.some(Boolean) ? fitting : fitting.map(() => true);
}
