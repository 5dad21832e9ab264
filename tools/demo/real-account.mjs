import { readFileSync } from 'node:fs';
import path from 'node:path';

const HOURS_A_MONTH = 730;

/**
 * What `cdk deploy` of a synthesized stack would create on a real account, and what it would cost there.
 *
 * @param {string} assembly the cloud assembly's folder
 * @param {string} stackName
 * @param {{ usdPerHour: number | null, priceDate: string | null }} cost of the plan
 * @param {{ instanceType: string, region: string }} place
 * @returns {string}
 */
export function onARealAccount(assembly, stackName, cost, { instanceType, region }) {
  const { Resources } = JSON.parse(readFileSync(path.join(assembly, `${stackName}.template.json`), 'utf8'));
  const counts = new Map();
  for (const { Type } of Object.values(Resources))
    if (Type !== 'AWS::CDK::Metadata') counts.set(Type, (counts.get(Type) ?? 0) + 1);
  const lines = [...counts].map(([type, count]) => `${count} × ${type}`);
  const price =
    cost.usdPerHour === null
      ? `The price of ${instanceType} in ${region} is not known here; see https://aws.amazon.com/sagemaker/pricing/.`
      : `One ${instanceType} in ${region}: $${cost.usdPerHour.toFixed(3)} an hour, $${(cost.usdPerHour * HOURS_A_MONTH).toFixed(0)} ` +
        `a month, as long as the endpoint exists (list price of ${cost.priceDate}).`;
  return [
    'On a real account the same app is deployed by',
    '',
    '  npx cdk bootstrap    once for an account and region',
    '  npx cdk deploy',
    '',
    'and creates',
    '',
    ...lines.map((line) => `  ${line}`),
    '',
    price,
    'npx cdk destroy ends it.',
  ].join('\n');
}
