import type { Size } from 'aws-cdk-lib';
import type { Finding } from '../../lib/rules/types';
import type { SpeculativeSpec } from '../../lib/spec/types';
import { known, withoutUndefined } from './known';
import { readConfig } from './model-source/knowledge';

/** What is known of a model that guesses. */
export interface DraftModelOptions {
  /**
   * Tokens to guess before the model checks them all at once, 1 or more.
   *
   * @default 4
   */
  readonly tokens?: number;

  /**
   * Path of its `config.json`, so that its weights and cache are part of the plan.
   *
   * @default - `config`, else only `weightSize` is planned
   */
  readonly configPath?: string;

  /**
   * The same as an object.
   *
   * @default - read from `configPath`
   */
  readonly config?: { [key: string]: unknown };

  /**
   * Size of its weights.
   *
   * @default - worked out from its config
   */
  readonly weightSize?: Size;
}

const DEFAULT_TOKENS = 4;

/**
 * Speculative decoding: something small guesses the next tokens, and the model checks them all in one step. The answers
 * stay those of the model. It pays while the batch is small; the plan counts its memory, not its speed.
 *
 * A model that guesses is named by its hub id, or by its directory in the container: SageMaker puts a model below
 * `/opt/ml/model`, so that a draft in the folder `draft/` of the model's own S3 prefix is `/opt/ml/model/draft`.
 * CloudFormation has no way to add a second data source to a model.
 */
export class SpeculativeDecoding {
  /** Guesses from what the text repeats: free of memory, good for code, extraction and summaries. */
  static ngram(tokens: number = DEFAULT_TOKENS): SpeculativeDecoding {
    return new SpeculativeDecoding({ method: 'ngram', tokens });
  }

  /**
   * A small model of the same family, with the same vocabulary.
   *
   * @param model hub id, or directory in the container
   */
  static draftModel(model: string, options: DraftModelOptions = {}): SpeculativeDecoding {
    return new SpeculativeDecoding({ method: 'draft', model }, options);
  }

  /**
   * An EAGLE head that was trained for this very model.
   *
   * @param model hub id, or directory in the container
   */
  static eagle(model: string, options: DraftModelOptions = {}): SpeculativeDecoding {
    return new SpeculativeDecoding({ method: 'eagle', model }, options);
  }

  /**
   * An EAGLE-3 head that was trained for this very model.
   *
   * @param model hub id, or directory in the container
   */
  static eagle3(model: string, options: DraftModelOptions = {}): SpeculativeDecoding {
    return new SpeculativeDecoding({ method: 'eagle3', model }, options);
  }

  /** The prediction layers that some models bring themselves, such as DeepSeek V3. */
  static multiTokenPrediction(tokens: number = 1): SpeculativeDecoding {
    return new SpeculativeDecoding({ method: 'mtp', tokens });
  }

  private constructor(
    private readonly base: SpeculativeSpec,
    private readonly options: DraftModelOptions = {},
  ) {}

  /** @internal */
  public _spec(): SpeculativeSpec {
    const { config, configPath, weightSize, tokens = DEFAULT_TOKENS } = this.options;
    return withoutUndefined<SpeculativeSpec>({
      tokens: known(tokens) ?? DEFAULT_TOKENS,
      ...this.base,
      config: config ?? (configPath === undefined ? undefined : readConfig(configPath)),
      weightBytes: weightSize?.toBytes(),
    });
  }

  /**
   * What a spec has no words for.
   *
   * @internal
   */
  public _findings(): Finding[] {
    const { method, model, config, weightBytes } = this._spec();
    if (model === undefined || config !== undefined || weightBytes !== undefined) return [];
    return [
      {
        rule: 'SPECULATIVE_DRAFT_NOT_PLANNED',
        severity: 'warning',
        message: `nothing is known of ${model}, so that the plan has no room for its weights and cache`,
        got: `speculativeDecoding by ${method} without config`,
        allowed: 'configPath, config or weightSize',
        fix: 'download its config.json and give configPath',
        path: '/speculative/config',
      },
    ];
  }
}
