import type { Explanation } from '../types';

/** What routers between tiers find in their props and weights. */
export const tierExplanations: readonly Explanation[] = [
  {
    id: 'TIERS_TOO_FEW',
    severity: 'error',
    summary: 'a router has at least two tiers',
    explanation: 'With a single tier it would add a function’s start and cost to each request, and choose nothing.',
    source: 'TieredEndpoints of this library',
  },
  {
    id: 'TIER_NAME_INVALID',
    severity: 'error',
    summary: 'names of tiers fit metrics and headers',
    explanation:
      'The name of the tier that answered is a dimension of the router’s metrics and a header of its responses, where not every character may stand.',
    source: 'CloudWatch API reference, Dimension; RFC 9110, field values',
  },
  {
    id: 'TIER_NAME_TAKEN',
    severity: 'error',
    summary: 'each tier and the router have a name of their own',
    explanation: 'Metrics, logs and, where callers may choose, the model of a request tell tiers by their names alone.',
    source: 'TieredEndpoints of this library',
  },
  {
    id: 'TIER_REPEATED',
    severity: 'error',
    summary: 'each endpoint or model is one tier only',
    explanation: 'An answer that was found wanting would be asked again of the model that gave it.',
    source: 'TieredEndpoints of this library',
  },
  {
    id: 'TIER_NOT_REAL_TIME',
    severity: 'error',
    summary: 'the endpoints of tiers are real-time endpoints',
    explanation:
      'SageMaker refuses InvokeEndpointWithResponseStream for asynchronous endpoints, whose answers lie in S3 later.',
    source: 'Amazon SageMaker developer guide, asynchronous inference',
  },
  {
    id: 'TIER_SHARES_INVALID',
    severity: 'error',
    summary: 'shares has a number for each tier, and they add up to 1',
    explanation:
      'The thresholds of the classifier follow from the shares; what is over or missing would belong to no tier.',
    source: 'TieredEndpoints of this library',
  },
  {
    id: 'TIER_WEIGHTS_INVALID',
    severity: 'error',
    summary: 'the weights are a file that qe route calibrate wrote',
    explanation:
      'A feature that nobody computes, or a threshold that is no number, would route every request the same way.',
    source: 'weights files of qe route calibrate',
  },
  {
    id: 'TIER_WEIGHTS_MISMATCH',
    severity: 'error',
    summary: 'the weights have a boundary for each step between two tiers, or one for all',
    explanation:
      'Each boundary tells what the tiers above it gain; with another number of tiers it is not known which is which.',
    source: 'weights files of qe route calibrate',
  },
  {
    id: 'TIER_WEIGHTS_NOT_CALIBRATED',
    severity: 'warning',
    summary: 'the weights were fitted to answers of the tiers that they route to',
    explanation:
      'The weights of this library know kinds of tasks that are usually given to larger models. What your small model answers well, only its answers tell: on measured answers of two other models these weights were no better than chance.',
    source: 'data/sources/route of this library',
  },
  {
    id: 'TIER_WEIGHTS_OF_OTHER_TIERS',
    severity: 'warning',
    summary: 'the weights were fitted to tiers of the same names',
    explanation: 'Weights hold for the models whose answers they were fitted to, in that order.',
    source: 'weights files of qe route calibrate',
  },
  {
    id: 'TIERS_NOT_IN_ORDER',
    severity: 'warning',
    summary: 'tiers are listed from the cheapest to the dearest',
    explanation:
      'Requests go to the first tiers as long as they may, and are handed up: in another order that costs more, not less.',
    source: 'TieredEndpoints of this library',
  },
  {
    id: 'ESCALATION_OUT_OF_RANGE',
    severity: 'error',
    summary: 'shares and counts of escalation are within their ranges',
    explanation: 'A share is a part of the requests, 0 to 1; a burst below 1 would never let a single request up.',
    source: 'TieredEndpoints of this library',
  },
  {
    id: 'CONFIDENCE_WITHOUT_LIMIT',
    severity: 'error',
    summary: 'who asks for escalation of unsure answers says what is unsure',
    explanation:
      'Without minMeanLogprob of a tier nothing is judged, and the escalation that was asked for never comes.',
    source: 'TieredEndpoints of this library',
  },
  {
    id: 'CONFIDENCE_LIMIT_OUT_OF_RANGE',
    severity: 'error',
    summary: 'minMeanLogprob is below 0',
    explanation: 'Logarithms of probabilities are: with a limit of 0 or more every answer would count as unsure.',
    source: 'OpenAI API reference, logprobs of chat completions',
  },
  {
    id: 'ROUTER_TIMEOUT_OUT_OF_RANGE',
    severity: 'error',
    summary: 'a request takes no longer than a function may run',
    explanation: 'Lambda ends a run after 15 minutes, in the middle of the answer.',
    source: 'AWS Lambda developer guide, Lambda quotas',
  },
  {
    id: 'TIER_TIMEOUT_OUT_OF_RANGE',
    severity: 'error',
    summary: 'waiting for one tier leaves time for another',
    explanation: 'A tier that may keep silent for as long as the whole request may take is never given up in time.',
    source: 'TieredEndpoints of this library',
  },
  {
    id: 'REQUEST_LIMIT_OUT_OF_RANGE',
    severity: 'error',
    summary: 'limits of requests are whole numbers within what the services take',
    explanation:
      'A function URL takes 6 MB; a limit above it would never be reached, and one below 1 would refuse everything.',
    source: 'AWS Lambda developer guide, Lambda quotas',
  },
  {
    id: 'ROUTER_CONFIG_TOO_LARGE',
    severity: 'error',
    summary: 'the router’s configuration fits into a function’s variables',
    explanation: 'Lambda takes 4 KB of variables all together, and refuses the function otherwise.',
    source: 'AWS Lambda developer guide, Lambda quotas',
  },
  {
    id: 'ROUTER_PUBLIC',
    severity: 'warning',
    summary: 'requests are signed for IAM',
    explanation: 'With authType NONE whoever learns the URL can have answers at your cost, up to the tiers’ capacity.',
    source: 'AWS Lambda developer guide, access control for function URLs',
  },
  {
    id: 'TIER_UNKNOWN',
    severity: 'error',
    summary: 'a metric of a tier is asked for by a name that the router has',
    explanation: 'A metric of another name would never have a value, and an alarm on it would never ring.',
    source: 'TieredEndpoints of this library',
  },
  {
    id: 'TIER_WEIGHTS_UNREADABLE',
    severity: 'error',
    summary: 'the file of weights can be read',
    explanation: 'The file is missing, or holds no JSON. The path is taken from the directory in which the app runs.',
    source: 'weights files of qe route calibrate',
  },
];
