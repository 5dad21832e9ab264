import type { ConfigReader } from './config';
import type { ModelDescription } from './types';
import type { WeightList } from './weights';

/** How the checkpoint names the parts that a wrapper (a vision model around a decoder, say) moves elsewhere. */
export interface Names {
  /** Before the decoder's own modules: `model.`, `language_model.model.`. */
  readonly body: string;
  /** The output head: `lm_head`, `language_model.lm_head`. */
  readonly head: string;
}

export const PLAIN_NAMES: Names = { body: 'model.', head: 'lm_head' };

/** What surrounds the config that is being described. */
export interface Surroundings {
  readonly names: Names;
  /** Whether head and embedding are one, when the wrapper decides it; undefined: the config itself or the family's default. */
  readonly tied?: boolean;
}

/** What an architecture makes of a config; totals and the rest of the description follow from it. */
export interface Draft extends Pick<
  ModelDescription,
  | 'kind'
  | 'hiddenSize'
  | 'numLayers'
  | 'numAttentionHeads'
  | 'numKvHeads'
  | 'headDim'
  | 'intermediateSize'
  | 'vocabSize'
  | 'maxPositionEmbeddings'
  | 'slidingWindow'
  | 'tieWordEmbeddings'
  | 'moe'
  | 'mla'
  | 'kv'
> {
  readonly weights: WeightList;
  readonly multimodal?: boolean;
  readonly notes?: readonly string[];
  /** The part of the config that describes the text model, where it is not the whole. */
  readonly textConfig?: ConfigReader;
}

/** One family of models whose configs are read in the same way. */
export interface Architecture {
  /** Values of `architectures[0]`. */
  readonly names: readonly string[];
  /** Values of `model_type`, for configs that name no architecture, and for `text_config`. */
  readonly modelTypes: readonly string[];
  describe(config: ConfigReader, surroundings: Surroundings): Draft;
}
