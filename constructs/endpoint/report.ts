import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { Annotations, attachCustomSynthesis, Names, Validations, type ISynthesisSession } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { correctionFor } from '../../lib/plan';
import type { PlanAnswer } from '../../lib/rules';
import type { Finding } from '../../lib/rules/types';
import type { SpeedEstimate } from '../../lib/plan/types';
import type { EndpointSpec } from '../../lib/spec/types';
import type { GateFigures } from '../quality-gate/figures';
import { sequenceLength, tryResolve } from './defaults';

/** Puts every finding before the user at once: errors stop synth, a warning can be acknowledged by its rule's id. */
export function reportFindings(scope: Construct, findings: readonly Finding[]): void {
  const validations = Validations.of(scope);
  for (const finding of findings) {
    const message = sentence(finding);
    if (finding.severity === 'error') validations.addError(finding.rule, message);
    else validations.addWarning(finding.rule, message, { context: contextOf(finding) });
  }
}

/** `message, got X; allowed Y; fix`, leaving out what the message itself says already. */
function sentence({ message, got, allowed, fix }: Finding): string {
  const text = message.replace(/[.;,\s]+$/, '');
  const parts = [text];
  if (got !== undefined && !text.includes(got)) parts.push(`got ${got}`);
  if (allowed !== undefined && !text.includes(allowed)) parts.push(`allowed: ${allowed}`);
  if (fix !== undefined && !text.includes(fix)) parts.push(`fix: ${fix}`);
  return parts.join('; ');
}

/** Lets an acknowledgement be limited to the occurrence that it was written for. */
function contextOf({ path: where, got }: Finding): Record<string, string> {
  return { ...(where === undefined ? {} : { path: where }), ...(got === undefined ? {} : { got }) };
}

/** What is written into the cloud assembly, `<construct>.plan.json`. */
export interface PlanArtefact {
  readonly schema: 1;
  readonly constructPath: string;
  readonly spec: EndpointSpec;
  readonly plan: PlanAnswer;
  /** What the quality gate's report says of the scheme, where there is a gate. */
  readonly quality?: GateFigures;
  /** Container's variables and the command line that its entry point makes of them. */
  readonly environment: Readonly<Record<string, string>>;
  readonly command: readonly string[];
  /** The same of the types that are taken when the first cannot be had, in this order. */
  readonly fallbackPools?: readonly Pick<PlanArtefact, 'spec' | 'plan' | 'quality' | 'environment' | 'command'>[];
}

/** Leaves the plan in the cloud assembly, beside the template, for pipelines and for whoever reviews the deployment. */
export function writePlan(scope: Construct, artefact: PlanArtefact): void {
  const file = `${Names.uniqueId(scope)}.plan.json`;
  attachCustomSynthesis(scope, {
    onSynthesize: (session: ISynthesisSession) =>
      writeFileSync(path.join(session.outdir, file), JSON.stringify(artefact, undefined, 2) + '\n'),
  });
}

/** The plan in one line: what fits, how fast, what it costs. */
export function showSummary(
  scope: Construct,
  modelName: string,
  spec: EndpointSpec,
  plan: PlanAnswer,
  fullBatch: SpeedEstimate,
): void {
  Annotations.of(scope).addInfo(summary(modelName, spec, plan, fullBatch));
}

function summary(modelName: string, spec: EndpointSpec, plan: PlanAnswer, fullBatch: SpeedEstimate): string {
  const { endpoint = {}, instanceType, region } = spec;
  const { maxConcurrency, estimate, cost } = plan;
  const scheme = spec.quantization === undefined ? '' : ` (${spec.quantization})`;
  const name = `${modelName}${scheme} on ${instanceType ?? 'an instance'}`;
  const parts: string[] = [];
  const length = sequenceLength(spec);
  if (length !== undefined) {
    parts.push(`${count(length)} tokens${fits(maxConcurrency)}`);
  }
  const measured = measuredOn(spec);
  if (estimate.interTokenMs !== null) parts.push(`about ${figure(estimate.interTokenMs)} ms a token${measured}`);
  if (fullBatch.outputTokensPerSecond !== null)
    parts.push(`${figure(fullBatch.outputTokensPerSecond)} tokens/s when full`);
  const instances = endpoint.maxInstanceCount ?? endpoint.initialInstanceCount ?? 1;
  const fleet = instances > 1 ? ` an instance, up to ${instances}` : '';
  parts.push(
    cost.usdPerHour === null
      ? `price not known${region === undefined ? ' before the region is' : ` in ${region}`}`
      : `$${cost.usdPerHour.toFixed(cost.usdPerHour < 1 ? 3 : 2)} an hour${fleet}${cost.priceDate === null ? '' : ` (${region}, ${cost.priceDate})`}`,
  );
  return `${name}: ${parts.join(', ')}`;
}

function fits(maxConcurrency: number | null): string {
  if (maxConcurrency === null) return '';
  const sequences = Math.max(0, Math.floor(maxConcurrency));
  return ` × ${count(sequences)} ${sequences === 1 ? 'sequence fits' : 'sequences fit'}`;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

function figure(value: number): string {
  return value >= 100 ? count(Math.round(value)) : String(Number(value.toPrecision(2)));
}

/** Whether the speed is corrected by a benchmark of the same. */
function measuredOn(spec: EndpointSpec): string {
  const resolved = tryResolve(spec);
  const correction = resolved && correctionFor(resolved);
  return correction === undefined ? '' : `, as measured on ${correction.measuredAt.slice(0, 10)}`;
}
