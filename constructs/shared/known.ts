import { Token } from 'aws-cdk-lib';

/**
 * A value as far as synth can see it: a token, whose value CloudFormation decides at deployment, is not known, and
 * what depends on it is not checked.
 */
export function known<T extends string | number | boolean>(value: T | undefined): T | undefined {
  return value === undefined || Token.isUnresolved(value) ? undefined : value;
}

/** An object without its members that are `undefined`: the spec tells a field that is left out from one that is set. */
export function withoutUndefined<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}
