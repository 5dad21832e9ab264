import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { paginateListServiceQuotas, ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { AccountPort } from './types';

const BOOTSTRAP_STACK = 'CDKToolkit';

/** A machine without a network must not keep anybody waiting. */
const PATIENCE = { maxAttempts: 2, requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000 } } as const;

/** The account of the environment: variables, profile, role of the machine. */
export function awsAccount(): AccountPort {
  const sts = new STSClient(PATIENCE);
  return {
    region: () => sts.config.region(),
    async identity() {
      const { Account = 'unknown', Arn = 'unknown' } = await sts.send(new GetCallerIdentityCommand({}));
      return { account: Account, arn: Arn };
    },
    async bootstrapVersion() {
      const cloudFormation = new CloudFormationClient(PATIENCE);
      const { Stacks: stacks = [] } = await cloudFormation.send(
        new DescribeStacksCommand({ StackName: BOOTSTRAP_STACK }),
      );
      const output = stacks[0]?.Outputs?.find(({ OutputKey }) => OutputKey === 'BootstrapVersion');
      return Number(output?.OutputValue ?? 0);
    },
    async quotas() {
      const quotas = new Map<string, number>();
      const pages = paginateListServiceQuotas(
        { client: new ServiceQuotasClient(PATIENCE), pageSize: 100 },
        { ServiceCode: 'sagemaker' },
      );
      for await (const { Quotas = [] } of pages)
        for (const { QuotaName, Value } of Quotas)
          if (QuotaName !== undefined && Value !== undefined) quotas.set(QuotaName, Value);
      return quotas;
    },
  };
}
