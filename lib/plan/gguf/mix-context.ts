import type { ModelDescription } from '../../model/types';
import { NEEDS_IMPORTANCE_MATRIX, type MixContext } from '../../scheme/gguf/mix';
import { repeatsEmbeddingInGguf } from '../weights/repeated-head';

/**
 * Architectures that keep queries, keys and values in one tensor, whose files were published while that tensor had a rule of its own.
 * A file made anew has more bits there: 6 % of a Q2_K of Phi 3.
 */
const FUSED_BEFORE_2026: ReadonlySet<string> = new Set([
  'bloom',
  'chatglm',
  'dbrx',
  'falcon',
  'RefinedWeb',
  'RefinedWebModel',
  'gpt2',
  'gpt_bigcode',
  'gpt_neox',
  'mixformer-sequential',
  'mpt',
  'persimmon',
  'phi-msft',
  'phi3',
  'qwen',
]);

/** What the rules of a mix ask of a model that is known by its config. */
export function mixContext(fileType: string, model: ModelDescription, importanceMatrix = false): MixContext {
  const queriesPerKvHead = model.numKvHeads > 0 ? model.numAttentionHeads / model.numKvHeads : 1;
  return {
    fileType,
    layers: model.numLayers,
    experts: model.moe?.experts ?? 0,
    queriesPerKvHead,
    tied: model.tieWordEmbeddings && !repeatsEmbeddingInGguf(model),
    falcon: /^falcon/i.test(model.modelType),
    hasImportanceMatrix: importanceMatrix || NEEDS_IMPORTANCE_MATRIX.has(fileType),
    fusedAttentionApart: FUSED_BEFORE_2026.has(model.modelType),
  };
}
