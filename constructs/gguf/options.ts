import type { Size } from 'aws-cdk-lib';
import type { LlamaCppServingProps } from '../shared/serving-options';

/** A GGUF that a model source offers. */
export interface GgufFile {
  /**
   * Path of the file in the source; of a model in parts, the first (`…-00001-of-00003.gguf`).
   *
   * @default - the hub's own choice by the file type
   */
  readonly path?: string;

  /**
   * llama.cpp file type, such as `Q4_K_M`.
   *
   * @default - what the file's name says
   */
  readonly fileType?: string;

  /**
   * Size of the file, all parts together.
   *
   * @default - worked out from the model's config and the file type
   */
  readonly size?: Size;
}

/** How much of the model's quality must be kept. */
export enum GgufQuality {
  /** `Q4_K_M`: right for most uses. */
  BALANCED = 'Q4_K_M',

  /** `Q8_0`: next to no loss, for nearly twice the memory and half the speed. */
  HIGH = 'Q8_0',
}

/** Which GGUF of a source is served, and how llama-server keeps its contexts. */
export interface GgufServingProps extends LlamaCppServingProps {
  /**
   * GGUFs that the source offers, of which one is served: the smallest that has the wanted quality, else the most
   * precise that fits into the memory with its context.
   *
   * @default - those in a local directory, the one of `ModelSource.s3Object`, of a hub repository the type that
   * `quality` names
   */
  readonly files?: GgufFile[];

  /**
   * Which of the files is preferred.
   *
   * @default GgufQuality.BALANCED
   */
  readonly quality?: GgufQuality;

  /**
   * Path in the source of the projector (`mmproj-….gguf`) of a model that sees or hears. Without it the model answers
   * text only.
   *
   * @default - none; of a hub repository, the server takes the one that lies beside the model
   */
  readonly projector?: string;

  /**
   * One KV cache of `maxModelLen` tokens that all slots share, instead of one of that length for each. Saves memory
   * where most requests are short; when the requests of a moment are longer than the cache together, all of them fail.
   *
   * @default false
   */
  readonly unifiedKvCache?: boolean;

  /**
   * Host memory for the KV caches of former prompts, so that a conversation that goes on is not computed again. Zero
   * switches it off.
   *
   * @default - half of the host memory that the plan leaves over, at most 8 GiB
   */
  readonly promptCacheSize?: Size;

  /**
   * Jinja template that makes a prompt of the messages.
   *
   * @default - the one in the GGUF
   */
  readonly chatTemplate?: string;
}
