import { lookup } from '../../text/lookup';
import data from '../data/argument-ranges.json';

/** The least that a number may be among a server’s arguments. */
export interface ArgumentRange {
  readonly least: number;
  /** First version that is known to refuse; without one all do. */
  readonly since?: string;
  /** A value below the least that the server takes for "as you see fit". */
  readonly auto?: number;
  /** Asked only where LoRA is on. */
  readonly withLora?: boolean;
}

const FAMILIES: Readonly<Record<string, Readonly<Record<string, ArgumentRange>>>> = data.families;

/** The range of an argument of a container’s server; undefined: none that is known. */
export function rangeOf(family: string, argument: string): ArgumentRange | undefined {
  const ranges = lookup(FAMILIES, family);
  return ranges && lookup(ranges, argument);
}

/** Where the ranges come from, for `qe explain`. */
export const RANGES_SOURCE = data.source;
