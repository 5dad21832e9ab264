import { FunctionUrlAuthType } from 'aws-cdk-lib/aws-lambda';
import type { Finding } from '../../lib/rules/types';
import type { TierConfig } from '../../lib/route';
import { known } from '../shared/known';
import type { BoundClassifier } from './classifier';
import { EscalationReason, type TieredEndpointsProps } from './props';
import type { BoundTier } from './tier';

/** Source: Lambda quotas: a function runs for 15 minutes at most. */
const MAX_TIMEOUT_SECONDS = 900;

/** Source: Lambda quotas, "Invocation payload": what a function URL takes. */
const MAX_BODY_BYTES = 6_000_000;

const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}[A-Za-z0-9])?$/;

/** What of a router's props is wrong or risky. */
export function tierFindings(
  props: TieredEndpointsProps,
  tiers: readonly BoundTier[],
  classifier: BoundClassifier,
  timeoutSeconds: number,
): Finding[] {
  return [
    ...nameFindings(props, tiers),
    ...shareFindings(props),
    ...escalationFindings(props, tiers),
    ...timeoutFindings(tiers, classifier, timeoutSeconds),
    ...limitFindings(props),
    ...orderFindings(tiers),
    ...classifierFindings(props, classifier),
    ...(props.authType === FunctionUrlAuthType.NONE ? [PUBLIC] : []),
  ];
}

const PUBLIC: Finding = {
  rule: 'ROUTER_PUBLIC',
  severity: 'warning',
  message: 'whoever knows the URL can send requests, and you pay for the answers',
  got: 'authType NONE',
  allowed: 'AWS_IAM, with grantInvoke for those who may',
  fix: 'leave authType out, or acknowledge this with what else stands before the URL',
};

function nameFindings(props: TieredEndpointsProps, tiers: readonly BoundTier[]): Finding[] {
  const findings: Finding[] = [];
  if (tiers.length < 2)
    findings.push({
      rule: 'TIERS_TOO_FEW',
      severity: 'error',
      message: 'a router chooses between tiers, and here is nothing to choose',
      got: `${tiers.length} ${tiers.length === 1 ? 'tier' : 'tiers'}`,
      allowed: 'at least two',
      fix: 'give another tier, or let clients call the endpoint itself',
    });
  const names = tiers.map(({ config }) => config.name);
  const modelName = known(props.modelName);
  for (const name of new Set([...names, ...(modelName === undefined ? [] : [modelName])]))
    if (!NAME.test(name))
      findings.push({
        rule: 'TIER_NAME_INVALID',
        severity: 'error',
        message: 'names of tiers are dimensions of metrics and headers of responses',
        got: JSON.stringify(name),
        allowed: '1 to 64 letters, digits and hyphens, no hyphen at either end',
        fix: "a name such as 'fast'",
      });
  const taken = [...names, modelName ?? 'auto'].filter((name, i, all) => all.indexOf(name) !== i);
  for (const name of new Set(taken))
    findings.push({
      rule: 'TIER_NAME_TAKEN',
      severity: 'error',
      message: 'two tiers, or a tier and the router, have one name',
      got: JSON.stringify(name),
      allowed: 'each name once',
      fix: 'rename one of them',
    });
  const repeated = tiers.filter(({ identity }, i) => tiers.findIndex((other) => other.identity === identity) !== i);
  for (const { config } of repeated)
    findings.push({
      rule: 'TIER_REPEATED',
      severity: 'error',
      message: `the tier ${config.name} asks what a tier before it asks already, which would not answer better the second time`,
      got: config.name,
      allowed: 'each endpoint or model once',
      fix: 'leave it out',
    });
  for (const { config } of tiers.filter(({ asynchronous }) => asynchronous === true))
    findings.push({
      rule: 'TIER_NOT_REAL_TIME',
      severity: 'error',
      message: `the endpoint of ${config.name} answers into a bucket, after a while; a router's clients wait for a stream`,
      got: 'an asynchronous endpoint',
      allowed: 'a real-time endpoint',
      fix: 'leave asyncInference out of the endpoint',
    });
  return findings;
}

function shareFindings({ shares, tiers }: TieredEndpointsProps): Finding[] {
  if (shares === undefined) return [];
  const sum = shares.reduce((total, share) => total + share, 0);
  if (shares.length === tiers.length && shares.every((share) => share >= 0 && share <= 1) && Math.abs(sum - 1) < 1e-6)
    return [];
  return [
    {
      rule: 'TIER_SHARES_INVALID',
      severity: 'error',
      message: 'shares says what part of the requests each tier is meant to get',
      got: shares.join(', '),
      allowed: `${tiers.length} numbers from 0 to 1, sum 1`,
      fix: 'such as [0.8, 0.2] for two tiers',
    },
  ];
}

function escalationFindings({ escalation = {} }: TieredEndpointsProps, tiers: readonly BoundTier[]): Finding[] {
  const findings: Finding[] = [];
  const range = (name: string, value: number | undefined, min: number, max: number, whole = false) => {
    if (value === undefined || (value >= min && value <= max && (!whole || Number.isInteger(value)))) return;
    findings.push({
      rule: 'ESCALATION_OUT_OF_RANGE',
      severity: 'error',
      message: `${name} of escalation is out of its range`,
      got: String(value),
      allowed: `${whole ? 'a whole number, ' : ''}${min} to ${max}`,
      fix: 'leave it out for the default',
    });
  };
  range('judgedShare', known(escalation.judgedShare), 0, 1);
  range('failedShare', known(escalation.failedShare), 0, 1);
  range('burst', known(escalation.burst), 1, 10_000, true);
  range('confidenceTokens', known(escalation.confidenceTokens), 1, 512, true);
  const judging = tiers.slice(0, -1).filter(({ config }) => config.minMeanLogprob !== undefined);
  if (escalation.on?.includes(EscalationReason.LOW_CONFIDENCE) === true && judging.length === 0)
    findings.push({
      rule: 'CONFIDENCE_WITHOUT_LIMIT',
      severity: 'error',
      message: 'escalation is asked for answers of low confidence, but no tier says what is low',
      got: 'no minMeanLogprob below the largest tier',
      allowed: 'a number below 0',
      fix: 'give a tier minMeanLogprob, such as -1.5',
    });
  for (const { config } of tiers)
    if (config.minMeanLogprob !== undefined && !(config.minMeanLogprob < 0))
      findings.push({
        rule: 'CONFIDENCE_LIMIT_OUT_OF_RANGE',
        severity: 'error',
        message: `minMeanLogprob of ${config.name} is a logarithm of a probability`,
        got: String(config.minMeanLogprob),
        allowed: 'a number below 0',
        fix: 'such as -1.5, which is a mean probability of 22 %',
      });
  return findings;
}

function timeoutFindings(tiers: readonly BoundTier[], { timeoutMs }: BoundClassifier, seconds: number): Finding[] {
  const findings: Finding[] = [];
  if (seconds > MAX_TIMEOUT_SECONDS)
    findings.push({
      rule: 'ROUTER_TIMEOUT_OUT_OF_RANGE',
      severity: 'error',
      message: 'Lambda ends every run after 15 minutes',
      got: `${seconds} s`,
      allowed: `up to ${MAX_TIMEOUT_SECONDS} s`,
      fix: 'shorten timeout; what must take longer is better asked of an asynchronous endpoint',
    });
  const waits = tiers.map(({ config }): [string, number] => [
    `firstTokenTimeout of ${config.name}`,
    config.firstTokenTimeoutMs,
  ]);
  if (timeoutMs !== undefined) waits.push(['the classifier’s timeout', timeoutMs]);
  for (const [name, milliseconds] of waits)
    if (milliseconds >= seconds * 1000)
      findings.push({
        rule: 'TIER_TIMEOUT_OUT_OF_RANGE',
        severity: 'error',
        message: `${name} leaves no time for another tier`,
        got: `${milliseconds / 1000} s of ${seconds} s`,
        allowed: 'less than the router’s timeout',
        fix: 'shorten it, or lengthen timeout',
      });
  return findings;
}

function limitFindings({ limits = {} }: TieredEndpointsProps): Finding[] {
  const ranges = {
    bodyBytes: MAX_BODY_BYTES,
    messages: 100_000,
    promptCharacters: 6_000_000,
    completionTokens: 1_000_000,
  };
  return (Object.keys(ranges) as (keyof typeof ranges)[]).flatMap((name): Finding[] => {
    const value = known(limits[name]);
    if (value === undefined || (Number.isInteger(value) && value >= 1 && value <= ranges[name])) return [];
    return [
      {
        rule: 'REQUEST_LIMIT_OUT_OF_RANGE',
        severity: 'error',
        message: `${name} of limits is out of its range`,
        got: String(value),
        allowed: `a whole number, 1 to ${ranges[name]}`,
        fix: 'leave it out for the default',
      },
    ];
  });
}

function orderFindings(tiers: readonly BoundTier[]): Finding[] {
  const priced = tiers
    .map(({ config }) => config)
    .filter(
      (config): config is TierConfig & { outputUsdPerMillionTokens: number } =>
        config.outputUsdPerMillionTokens !== undefined,
    );
  return priced.slice(1).flatMap((config, i): Finding[] =>
    config.outputUsdPerMillionTokens >= priced[i].outputUsdPerMillionTokens
      ? []
      : [
          {
            rule: 'TIERS_NOT_IN_ORDER',
            severity: 'warning',
            message: 'tiers are listed from the smallest and cheapest on, but a token of a larger one costs less',
            got: `${priced[i].name} $${priced[i].outputUsdPerMillionTokens.toFixed(2)}, ${config.name} $${config.outputUsdPerMillionTokens.toFixed(2)} a million tokens`,
            allowed: 'rising prices',
            fix: 'change their order, or leave the dearer one out',
          },
        ],
  );
}

function classifierFindings(props: TieredEndpointsProps, { calibrated, handler, weights }: BoundClassifier): Finding[] {
  const names = props.tiers.map(({ tierName }) => tierName);
  const findings: Finding[] = [];
  if (!calibrated)
    findings.push({
      rule: 'TIER_WEIGHTS_NOT_CALIBRATED',
      severity: 'warning',
      message:
        'the classifier’s weights know kinds of tasks, and were not fitted to answers of these tiers: what share of the ' +
        'requests each gets, and how good the answers are, is not known',
      got: 'TierClassifier.builtIn()',
      allowed: 'TierClassifier.fromFile, or a function of your own',
      fix: 'run `qe route calibrate` with some hundred requests of your own, or acknowledge this to begin with',
    });
  const { tiers } = weights.provenance;
  if (
    calibrated &&
    handler === undefined &&
    Array.isArray(tiers) &&
    tiers.length === names.length &&
    tiers.join() !== names.join()
  )
    findings.push({
      rule: 'TIER_WEIGHTS_OF_OTHER_TIERS',
      severity: 'warning',
      message: 'the weights were fitted to tiers of other names',
      got: tiers.join(', '),
      allowed: names.join(', '),
      fix: 'name the tiers as the examples do, or acknowledge that they are the same models',
    });
  return findings;
}
