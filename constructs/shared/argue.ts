import { Validations, type CfnResource } from 'aws-cdk-lib';
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
