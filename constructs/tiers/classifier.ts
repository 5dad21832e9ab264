import { readFileSync } from 'node:fs';
import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { parseWeights, WeightsError, type WeightsFile } from '../../lib/route';
import BUILT_IN from '../../lib/route/data/tier-weights.json';

const FUNCTION_TIMEOUT = Duration.millis(300);

/** How a classifier of your own is asked. */
export interface FunctionClassifierOptions {
  /**
   * How long it may take.
   *
   * @default Duration.millis(300)
   */
  readonly timeout?: Duration;

  /**
   * What decides where it does not.
   *
   * @default TierClassifier.builtIn()
   */
  readonly fallback?: TierClassifier;
}

/**
 * A classifier as the construct uses it.
 *
 * @internal
 */
export interface BoundClassifier {
  readonly weights: WeightsFile;
  /** The weights were fitted to answers of the user's own tiers. */
  readonly calibrated: boolean;
  readonly handler?: IFunction;
  readonly timeoutMs?: number;
}

/** What decides which tier a request is sent to first. */
export abstract class TierClassifier {
  /**
   * The weights that come with this library: they know kinds of tasks, and nothing of your models. Good to begin with;
   * `qe route calibrate` makes better ones from answers of your own tiers.
   */
  public static builtIn(): TierClassifier {
    return new Bound({ weights: parseWeights(BUILT_IN), calibrated: false });
  }

  /**
   * Weights that `qe route calibrate` wrote.
   *
   * @param path of the file, relative to the directory in which the app runs
   */
  public static fromFile(path: string): TierClassifier {
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (cause) {
      throw unreadable(path, 'no file that can be read', cause);
    }
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw unreadable(path, 'a file that is no JSON', cause);
    }
    return new Bound({ weights: parseWeights(value, path), calibrated: true });
  }

  /**
   * A function of your own. It is told the messages, the features, the names of the tiers and what the weights propose:
   * `{"tiers": ["fast", "quality"], "features": {…}, "proposal": {"tier": "fast", "score": 0.4, "threshold": 0.6},
   * "messages": [{"role": "user", "content": "…"}]}`, and answers `{"tier": "quality"}`.
   *
   * Where it is late, fails, or names no tier, the proposal holds. Every request waits for it.
   */
  public static fromFunction(handler: IFunction, options: FunctionClassifierOptions = {}): TierClassifier {
    const fallback = (options.fallback ?? TierClassifier.builtIn())._bind();
    return new Bound({
      ...fallback,
      calibrated: true,
      handler,
      timeoutMs: (options.timeout ?? FUNCTION_TIMEOUT).toMilliseconds(),
    });
  }

  /** @internal */
  public abstract _bind(): BoundClassifier;
}

class Bound extends TierClassifier {
  constructor(private readonly bound: BoundClassifier) {
    super();
  }

  /** @internal */
  public _bind(): BoundClassifier {
    return this.bound;
  }
}

function unreadable(path: string, got: string, cause: unknown): WeightsError {
  return new WeightsError('TIER_WEIGHTS_UNREADABLE', 'the weights of the tiers cannot be read', {
    got,
    allowed: 'a file that `qe route calibrate` wrote',
    fix: 'give the path relative to the directory in which the app runs',
    path,
    cause,
  });
}
