import { Stack, Validations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/**
 * Acknowledges, with its reason, a wildcard that a policy of this library cannot do without, so that cdk-nag's
 * AwsSolutions-IAM5 reports only those that nobody has argued for, and an auditor finds the argument in the
 * construct's metadata.
 *
 * @param role construct below which the policy lies
 * @param resource as written in the policy
 */
export function argueWildcard(role: Construct, resource: string, reason: string): void {
  const written = flatten(Stack.of(role).resolve(resource));
  Validations.of(role).acknowledge({ id: `AwsSolutions-IAM5[Resource::${written}]`, reason });
}

/** Argues for a wildcard; a no-op where the role is the user's own, who then answers for it. */
export type Argue = (resource: string, reason: string) => void;

/** A resolved value as cdk-nag spells it: `<Bucket.Arn>/models/*`, `arn:<AWS::Partition>:logs:…`. */
function flatten(value: unknown): string {
  if (typeof value === 'string') return value.replace(/\$\{/g, '<').replace(/\}/g, '>');
  if (typeof value !== 'object' || value === null) return '';
  const [[intrinsic, argument]] = Object.entries(value as Record<string, unknown>);
  if (intrinsic === 'Fn::Join') {
    const [delimiter, parts] = argument as [string, unknown[]];
    return parts.map(flatten).join(delimiter);
  }
  if (intrinsic === 'Fn::GetAtt') return `<${(argument as unknown[]).map(flatten).join('.')}>`;
  if (intrinsic === 'Fn::Sub' || intrinsic === 'Fn::ImportValue') return flatten(argument);
  return intrinsic === 'Ref' ? `<${flatten(argument)}>` : JSON.stringify(value);
}
