import { Token } from 'aws-cdk-lib';
import type { CfnEndpointConfig } from 'aws-cdk-lib/aws-sagemaker';
import type { Finding } from '../../lib/rules/types';
import type { EndpointPlan } from '../endpoint/plan-figures';
import type { SmokeTestPrompt, SmokeTestProps } from './props';

/** Milliseconds that just pass; undefined: no limit. */
export interface SpeedLimits {
  readonly maxFirstTokenMs?: number;
  readonly maxInterTokenMs?: number;
}

/** A smoke test with what is chosen for it. */
export interface SmokeTestContext {
  readonly prompts: readonly SmokeTestPrompt[];
  readonly maxTokens: number;
  readonly plan: EndpointPlan;
  readonly limits: SpeedLimits;
  /** Of an endpoint of this app. */
  readonly config: CfnEndpointConfig | undefined;
}

/** Each is asked twice, and all of them within the 15 minutes of a function. */
const MAX_PROMPTS = 20;

/** An answer of that many tokens takes a minute on most instances, the longest that SageMaker waits. */
const MAX_TOKENS = 2_048;

/** What a smoke test cannot do, or would do for nothing. */
export function smokeTestFindings(props: SmokeTestProps, context: SmokeTestContext): Finding[] {
  return [
    ...promptFindings(context),
    ...tokenFindings(context),
    ...speedFindings(props, context),
    ...endpointFindings(props, context),
  ];
}

function promptFindings({ prompts }: SmokeTestContext): Finding[] {
  const findings: Finding[] = [];
  if (prompts.length === 0 || prompts.length > MAX_PROMPTS)
    findings.push({
      rule: 'SMOKE_TEST_PROMPTS_OUT_OF_RANGE',
      severity: 'error',
      message: 'a smoke test asks a few questions, and is over in minutes',
      got: `${prompts.length} prompts`,
      allowed: `1 to ${MAX_PROMPTS}`,
      fix:
        prompts.length === 0 ? 'give a prompt, or leave prompts out for the built-in ones' : 'leave some of them out',
    });
  for (const { text, contains } of prompts)
    if (text.trim() === '' || contains?.trim() === '')
      findings.push({
        rule: 'SMOKE_TEST_PROMPT_EMPTY',
        severity: 'error',
        message: 'a prompt of the smoke test says nothing, or is content with any answer',
        got: JSON.stringify({ text, contains }),
        allowed: 'a text; contains with something in it, or left out',
        fix: 'write the question, and a word that its answer must hold',
      });
  return findings;
}

function tokenFindings({ maxTokens, plan }: SmokeTestContext): Finding[] {
  if (Token.isUnresolved(maxTokens)) return [];
  const most = Math.min(MAX_TOKENS, (plan.maxModelLen ?? Infinity) - 1);
  if (Number.isInteger(maxTokens) && maxTokens >= 2 && maxTokens <= most) return [];
  return [
    {
      rule: 'SMOKE_TEST_TOKENS_OUT_OF_RANGE',
      severity: 'error',
      message: 'maxTokens of the smoke test leaves no answer, or none that fits',
      got: String(maxTokens),
      allowed: `2 to ${most}`,
      fix: 'leave it out for 48',
    },
  ];
}

function speedFindings(props: SmokeTestProps, { limits }: SmokeTestContext): Finding[] {
  const { speedFactor } = props;
  if (speedFactor !== undefined && !Token.isUnresolved(speedFactor) && !(speedFactor >= 1))
    return [
      {
        rule: 'SMOKE_TEST_SPEED_FACTOR_OUT_OF_RANGE',
        severity: 'error',
        message:
          'speedFactor says how many times the planned time a token may take; below 1, nothing that is as planned passes',
        got: String(speedFactor),
        allowed: 'a number from 1',
        fix: 'leave it out for 5, or give maxTimeToFirstToken and maxInterTokenTime',
      },
    ];
  if (props.streaming === false) {
    if (props.maxTimeToFirstToken === undefined && props.maxInterTokenTime === undefined) return [];
    return [
      {
        rule: 'SMOKE_TEST_SPEED_NOT_MEASURED',
        severity: 'error',
        message:
          'the smoke test has limits on speed, but asks for no streamed answer, by which alone speed is measured',
        got: 'streaming false',
        allowed: 'limits with streaming only',
        fix: 'leave streaming out',
      },
    ];
  }
  if (limits.maxFirstTokenMs !== undefined || limits.maxInterTokenMs !== undefined) return [];
  return [
    {
      rule: 'SMOKE_TEST_SPEED_NOT_LIMITED',
      severity: 'warning',
      message: 'nothing is planned for this endpoint, so that no answer of the smoke test is too slow',
      got: 'no plan, no limit',
      allowed: 'an endpoint with a plan, or maxTimeToFirstToken and maxInterTokenTime',
      fix: 'give the limits',
    },
  ];
}

function endpointFindings(props: SmokeTestProps, { config }: SmokeTestContext): Finding[] {
  if (config?.asyncInferenceConfig !== undefined)
    return [
      {
        rule: 'SMOKE_TEST_OF_ASYNC_ENDPOINT',
        severity: 'error',
        message: 'an asynchronous endpoint answers into a bucket, and refuses the requests of a smoke test',
        got: 'an endpoint with asyncInference',
        allowed: 'a real-time endpoint',
        fix: 'test the model on a real-time endpoint before it gets here',
      },
    ];
  if (config !== undefined || (props.triggers ?? []).length > 0) return [];
  return [
    {
      rule: 'SMOKE_TEST_RUNS_ONCE',
      severity: 'warning',
      message:
        'the endpoint is made elsewhere, so that nothing tells when it changes: the smoke test runs once and never again',
      got: 'an endpoint of another app, no triggers',
      allowed: 'an endpoint of this app, or triggers',
      fix: 'give triggers: a value that changes with what is served',
    },
  ];
}
