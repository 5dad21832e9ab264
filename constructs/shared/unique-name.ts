import { Names } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Longest name of an endpoint or inference component. */
const MAX_LENGTH = 63;

/** A name made from the stack's and the construct's path, known before the resource exists. */
export function uniqueName(scope: IConstruct, suffix = ''): string {
  return Names.uniqueResourceName(scope, { maxLength: MAX_LENGTH - suffix.length, separator: '-' }) + suffix;
}
