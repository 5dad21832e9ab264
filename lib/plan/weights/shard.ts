import type { ModelDescription, WeightGroup } from '../../model/types';
import type { Matrix } from './stored';

/** How a model is spread over the accelerators of one server. */
export interface Parallelism {
  readonly tensor: number;
  readonly pipeline: number;
  /** Whole experts on each rank instead of a slice of every expert. */
  readonly experts: boolean;
  /**
   * Engines side by side over which experts are spread, too, each with the other weights whole: vLLM's data parallelism. 1 unless given.
   * Source: vLLM documentation, "Data Parallel Deployment": expert layers form a group of DP × TP ranks.
   */
  readonly expertReplicas?: number;
  /**
   * Ranks over which attention and the embedding are cut, where those of `tensor` attend in groups to sequences of their own: SGLang's
   * data-parallel attention. `tensor` unless given.
   * Source: sglang/srt/models/deepseek_v2.py of 0.5.10, `get_attention_tp_size` and `use_attn_tp_group`.
   */
  readonly attention?: number;
  /** Is the embedding whole where ranks attend in groups? */
  readonly wholeEmbedding?: boolean;
  /** Has each rank a copy of the tower that sees? */
  readonly wholeTower?: boolean;
}

/** Servers pad the vocabulary to a multiple of this. Source: vllm/model_executor/layers/vocab_parallel_embedding.py, DEFAULT_VOCAB_PADDING_SIZE. */
const VOCABULARY_PADDING = 64;

/** Rows of a vocabulary that one of so many ranks holds. */
export function vocabularyRows(size: number, ranks = 1): number {
  return cut(pad(size, VOCABULARY_PADDING), ranks);
}

/** A weight group on one tensor-parallel rank. */
export interface Shard {
  readonly shape: readonly number[];
  readonly experts: number;
}

const KEY_OR_VALUE = /(^|\.)(k_proj|v_proj|wk|wv|key|value|k_lin|v_lin)\.(weight|bias)$/;
const FUSED_QUERY_KEY_VALUE = /(^|\.)(qkv_proj|query_key_value|wqkv|c_attn|qkv|attn_qkv|qkv_layer)\.(weight|bias)$/i;
/** The second matrix of a feed-forward, which tensor parallelism cuts by input. */
const DOWN = /(down|w2|wo|fc2|output)(_proj|_linear)?(\.weight)?$/;

/** Is it the second matrix of a feed-forward? */
export function isDown(name: string): boolean {
  return DOWN.test(name);
}

/**
 * The part of a group that one rank holds. Keys and values are copied when there are fewer KV heads than ranks; what does not divide is
 * rounded up, as the largest rank has it.
 */
export function shardOf(group: WeightGroup, model: ModelDescription, parallelism: Parallelism): Shard {
  const { expertReplicas = 1 } = parallelism;
  const { shape, experts } = group;
  if (parallelism.tensor === 1 && expertReplicas === 1 && group.split !== 'vocabulary') return group;
  const tensor = ranksOf(group, parallelism);
  if (isWholeVisionAttention(group, model, tensor)) return { shape, experts };
  switch (group.split) {
    case 'replicated':
      return { shape, experts };
    case 'vocabulary':
      return { shape: [vocabularyRows(shape[0], tensor), ...shape.slice(1)], experts };
    case 'expert':
      if (parallelism.experts || shape.length < 2)
        return { shape, experts: parallelism.experts ? cut(experts, tensor * expertReplicas) : experts };
      return {
        shape: isDown(group.name)
          ? [shape[0], cut(shape[1], tensor * expertReplicas)]
          : [cut(shape[0], tensor * expertReplicas), shape[1]],
        experts,
      };
    case 'row':
      return { shape: shape.length < 2 ? shape : [shape[0], cut(shape[1], tensor), ...shape.slice(2)], experts };
    case 'column':
      return { shape: [columnRows(group, model, tensor), ...shape.slice(1)], experts };
  }
}

const ATTENTION = /\.(self_|linear_)?attn(ention)?\./;

/** Ranks over which a group is cut: where they attend in groups, attention and the embedding are cut over one, if at all. */
function ranksOf({ place, name, role }: WeightGroup, parallelism: Parallelism): number {
  const { tensor, attention, wholeEmbedding, wholeTower } = parallelism;
  if (wholeTower === true && (place === 'vision' || place === 'projector')) return 1;
  if (attention === undefined || place !== 'text') return tensor;
  if (role === 'embedding') return wholeEmbedding === true ? 1 : attention;
  return ATTENTION.test(name) ? attention : tensor;
}

/**
 * Heads of an image tower that do not divide among the ranks stay together: InternViT-6B has 25.
 * Source: vllm/model_executor/models/intern_vit.py, `disable_tp`.
 */
function isWholeVisionAttention({ place, name }: WeightGroup, { config }: ModelDescription, tensor: number): boolean {
  if (place !== 'vision' || tensor === 1) return false;
  const tower = config.vision_config as { num_attention_heads?: unknown } | null | undefined;
  const heads = tower?.num_attention_heads;
  return typeof heads === 'number' && heads % tensor !== 0 && ATTENTION.test(name);
}

function columnRows(group: WeightGroup, model: ModelDescription, tensor: number): number {
  const rows = group.shape[0];
  if (group.place !== 'text' || model.numKvHeads <= 0 || model.mla !== undefined) return cut(rows, tensor);
  if (KEY_OR_VALUE.test(group.name)) return Math.max(cut(rows, tensor), Math.ceil(rows / model.numKvHeads));
  const kvRows = 2 * model.numKvHeads * model.headDim;
  const queryRows = model.numAttentionHeads * model.headDim;
  if (FUSED_QUERY_KEY_VALUE.test(group.name) && rows === queryRows + kvRows)
    return cut(queryRows, tensor) + Math.max(cut(kvRows, tensor), 2 * model.headDim);
  return cut(rows, tensor);
}

/** The group's matrix, for formats that store matrices; a vector is one row. */
export function matrixOf(shape: readonly number[]): Matrix {
  if (shape.length === 1) return { rows: 1, columns: shape[0] };
  return { rows: shape[0], columns: shape.slice(1).reduce((product, dimension) => product * dimension, 1) };
}

/**
 * Layers of each pipeline stage: as equal as can be; what is left over goes to the stages before the last, which has the head, or, as once,
 * all to the last. Source: vllm/distributed/utils.py of 0.7.3 and 0.8.5, `get_pp_indices`.
 */
export function pipelineStages(
  layers: number,
  pipeline: number,
  restOnLast = false,
): readonly (readonly [from: number, to: number])[] {
  const stages = Math.max(1, Math.min(pipeline, Math.max(1, layers)));
  const sizes = new Array<number>(stages).fill(Math.floor(layers / stages));
  const left = layers - sizes[0] * stages;
  if (restOnLast) sizes[stages - 1] += left;
  else for (let i = 0; i < left; i++) sizes[Math.max(0, stages - 2 - i)]++;
  let from = 0;
  return sizes.map((size) => {
    const stage = [from, from + size] as const;
    from += size;
    return stage;
  });
}

function cut(size: number, parts: number): number {
  return Math.ceil(size / parts);
}

function pad(size: number, multiple: number): number {
  return Math.ceil(size / multiple) * multiple;
}
