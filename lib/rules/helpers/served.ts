import { servedScheme } from '../../plan/online';
import type { RuleContext } from '../types';

/** The same with the scheme that full-precision weights get on loading, for what servers do alike with stored and with made weights. */
export function asServed(context: RuleContext): RuleContext {
  const scheme = servedScheme(context);
  return scheme === context.scheme ? context : { ...context, scheme, plan: context.plan };
}
