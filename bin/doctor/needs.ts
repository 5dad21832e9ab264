import { existsSync } from 'node:fs';
import path from 'node:path';
import type { EndpointFacts } from '../../lib/diff';
import { readEndpoints } from '../diff/read';
import type { Need } from './types';

/**
 * Instances that the last synth's endpoints need of each type, during an update as well: all of them twice, or one batch
 * more where they roll.
 */
export async function needsOf(directory: string, asked: string | undefined): Promise<readonly Need[]> {
  if (asked !== undefined) return [{ instanceType: asked, count: 2 }];
  const assembly = path.join(directory, 'cdk.out');
  if (!existsSync(assembly)) return [];
  const needs = new Map<string, number>();
  for (const endpoint of await readEndpoints(assembly).catch(() => []))
    if (endpoint.instanceType !== undefined)
      needs.set(endpoint.instanceType, (needs.get(endpoint.instanceType) ?? 0) + countOf(endpoint));
  return [...needs].map(([instanceType, count]) => ({ instanceType, count }));
}

function countOf({ maxInstanceCount, initialInstanceCount, strategy }: EndpointFacts): number {
  const most = maxInstanceCount ?? initialInstanceCount ?? 1;
  if (strategy?.kind !== 'ROLLING') return 2 * most;
  return most + Math.max(1, Math.floor((most * strategy.stepPercent) / 100));
}
