import type { GgufValue } from '../../../format/gguf/value';
import type { GgufConstant } from '../../gguf/model';
import type { HubConfig, RopeParameters } from '../config';

/** How a vocabulary is found: the first of these that the checkpoint has the files for. */
export type VocabularyKind = 'sentence-piece' | 'byte-fallback' | 'byte-pair';

/** How checkpoints of an architecture become GGUF. Source: llama.cpp conversion/{llama,qwen,olmo,gemma,phi}.py. */
export interface HubArchitecture {
  /** `general.architecture`. */
  readonly gguf: string;
  /** Rows of query and key heads go from halves to neighbours. */
  readonly interleaves: boolean;
  /** Norms are stored as their difference from 1. */
  readonly normsFromOne: boolean;
  readonly vocabularies: readonly VocabularyKind[];
  /** SentencePiece: added tokens of tokenizer.json are taken too. */
  readonly readsTokenizerJson?: boolean;
  /** The head is that of the embedding, whatever the checkpoint holds. */
  readonly dropsHead?: boolean;
  /** What configs leave out: the values of transformers' own config class, which the converter reads them through. */
  defaults(config: HubConfig): Readonly<Record<string, number>>;
  parameters(config: HubConfig, rope: RopeParameters): Map<string, GgufValue>;
  /** Keys right after `general.architecture`: parameters that the converter knows before all others. */
  first?(config: HubConfig, rope: RopeParameters): Map<string, GgufValue>;
  /** Keys of the tokenizer that this architecture adds, before and after the vocabulary's. */
  readonly tokenizerStart?: (tokenizerConfig: Readonly<Record<string, unknown>>) => Map<string, GgufValue>;
  readonly tokenizerEnd?: (config: HubConfig) => Map<string, GgufValue>;
  readonly constants?: (config: HubConfig, rope: RopeParameters) => readonly GgufConstant[];
}
