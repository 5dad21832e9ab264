import type { ModelDescription } from '../../model/types';
import type { RuleContext } from '../types';

/** KV heads of every kind of layer that stores heads of its own. */
export function kvHeadCounts(model: ModelDescription): readonly number[] {
  if (model.mla !== undefined) return [];
  const heads = model.kv
    .filter((group) => group.kind !== 'recurrent' && group.kind !== 'mla')
    .map((group) => group.kvHeads);
  return [...new Set(heads)].filter((count) => count > 0);
}

/** Cut evenly, or copied evenly where there are more ranks than heads. */
export function kvHeadsFit(heads: number, degree: number): boolean {
  return heads % degree === 0 || degree % heads === 0;
}

/**
 * Does the server add heads of zeros where a degree does not divide them? transformers-neuronx and optimum-neuron do, and optimum-neuron
 * switches off vLLM's own check of it; vLLM's check stands where LMI's image runs its vLLM instead.
 * Source: transformers-neuronx utils.py, `get_qkv_padding`; optimum-neuron optimum/neuron/vllm/platform.py.
 */
export function padsHeads({ container, spec }: Pick<RuleContext, 'container' | 'spec'>): boolean {
  if (container?.family === 'lmi-neuron') return spec.environment?.OPTION_ROLLING_BATCH !== 'vllm';
  return container?.family === 'hf-vllm-neuron';
}

/** Does the degree give each rank whole query heads, and whole or copied KV heads? */
export function headsFit(model: ModelDescription, degree: number): boolean {
  const heads = model.numAttentionHeads;
  return (heads <= 0 || heads % degree === 0) && kvHeadCounts(model).every((count) => kvHeadsFit(count, degree));
}
