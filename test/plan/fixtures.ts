import { readFileSync } from 'node:fs';
import path from 'node:path';
import { resolveEndpoint } from '../../lib/endpoint/resolve';
import type { ResolvedEndpoint } from '../../lib/endpoint/types';
import type { EndpointSpec } from '../../lib/spec/types';

/** One published figure, and the endpoint it was measured on. */
export interface FixtureRow {
  readonly id: string;
  readonly spec: EndpointSpec;
  readonly source?: string;
}

/** Rows of a fixture file; each names one of the file's configs by number, so that a model stands in it once. */
export function readFixture<Row extends FixtureRow>(name: string): readonly Row[] {
  const file = path.join(__dirname, 'fixtures', name);
  const { configs, rows } = JSON.parse(readFileSync(file, 'utf8')) as {
    configs: Record<string, unknown>[];
    rows: (Row & { spec: { model: { config: unknown } } })[];
  };
  return rows.map((row) => ({
    ...row,
    spec: { ...row.spec, model: { ...row.spec.model, config: configs[row.spec.model.config as unknown as number] } },
  }));
}

/** The endpoint on a device of another size, as many logs come from cards that SageMaker does not have. */
export function onDevice(spec: EndpointSpec, memoryBytes: number): ResolvedEndpoint {
  const resolved = resolveEndpoint(spec);
  const { instance } = resolved;
  if (instance?.accelerator === undefined) throw new Error(`${spec.instanceType} has no accelerator`);
  return {
    ...resolved,
    instance: { ...instance, accelerator: { ...instance.accelerator, memoryBytesUsable: memoryBytes } },
  };
}

/** Median and 90th percentile of the absolute values. */
export function spread(errors: readonly number[]): { readonly median: number; readonly p90: number } {
  const sorted = errors.map(Math.abs).sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return {
    median: sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2,
    p90: sorted[Math.min(sorted.length - 1, Math.floor(0.9 * sorted.length))],
  };
}

/** Nemotron 3 Super, with one layer of each kind. */
export const NEMOTRON_SUPER = {
  architectures: ['NemotronHForCausalLM'],
  model_type: 'nemotron_h',
  hidden_size: 4096,
  num_hidden_layers: 3,
  hybrid_override_pattern: 'ME*',
  num_attention_heads: 32,
  num_key_value_heads: 2,
  head_dim: 128,
  intermediate_size: 2688,
  mamba_num_heads: 128,
  mamba_head_dim: 64,
  n_groups: 8,
  ssm_state_size: 128,
  moe_intermediate_size: 2688,
  moe_latent_size: 1024,
  moe_shared_expert_intermediate_size: 5376,
  n_routed_experts: 512,
  n_shared_experts: 1,
  num_experts_per_tok: 22,
  vocab_size: 131072,
};
