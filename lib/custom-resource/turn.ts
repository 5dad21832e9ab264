import { LONGEST_WAIT_MS } from './poll';
import type { Turn } from './types';

/** The turn, or what of it lies before `end`, milliseconds since 1970. */
export function until(turn: Turn, end: number): Turn {
  return { ...turn, deadline: Math.min(turn.deadline, end) };
}

/** Is there time for another run before `end`? One that ends within the longest pause would only be started to end. */
export function isWorthARun({ clock }: Turn, end: number): boolean {
  return clock.now() + LONGEST_WAIT_MS < end;
}
