import type { AccountPort, Diagnosis, Need } from './types';

/** Source: aws-cdk-lib, `DefaultStackSynthesizer`, the version that uploads assets with a role of their own. */
const LEAST_BOOTSTRAP = 6;

/** What can be told of the account: who is asking, whether CDK can deploy there, and whether the instances may be started. */
export async function accountDiagnoses(port: AccountPort, needs: readonly Need[]): Promise<Diagnosis[]> {
  const region = await regionOf(port);
  const credentials = await credentialsOf(port, region.status !== 'ok');
  const usable = credentials.status === 'ok';
  return [
    region,
    credentials,
    usable ? await bootstrap(port) : skipped('bootstrap'),
    ...(usable ? await quotas(port, needs) : [skipped('quotas')]),
  ];
}

async function regionOf(port: AccountPort): Promise<Diagnosis> {
  try {
    return { id: 'region', status: 'ok', message: `region ${await port.region()}` };
  } catch {
    return {
      id: 'region',
      status: 'error',
      message: 'no region is set',
      fix: 'set AWS_REGION, or region in the profile of AWS_PROFILE',
    };
  }
}

async function credentialsOf(port: AccountPort, isSkipped: boolean): Promise<Diagnosis> {
  if (isSkipped) return skipped('credentials');
  try {
    const { account, arn } = await port.identity();
    return { id: 'credentials', status: 'ok', message: `account ${account} as ${arn}` };
  } catch (error) {
    return {
      id: 'credentials',
      status: 'error',
      message: `no credentials that AWS accepts: ${wordsOf(error)}`,
      fix: 'aws sso login, or set AWS_PROFILE; checks, plans and synth need none',
    };
  }
}

async function bootstrap(port: AccountPort): Promise<Diagnosis> {
  const id = 'bootstrap';
  try {
    const version = await port.bootstrapVersion();
    return version >= LEAST_BOOTSTRAP
      ? { id, status: 'ok', message: `bootstrapped, version ${version}` }
      : {
          id,
          status: 'error',
          message: `bootstrapped with version ${version}, which is too old`,
          fix: 'npx cdk bootstrap',
        };
  } catch (error) {
    return {
      id,
      status: 'warning',
      message: `the bootstrap stack CDKToolkit cannot be read: ${wordsOf(error)}`,
      fix: 'npx cdk bootstrap, once for each account and region',
    };
  }
}

async function quotas(port: AccountPort, needs: readonly Need[]): Promise<Diagnosis[]> {
  if (needs.length === 0)
    return [
      {
        id: 'quotas',
        status: 'skipped',
        message: 'no instance type is known',
        fix: 'run `cdk synth` first, or give --instance-type',
      },
    ];
  let applied: ReadonlyMap<string, number>;
  try {
    applied = await port.quotas();
  } catch (error) {
    return [
      {
        id: 'quotas',
        status: 'warning',
        message: `the quotas of SageMaker cannot be read: ${wordsOf(error)}`,
        fix: 'allow servicequotas:ListServiceQuotas',
      },
    ];
  }
  return needs.map((need) => quota(need, applied));
}

/** Source: Service Quotas, Amazon SageMaker: one quota for each type, named `<type> for endpoint usage`. */
function quota({ instanceType, count }: Need, applied: ReadonlyMap<string, number>): Diagnosis {
  const id = `quota-${instanceType}`;
  const name = `${instanceType} for endpoint usage`;
  const has = applied.get(name);
  if (has === undefined)
    return {
      id,
      status: 'warning',
      message: `there is no quota named "${name}"`,
      fix: 'check the type and the region',
    };
  if (has >= count) return { id, status: 'ok', message: `${name}: ${has}, needed are ${count}` };
  return {
    id,
    status: 'error',
    message: `${name}: ${has}, needed are ${count}, those that an update starts beside the old ones among them`,
    fix: `request ${count} in the console of Service Quotas (Amazon SageMaker, "${name}"), or use DeploymentStrategy.rolling()`,
  };
}

function skipped(id: string): Diagnosis {
  return { id, status: 'skipped', message: 'not looked at, for want of credentials' };
}

function wordsOf(error: unknown): string {
  const { name, message } = error as Error;
  return `${name}: ${message}`.split('\n')[0].slice(0, 200);
}
