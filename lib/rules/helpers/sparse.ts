import type { ModelDescription } from '../../model/types';

/** Architectures with sparse latent attention: an indexer chooses the tokens that are attended to. */
const SPARSE: ReadonlySet<string> = new Set([
  'DeepseekV32ForCausalLM',
  'DeepseekV4ForCausalLM',
  'GlmMoeDsaForCausalLM',
]);

export function isSparse({ architecture }: ModelDescription): boolean {
  return SPARSE.has(architecture);
}
