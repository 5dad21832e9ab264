import type { RuleFinding } from '../types';
import { GIB } from '../../units';

export interface FindingParts {
  /** What is wrong, as a clause without a final period: `awq needs compute capability 7.5 or higher`. */
  readonly what: string;
  readonly got?: string;
  readonly allowed?: string;
  readonly fix: string;
  readonly path: string;
  readonly severity?: RuleFinding['severity'];
}

/** A finding in the house form: what, got X: the fix. */
export function found({ what, got, fix, ...rest }: FindingParts): RuleFinding {
  const message = got === undefined ? `${what}: ${fix}` : `${what}, got ${got}: ${fix}`;
  return { message, got, fix, ...rest };
}

/** `a`, `a or b`, `a, b or c`. */
export function anyOf(items: readonly (string | number)[]): string {
  const texts = items.map(String);
  if (texts.length <= 1) return texts[0] ?? 'none';
  return `${texts.slice(0, -1).join(', ')} or ${texts[texts.length - 1]}`;
}

/** `14.6 GiB` for bytes. */
export function gib(bytes: number): string {
  const value = bytes / GIB;
  return `${value.toFixed(value >= 100 ? 0 : 1)} GiB`;
}

/** `131,072` for tokens. */
export function count(value: number): string {
  return Math.floor(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
}
