import { CustomResource, Duration } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { madeEndpoint } from '../endpoint/endpoint-base';
import type { EndpointPlan } from '../endpoint/plan-figures';
import { reportFindings } from '../endpoint/report';
import { withoutUndefined } from '../shared/known';
import { ownArn, WaitingFunction } from '../shared/waiting-function';
import { SmokeTestFormat, type SmokeTestPrompt, type SmokeTestProps } from './props';
import { smokeTestFindings, type SpeedLimits } from './validation';

/** Short to answer, in words that any chat model has. */
const DEFAULT_PROMPTS: readonly SmokeTestPrompt[] = [
  { text: 'What is the capital of France? Answer in one sentence.' },
  { text: 'Name three fruits and say what colour each of them is.' },
  { text: 'Explain in two sentences why the sky is blue.' },
];

const DEFAULT_MAX_TOKENS = 48;
const DEFAULT_SPEED_FACTOR = 5;

/** Of the way to the endpoint and back, and of a first request that nothing was warmed for. */
const FIRST_TOKEN_ALLOWANCE_MS = 2_000;

/** The function ends within 15 minutes; CloudFormation would wait an hour for one that was killed. */
const SERVICE_TIMEOUT = Duration.minutes(16);

/**
 * Asks an endpoint some questions as soon as it is deployed, and fails the deployment when the answers are broken or much
 * slower than planned, so that CloudFormation goes back to what was served before.
 *
 * It finds what alarms do not: a damaged checkpoint, a wrong tokenizer or a wrong precision answers in time and without an
 * error, with an empty text, one word over and over, fragments, a stream that breaks. It runs when the traffic has
 * moved already: until it has failed and the old model is back, users see what it saw. To keep that time short, let the
 * update be undone by alarms first (`rollbackAlarms`), and move the traffic in steps (`deploymentStrategy`).
 *
 * @example
 * new SmokeTest(this, 'SmokeTest', {
 *   endpoint,
 *   prompts: [{ text: 'What is the capital of France?', contains: 'Paris' }],
 * });
 */
export class SmokeTest extends Construct {
  /** Measured time to the first token, milliseconds; known at deployment. Empty without streaming. */
  public readonly firstTokenMilliseconds: string;

  /** Measured time between two tokens, milliseconds; known at deployment. Empty without streaming. */
  public readonly interTokenMilliseconds: string;

  constructor(scope: Construct, id: string, props: SmokeTestProps) {
    super(scope, id);
    const { endpoint, format = SmokeTestFormat.CHAT, streaming = true, maxTokens = DEFAULT_MAX_TOKENS } = props;
    const prompts = props.prompts ?? DEFAULT_PROMPTS;
    const made = madeEndpoint(endpoint);
    const plan = made?.plan ?? {};
    const componentName = props.inferenceComponentName ?? endpoint.inferenceComponentName;
    const limits = speedLimits(props, plan);
    const config = made?.config;
    reportFindings(this, smokeTestFindings(props, { prompts, maxTokens, plan, limits, config }));

    const tester = new WaitingFunction(this, 'Function', {
      program: 'smoke-test',
      description: `Asks ${endpoint.node.path} some questions after each deployment`,
      statements: [
        new PolicyStatement({
          actions: ['sagemaker:InvokeEndpoint', 'sagemaker:InvokeEndpointWithResponseStream'],
          resources: [
            endpoint.endpointArn,
            // A request for a component is for both: its path names the endpoint, its header the component.
            ...(componentName === undefined ? [] : [ownArn(this, 'sagemaker', `inference-component/${componentName}`)]),
          ],
        }),
      ],
    });
    const deployed = [config?.attrEndpointConfigName, made?.model.attrModelName];
    const test = new CustomResource(this, 'Resource', {
      resourceType: 'Custom::QuantizedEndpointSmokeTest',
      serviceToken: tester.serviceToken,
      serviceTimeout: SERVICE_TIMEOUT,
      properties: {
        EndpointName: endpoint.endpointName,
        ...(componentName === undefined ? {} : { InferenceComponentName: componentName }),
        // What is served changes its name with everything that changes about it, and so the test is made again.
        Triggers: [...deployed, ...(props.triggers ?? [])].filter((value) => value !== undefined).join(' '),
        Settings: JSON.stringify({ prompts, maxTokens, format, streaming, ...limits }),
      },
    });
    // Endpoint, config and model are named above; a component is known by a name of its own.
    const component = made?.component;
    test.node.addDependency(...(component === undefined ? [] : [component]), ...tester.policies);
    this.firstTokenMilliseconds = test.getAttString('FirstTokenMilliseconds');
    this.interTokenMilliseconds = test.getAttString('InterTokenMilliseconds');
  }
}

/** The longest times that pass; what is neither planned nor said has no limit. */
function speedLimits(
  { speedFactor = DEFAULT_SPEED_FACTOR, maxTimeToFirstToken, maxInterTokenTime }: SmokeTestProps,
  { timeToFirstTokenMs, interTokenMs }: EndpointPlan,
): SpeedLimits {
  return withoutUndefined({
    maxFirstTokenMs:
      maxTimeToFirstToken?.toMilliseconds() ??
      (timeToFirstTokenMs === undefined ? undefined : timeToFirstTokenMs * speedFactor + FIRST_TOKEN_ALLOWANCE_MS),
    maxInterTokenMs:
      maxInterTokenTime?.toMilliseconds() ?? (interTokenMs === undefined ? undefined : interTokenMs * speedFactor),
  });
}
