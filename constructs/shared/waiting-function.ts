import { Aws, Duration, RemovalPolicy, Stack, type CfnResource } from 'aws-cdk-lib';
import { Policy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Function as LambdaFunction, LoggingFormat, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct, type IDependable } from 'constructs';
import { argueWildcard } from '../endpoint/wildcards';
import { argueCustomResource } from './argue';
import { lambdaProgram } from './lambda-program';

/** What a function of a custom resource may do beside writing its log and calling itself. */
export interface WaitingFunctionProps {
  /** Folder below `lambda/`. */
  readonly program: string;
  readonly description: string;
  readonly statements: readonly PolicyStatement[];
  /** Wildcards of the statements, each with its reason. */
  readonly wildcards?: Readonly<Record<string, string>>;
}

/**
 * A Lambda function behind custom resources that wait: a run that is over before the work is calls the function again.
 * Its role can do what the statements say, and nothing else.
 */
export class WaitingFunction extends Construct {
  /** For `CustomResource`. */
  public readonly serviceToken: string;

  /** Without them a run would be refused. */
  public readonly policies: readonly IDependable[];

  constructor(scope: Construct, id: string, props: WaitingFunctionProps) {
    super(scope, id);
    const logGroup = new LogGroup(this, 'Log', {
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: props.description,
    });
    const handler = new LambdaFunction(this, 'Resource', {
      code: lambdaProgram(props.program),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      timeout: Duration.minutes(15),
      memorySize: 256,
      description: props.description,
      role,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
    });
    // CDK makes every function depend on its role, which the template says twice.
    (handler.node.defaultChild as CfnResource).addMetadata('cfn-lint', { config: { ignore_checks: ['W3005'] } });
    // A policy of the role itself would make the function wait for a policy that waits for the function.
    const policy = new Policy(this, 'Policy', {
      roles: [role],
      statements: [
        new PolicyStatement({
          actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
          resources: [logGroup.logGroupArn],
        }),
        new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [handler.functionArn] }),
        ...props.statements,
      ],
    });
    argueWildcard(
      policy,
      logGroup.logGroupArn,
      'Lambda names the streams of its log; they lie in a group that is this function’s alone.',
    );
    for (const [resource, reason] of Object.entries(props.wildcards ?? {})) argueWildcard(policy, resource, reason);
    argueCustomResource(handler, logGroup, policy);
    this.serviceToken = handler.functionArn;
    this.policies = [policy];
  }
}

/** An ARN in the stack’s own partition, region and account. */
export function ownArn(scope: Construct, service: string, rest: string): string {
  const { region, account } = Stack.of(scope);
  return `arn:${Aws.PARTITION}:${service}:${region}:${account}:${rest}`;
}
