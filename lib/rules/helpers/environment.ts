import { knownVariables, type ContainerVariables } from '../../container';
import type { ResolvedContainer } from '../../container/types';

const known = new WeakMap<object, ContainerVariables>();

/** What a container reads, looked up once for all rules. */
export function variablesOf(container: ResolvedContainer): ContainerVariables {
  let variables = known.get(container);
  if (variables === undefined) {
    variables = knownVariables(container);
    known.set(container, variables);
  }
  return variables;
}

/** Not all of a long value is worth showing. */
export function shown(name: string, value: string): string {
  return `${name}=${value.length > 60 ? `${value.slice(0, 60)}…` : value}`;
}

/** Is the value what an entry point takes for a flag that is set, or not set? */
export function isFlagWord(value: string): boolean {
  const word = value.trim().toLowerCase();
  return word === 'true' || word === 'false';
}
