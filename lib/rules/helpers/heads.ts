import type { ModelDescription } from '../../model/types';
import type { RuleContext } from '../types';
import { isNeuron, isUnnamed } from './engine';

/** KV heads of every kind of layer that stores heads of its own. */
export function kvHeadCounts(model: ModelDescription): readonly number[] {
  if (model.mla !== undefined) return [];
  // Recurrent layers have 0.
  return [...new Set(model.kv.map(({ kvHeads }) => kvHeads))].filter((count) => count > 0);
}

/** A number of heads as a config gives it; undefined for what is none. */
export function headCount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : undefined;
}

/** Cut evenly, or copied evenly where there are more ranks than heads. */
export function kvHeadsFit(heads: number, degree: number): boolean {
  return heads % degree === 0 || degree % heads === 0;
}

/**
 * Does the server add heads of zeros where a degree does not divide them? transformers-neuronx does, behind LMI's vLLM too, and so does
 * optimum-neuron, which switches off vLLM's own check of it; a server of Neuron's that is not named is taken for one of them.
 * Source: transformers-neuronx utils.py, `get_qkv_padding`; optimum-neuron optimum/neuron/vllm/platform.py;
 * aws-samples/sagemaker-genai-hosting-examples Deepseek/Deepseek-llama8b-LMI-inferentia.ipynb: 32 heads on 12 cores.
 */
export function padsHeads(context: Pick<RuleContext, 'container' | 'instance'>): boolean {
  const family = context.container?.family;
  return family === 'lmi-neuron' || family === 'hf-vllm-neuron' || (isNeuron(context) && isUnnamed(context));
}

/** Does the degree give each rank whole query heads, and whole or copied KV heads? */
export function headsFit(model: ModelDescription, degree: number): boolean {
  const heads = model.numAttentionHeads;
  return (heads <= 0 || heads % degree === 0) && kvHeadCounts(model).every((count) => kvHeadsFit(count, degree));
}
