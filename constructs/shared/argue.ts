import { Validations, type CfnResource } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { IConstruct } from 'constructs';

/** cdk-nag's packs of compliance rules, which share the names of their rules. */
const COMPLIANCE_PACKS = ['HIPAA.Security', 'NIST.800.53.R4', 'NIST.800.53.R5', 'PCI.DSS.321'];

/**
 * Acknowledges, with its reason, a rule of cdk-nag's compliance packs that a resource of this library cannot or must
 * not keep, so that the packs report only what nobody has argued for, and an auditor finds the argument in the
 * construct's metadata.
 *
 * @param scope construct at which, and below which, the argument holds
 * @param rule its name without that of the pack, such as `IAMNoInlinePolicy`
 */
export function argueRule(scope: IConstruct, rule: string, reason: string): void {
  Validations.of(scope).acknowledge(...COMPLIANCE_PACKS.map((pack) => ({ id: `${pack}-${rule}`, reason })));
}

/**
 * The same for checkov, which reads the template alone and so wants the argument there.
 *
 * @param id such as `CKV_AWS_370`
 */
export function argueCheck(resource: CfnResource, id: string, reason: string): void {
  const written = resource.getMetadata('checkov') as { readonly skip: readonly object[] } | undefined;
  resource.addMetadata('checkov', { skip: [...(written?.skip ?? []), { id, comment: reason }] });
}

/** What is the same of every function that CloudFormation calls: nothing waits for it but the stack. */
const CUSTOM_RESOURCE_REASONS: readonly { readonly rule: string; readonly check: string; readonly reason: string }[] = [
  {
    rule: 'LambdaDLQ',
    check: 'CKV_AWS_116',
    reason: 'CloudFormation waits for the answer, and fails the deployment without one.',
  },
  {
    rule: 'LambdaConcurrency',
    check: 'CKV_AWS_115',
    reason: 'CloudFormation calls it once a deployment; capacity kept for it would be taken from others.',
  },
  {
    rule: 'LambdaInsideVPC',
    check: 'CKV_AWS_117',
    reason: 'It calls AWS services and CloudFormation only, and has nothing to reach in a network.',
  },
];

/** Argues for a function behind a custom resource, and for its log, which holds no requests of users. */
export function argueCustomResource(handler: LambdaFunction, logGroup: LogGroup, policy: IConstruct): void {
  for (const { rule, check, reason } of CUSTOM_RESOURCE_REASONS) {
    argueRule(handler, rule, reason);
    argueCheck(handler.node.defaultChild as CfnResource, check, reason);
  }
  const log =
    'The log holds what the function did to resources of the stack; the service encrypts it with its own key.';
  argueRule(logGroup, 'CloudWatchLogGroupEncrypted', log);
  argueCheck(logGroup.node.defaultChild as CfnResource, 'CKV_AWS_158', log);
  argueRule(
    policy,
    'IAMNoInlinePolicy',
    'The policy names this one function and what it works on; no other role could use it.',
  );
}
