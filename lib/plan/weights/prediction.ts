import type { ModelDescription, WeightGroup } from '../../model/types';
import { lookup } from '../../text/lookup';
import { isIndexer } from '../latent';

/** Layers that predict further tokens: checkpoints hold them beside the model's own, engines load them for speculative decoding only. */
export interface PredictionLayers {
  readonly count: number;
  /** The layer of the model that each of them is like. */
  readonly like: number;
  /** Does each bring the embedding and the head along? */
  readonly copiesEmbeddings: boolean;
}

type Reader = (model: ModelDescription, id: string) => number;

const number = (value: unknown) => (typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : 0);
const nextTokens: Reader = ({ config }) => number(config.num_nextn_predict_layers);

/**
 * By `model_type`, how many there are. Qwen3.5 keeps them while it is whole: transformers drops them when it saves the decoder alone.
 * Sources: deepseek-ai/DeepSeek-V3 README_WEIGHTS.md; vllm/model_executor/models/deepseek_mtp.py, glm4_moe_mtp.py, mimo_mtp.py,
 * qwen3_5_mtp.py and vllm/models/deepseek_v4/nvidia/mtp.py; sizes of the published files.
 */
const COUNT_OF: Readonly<Record<string, Reader>> = {
  deepseek_v3: nextTokens,
  deepseek_v32: nextTokens,
  deepseek_v4: nextTokens,
  glm4_moe: nextTokens,
  glm4_moe_lite: nextTokens,
  glm_moe_dsa: nextTokens,
  mimo: nextTokens,
  // Its config is silent, and the checkpoint of Qwen3-Coder-Next has none: 79,674,391,296 parameters on the hub, beside 81,324,862,720.
  qwen3_next: (_model, id) => (/\bQwen3-Next-80B-A3B-(Base|Instruct|Thinking)(-FP8)?$/.test(id) ? 1 : 0),
  qwen3_5: ({ textConfig }) => number(textConfig.mtp_num_hidden_layers),
  qwen3_5_moe: ({ textConfig }) => number(textConfig.mtp_num_hidden_layers),
};

/** They use the model's own embedding and head. GLM-5's total on the hub, 753,864,139,008 parameters, leaves no room for a copy. */
const SHARES_EMBEDDINGS: ReadonlySet<string> = new Set([
  ...['deepseek_v4', 'glm_moe_dsa', 'mimo'],
  ...['qwen3_5', 'qwen3_5_moe', 'qwen3_next'],
]);

/** What a checkpoint of this config and name holds; undefined: nothing of the kind. */
export function predictionLayers(model: ModelDescription, id = ''): PredictionLayers | undefined {
  const count = lookup(COUNT_OF, model.modelType)?.(model, id) ?? 0;
  if (count === 0) return undefined;
  return {
    count,
    // Those of DeepSeek V4 attend within the window only, as its first layers do. Where layers share an indexer, these have their own.
    like: model.modelType === 'deepseek_v4' ? 0 : (model.weights.find(isIndexer)?.layers.at(-1) ?? model.numLayers - 1),
    copiesEmbeddings: !SHARES_EMBEDDINGS.has(model.modelType),
  };
}

/** Elements that join a token's embedding to what the model made of the tokens before: one projection of both, and a norm of each. */
export function joiningElements({ hiddenSize }: ModelDescription): number {
  return 2 * hiddenSize * hiddenSize + 3 * hiddenSize;
}

export function isEmbeddingOrHead({ role, place, layers }: WeightGroup): boolean {
  return layers.length === 0 && place === 'text' && (role === 'embedding' || role === 'head');
}
