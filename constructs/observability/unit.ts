import type { MadeEndpoint } from '../endpoint/made';

/** One of what the plan's figures are for, in words. */
export function oneOf(unit: MadeEndpoint['unit']): string {
  return unit === 'copy' ? 'a copy' : 'an instance';
}

/** All of them, in words. */
export function allOf(unit: MadeEndpoint['unit']): string {
  return unit === 'copy' ? 'all copies' : 'all instances';
}
