import type { CfnResource } from 'aws-cdk-lib';
import type { Role } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { argueWildcard } from '../endpoint/wildcards';
import { argueCheck, argueRule } from '../shared/argue';
import type { TieredEndpointsProps } from './props';

/** Argues for what compliance packs would have otherwise. */
export function argueRouter(
  handler: LambdaFunction,
  role: Role,
  logGroup: ILogGroup,
  { maxConcurrentRequests, tracing }: TieredEndpointsProps,
  classified: boolean,
): void {
  const resource = handler.node.defaultChild as CfnResource;
  const argue = (rule: string, check: string, reason: string) => {
    argueRule(handler, rule, reason);
    argueCheck(resource, check, reason);
  };
  argue('LambdaDLQ', 'CKV_AWS_116', 'The client waits for the answer, and gets an error where there is none.');
  argue('LambdaInsideVPC', 'CKV_AWS_117', 'It calls AWS services only, and has nothing to reach in a network.');
  argueCheck(
    resource,
    'CKV_AWS_173',
    'The variables hold names and weights, no secret; Lambda encrypts them with its key.',
  );
  if (maxConcurrentRequests === undefined)
    argue(
      'LambdaConcurrency',
      'CKV_AWS_115',
      'The tiers limit the load themselves; capacity kept for the router would be taken from others.',
    );
  argueRule(role, 'IAMNoInlinePolicy', 'The policy names this router’s tiers; no other role could use it.');
  if (tracing ?? true) argueWildcard(role, '*', 'X-Ray knows no resources that writing a trace could be limited to.');
  if (classified)
    argueRule(
      role,
      'IAM5',
      'Calling a function is calling its versions and aliases, which a wildcard behind its ARN names.',
    );
  if (logGroup instanceof LogGroup) {
    const reason = 'The log holds no prompt and no answer; the service encrypts it with its own key.';
    argueRule(logGroup, 'CloudWatchLogGroupEncrypted', reason);
    argueCheck(logGroup.node.defaultChild as CfnResource, 'CKV_AWS_158', reason);
  }
}
