import { RemovalPolicy, Validations, type CfnResource } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { argueCheck, argueRule } from '../shared/argue';

const DISPENSABLE =
  'The table holds digests of conversations for a day, and the names of tiers; what is lost is found out anew.';
const OWN_KEY = 'The table holds digests and names, no text; the service encrypts it with its own key.';

/** The table in which all execution environments remember which conversations were handed up. */
export function conversationTable(scope: Construct): Table {
  const table = new Table(scope, 'Conversations', {
    partitionKey: { name: 'conversation', type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    timeToLiveAttribute: 'expires',
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const resource = table.node.defaultChild as CfnResource;
  for (const rule of ['DynamoDBPITREnabled', 'DynamoDBInBackupPlan']) argueRule(table, rule, DISPENSABLE);
  Validations.of(table).acknowledge({ id: 'AwsSolutions-DDB3', reason: DISPENSABLE });
  argueCheck(resource, 'CKV_AWS_28', DISPENSABLE);
  argueCheck(resource, 'CKV_AWS_119', OWN_KEY);
  return table;
}
