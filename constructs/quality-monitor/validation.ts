import { Stack, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { Finding } from '../../lib/rules/types';
import { madeEndpoint } from '../endpoint/endpoint-base';
import type { PromptSet } from './prompt-set';
import type { QualityMonitorProps } from './props';
import type { BoundReference } from './bound-reference';

/** A set with fewer says little about the kinds of requests that users send. */
const FEW_PROMPTS = 30;
const PROMPTS_PER_RUN = { least: 10, most: 2000 };
const WATCH_MINUTES = { least: 1, most: 60 };

/** What a monitor could not do, or would do for nothing. */
export function monitorFindings(
  scope: IConstruct,
  props: QualityMonitorProps,
  set: PromptSet,
  reference: BoundReference,
): Finding[] {
  return [
    ...set.findings,
    ...(set.findings.length > 0 ? [] : promptFindings(props, set, reference)),
    ...referenceFindings(scope, props, reference),
    ...rangeFindings(props),
    ...embeddingFindings(props),
  ];
}

function promptFindings(
  { endpoint }: QualityMonitorProps,
  { prompts }: PromptSet,
  reference: BoundReference,
): Finding[] {
  const findings: Finding[] = [];
  const without = prompts.filter((prompt) => prompt.reference === undefined);
  if (reference.config.kind === 'prompts' && without.length > 0)
    findings.push({
      rule: 'QUALITY_REFERENCE_MISSING',
      severity: 'error',
      message: 'nothing says what full precision answers to the prompts',
      got: `no reference, and ${without.length} of ${prompts.length} prompts without an answer of their own`,
      allowed: 'reference, or a "reference" with every prompt',
      fix: 'give QualityReference.fromEndpoint, or QualityReference.temporaryEndpoint with the unquantized model',
    });
  const longest = madeEndpoint(endpoint)?.plan.maxModelLen;
  const tooLong = prompts.filter(({ maxTokens }) => longest !== undefined && maxTokens >= longest);
  if (tooLong.length > 0)
    findings.push({
      rule: 'QUALITY_PROMPT_TOO_LONG',
      severity: 'error',
      message: 'an answer of a prompt alone is longer than what the endpoint takes, prompt and answer together',
      got: `maxTokens ${tooLong[0].maxTokens} of ${tooLong[0].id}`,
      allowed: `below ${longest}`,
      fix: 'lower maxTokens of the prompt, or raise maxModelLen',
    });
  if (prompts.length < FEW_PROMPTS)
    findings.push({
      rule: 'QUALITY_PROMPT_SET_SMALL',
      severity: 'warning',
      message: 'so few prompts show little of what users ask; a loss elsewhere stays unseen',
      got: `${prompts.length} prompts`,
      allowed: `${FEW_PROMPTS} or more, in several categories`,
      fix: 'add prompts, rare kinds among them',
    });
  return findings;
}

function referenceFindings(
  scope: IConstruct,
  { endpoint, capturedTraffic }: QualityMonitorProps,
  { config, endpointArn }: BoundReference,
): Finding[] {
  const findings: Finding[] = [];
  const written = (value: unknown) => JSON.stringify(Stack.of(scope).resolve(value));
  if (endpointArn !== undefined && written(endpointArn) === written(endpoint.endpointArn))
    findings.push({
      rule: 'QUALITY_REFERENCE_IS_ITSELF',
      severity: 'error',
      message: 'the endpoint would be compared with itself, and never lose anything',
      got: endpoint.node.path,
      allowed: 'an endpoint of the same model at full precision',
      fix: 'give QualityReference.temporaryEndpoint with the unquantized model',
    });
  if (capturedTraffic !== undefined && config.kind !== 'endpoint')
    findings.push({
      rule: 'QUALITY_TRAFFIC_WITHOUT_REFERENCE',
      severity: 'error',
      message: 'captured traffic is new every day: comparing it takes a reference that can be asked any day',
      got: config.kind === 'prompts' ? 'answers of the prompt set' : 'a temporary endpoint',
      allowed: 'QualityReference.fromEndpoint',
      fix: 'leave capturedTraffic out, or give an endpoint that stays',
    });
  return findings;
}

function rangeFindings(props: QualityMonitorProps): Finding[] {
  const check = (
    rule: string,
    name: string,
    value: number | undefined,
    fits: (value: number) => boolean,
    allowed: string,
  ): Finding[] =>
    value === undefined || Token.isUnresolved(value) || fits(value)
      ? []
      : [
          {
            rule,
            severity: 'error',
            message: `${name} of a quality monitor is out of range`,
            got: String(value),
            allowed,
            fix: `correct ${name}, or leave it out`,
          },
        ];
  const { least, most } = PROMPTS_PER_RUN;
  const minutes = props.watchInterval?.toMinutes({ integral: false });
  return [
    ...check(
      'QUALITY_PROMPTS_OUT_OF_RANGE',
      'promptsPerRun',
      props.promptsPerRun,
      (value) => Number.isInteger(value) && value >= least && value <= most,
      `a whole number from ${least} to ${most}`,
    ),
    ...check(
      'QUALITY_RATE_OUT_OF_RANGE',
      'falseAlarmRate',
      props.falseAlarmRate,
      (value) => value > 0 && value <= 0.5,
      'above 0, 0.5 at most',
    ),
    ...check(
      'QUALITY_TOLERANCE_OUT_OF_RANGE',
      'tolerance',
      props.tolerance,
      (value) => value > 0 && value < 1,
      'above 0 and below 1; a share is written 0.02 for 2 %',
    ),
    ...check(
      'QUALITY_CONCURRENCY_OUT_OF_RANGE',
      'concurrency',
      props.concurrency,
      (value) => Number.isInteger(value) && value >= 1 && value <= 64,
      'a whole number from 1 to 64',
    ),
    ...check(
      'QUALITY_INTERVAL_OUT_OF_RANGE',
      'watchInterval',
      minutes,
      (value) => Number.isInteger(value) && value >= WATCH_MINUTES.least && value <= WATCH_MINUTES.most,
      `whole minutes, ${WATCH_MINUTES.least} to ${WATCH_MINUTES.most}`,
    ),
    ...check(
      'QUALITY_SAMPLES_OUT_OF_RANGE',
      'samples of capturedTraffic',
      props.capturedTraffic?.samples,
      (value) => Number.isInteger(value) && value >= 1 && value <= 500,
      'a whole number from 1 to 500',
    ),
  ];
}

function embeddingFindings({ embeddings }: QualityMonitorProps): Finding[] {
  if (embeddings === undefined) return [];
  const given = [embeddings.bedrockModelId, embeddings.endpoint].filter((value) => value !== undefined).length;
  if (given === 1) return [];
  return [
    {
      rule: 'QUALITY_EMBEDDINGS_UNCLEAR',
      severity: 'error',
      message: 'embeddings come from one place',
      got: given === 0 ? 'neither bedrockModelId nor endpoint' : 'both bedrockModelId and endpoint',
      allowed: 'one of the two',
      fix: given === 0 ? 'give one' : 'leave one out',
    },
  ];
}
