import { SpecError } from '../../lib/errors';
import type { CalibrationTarget } from '../../lib/route/fit/calibrate';

const DEFAULT_OUT = 'tier-weights.json';
const DEFAULT_FOLDS = 10;
const DEFAULT_SEED = 1;

/** What `qe route calibrate` was asked for. */
export interface RouteOptions extends CalibrationTarget {
  readonly examples: string;
  readonly out: string;
  readonly html?: string;
  readonly tiers?: readonly string[];
  /** Costs in the order of the tiers. */
  readonly tierCosts?: (tiers: readonly string[]) => readonly number[];
  readonly folds: number;
  readonly seed: number;
}

/** @throws {SpecError} that names the option at fault */
export function routeOptions(options: Record<string, unknown>): RouteOptions {
  const qualityShare = number(options.qualityShare, '--quality-share', 0, 1);
  const quality = number(options.quality, '--quality', 0, 1);
  const cost = number(options.cost, '--cost', 0, Infinity);
  const targets = { qualityShare, quality, cost };
  const given = Object.values(targets).filter((value) => value !== undefined);
  if (given.length > 1)
    throw bad('ROUTE_TARGETS_EXCLUDE_EACH_OTHER', 'the thresholds follow from one target', {
      got: `${given.length} targets`,
      allowed: 'one of --quality-share, --quality and --cost',
    });
  if (typeof options.examples !== 'string')
    throw bad('OPTION_MISSING', '--examples was not given', {
      got: 'nothing',
      allowed: 'a file with answered requests',
    });
  return {
    examples: options.examples,
    out: typeof options.out === 'string' ? options.out : DEFAULT_OUT,
    ...(typeof options.html === 'string' ? { html: options.html } : {}),
    ...(typeof options.tiers === 'string' ? { tiers: names(options.tiers) } : {}),
    ...(typeof options.tierCost === 'string' ? { tierCosts: costs(options.tierCost) } : {}),
    folds: number(options.folds, '--folds', 2, 100, true) ?? DEFAULT_FOLDS,
    seed: number(options.seed, '--seed', 0, 2 ** 32 - 1, true) ?? DEFAULT_SEED,
    ...targets,
  };
}

function names(text: string): string[] {
  const list = text.split(',').map((name) => name.trim());
  if (list.length < 2 || list.some((name) => name === '') || new Set(list).size !== list.length)
    throw bad('ROUTE_TIERS_INVALID', '--tiers names the tiers from the smallest on', {
      got: text,
      allowed: 'two names or more with commas between them, each once',
    });
  return list;
}

function costs(text: string): (tiers: readonly string[]) => readonly number[] {
  const given = new Map(
    text.split(',').map((part) => part.split('=', 2).map((side) => side.trim()) as [string, string]),
  );
  return (tiers) =>
    tiers.map((tier) => {
      const cost = Number(given.get(tier) || NaN);
      if (given.size === tiers.length && Number.isFinite(cost) && cost >= 0) return cost;
      throw bad('ROUTE_TIER_COST_INVALID', '--tier-cost says what an answer of each tier costs', {
        got: text,
        allowed: tiers.map((name, i) => `${name}=${(i + 1) / 1000}`).join(','),
      });
    });
}

function number(value: unknown, name: string, min: number, max: number, whole = false): number | undefined {
  if (value === undefined) return undefined;
  const read = typeof value === 'string' && value.trim() !== '' ? Number(value) : NaN;
  if (read >= min && read <= max && (!whole || Number.isInteger(read))) return read;
  throw bad('OPTION_OUT_OF_RANGE', `${name} is out of its range`, {
    got: String(value),
    allowed: `${whole ? 'a whole number' : 'a number'}${max === Infinity ? ` from ${min}` : `, ${min} to ${max}`}`,
  });
}

function bad(id: string, message: string, details: { got: string; allowed: string }): SpecError {
  return new SpecError(id, message, { ...details, fix: 'see qe route --help' });
}
