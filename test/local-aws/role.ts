import { setTimeout as sleep } from 'node:timers/promises';
import { CloudFormationClient, CreateStackCommand, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import type { TestAws } from './support';

/**
 * A role that SageMaker may assume, with a policy of its own where one is given.
 *
 * @param stack name of the stack that holds it; another for each role
 */
export async function makeRole(aws: TestAws, policy?: object, stack = 'role'): Promise<string> {
  const cloudFormation = aws.client(CloudFormationClient);
  const template = {
    Resources: {
      Role: {
        Type: 'AWS::IAM::Role',
        Properties: {
          AssumeRolePolicyDocument: {
            Statement: [
              { Effect: 'Allow', Principal: { Service: 'sagemaker.amazonaws.com' }, Action: 'sts:AssumeRole' },
            ],
          },
          ...(policy === undefined ? {} : { Policies: [{ PolicyName: 'serve', PolicyDocument: policy }] }),
        },
      },
    },
    Outputs: { Arn: { Value: { 'Fn::GetAtt': ['Role', 'Arn'] } } },
  };
  await cloudFormation.send(
    new CreateStackCommand({
      StackName: stack,
      TemplateBody: JSON.stringify(template),
      Capabilities: ['CAPABILITY_IAM'],
    }),
  );
  for (;;) {
    const { Stacks } = await cloudFormation.send(new DescribeStacksCommand({ StackName: stack }));
    if (Stacks![0].StackStatus === 'CREATE_COMPLETE') return Stacks![0].Outputs![0].OutputValue!;
    await sleep(50);
  }
}
