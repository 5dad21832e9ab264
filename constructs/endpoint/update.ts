import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import type { Construct } from 'constructs';
import { compareEndpoints, factsOfSpec, type UpdateStrategy } from '../../lib/diff';
import { QuantizedEndpointsError } from '../../lib/errors';
import type { Finding } from '../../lib/rules/types';
import { parseSpec } from '../../lib/spec';
import type { EndpointSpec } from '../../lib/spec/types';

/**
 * Context in which a cloud assembly of what is deployed is named: `cdk.out` of the last release, or the `*.plan.json` of
 * it alone. Without it nothing is known of the past: the assembly beside the app is that of the last synth, which need not
 * have been deployed.
 */
export const DEPLOYED_CONTEXT = 'cdk-quantized-endpoints:deployed';

/** What the next deployment would take away from what is deployed: the endpoint itself, or the count it has scaled to. */
export function updateFindings(scope: Construct, spec: EndpointSpec, strategy?: UpdateStrategy): Finding[] {
  const directory = scope.node.tryGetContext(DEPLOYED_CONTEXT) as unknown;
  if (typeof directory !== 'string') return [];
  const deployed = deployedSpec(directory, scope.node.path);
  if (deployed === undefined) return [];
  const after = { ...factsOfSpec(spec, scope.node.path), ...(strategy === undefined ? {} : { strategy }) };
  return compareEndpoints(factsOfSpec(deployed, scope.node.path), after)
    .changes.filter(({ severity }) => severity === 'danger')
    .map(({ id, message, before, after: next, fix }) => ({
      rule: id,
      severity: 'warning',
      message,
      got: next,
      allowed: before,
      fix,
    }));
}

/** Spec of the same construct in the plan of what is deployed; undefined for one that is new. */
function deployedSpec(directory: string, constructPath: string): EndpointSpec | undefined {
  for (const file of plansIn(directory)) {
    const { constructPath: found, spec } = readPlan(file);
    if (found === constructPath) return parseSpec(spec);
  }
  return undefined;
}

function plansIn(directory: string): string[] {
  try {
    return readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.plan.json'))
      .map((name) => path.join(directory, name));
  } catch (cause) {
    throw unreadable(directory, cause);
  }
}

function readPlan(file: string): { readonly constructPath?: unknown; readonly spec?: unknown } {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as { constructPath?: unknown; spec?: unknown };
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

function unreadable(where: string, cause: unknown): QuantizedEndpointsError {
  return new QuantizedEndpointsError(
    'DEPLOYED_ASSEMBLY_UNREADABLE',
    `what is deployed cannot be read from ${where}: ${(cause as Error).message}`,
    {
      path: where,
      got: where,
      allowed: `a directory with the *.plan.json of the last release, in the context ${DEPLOYED_CONTEXT}`,
      fix: 'keep cdk.out of each release, or leave the context out',
      cause,
    },
  );
}
