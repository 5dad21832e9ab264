import { ModelConfigError } from '../../errors';
import { architectureName, textModelConfig } from '../../format/gguf/hub-names';
import { isJsonObject, type JsonObject } from '../../text/json';

/** The values of `config.json` that a conversion reads: those of the text model, also where it is a part of a larger one. */
export class HubConfig {
  readonly values: JsonObject;

  constructor(
    config: unknown,
    readonly path: string,
  ) {
    if (!isJsonObject(config)) {
      throw new ModelConfigError('CONFIG_MISSING', `${path} has no config.json`, {
        path,
        got: 'weights without a config',
        allowed: 'the folder of a checkpoint, config.json in it',
        fix: 'download config.json too',
      });
    }
    this.values = textModelConfig(config);
  }

  /** The same, with values for what it leaves to the model library's defaults. */
  withDefaults(defaults: JsonObject): HubConfig {
    const given = Object.entries(this.values).filter(([, value]) => value !== null);
    return new HubConfig({ ...defaults, ...Object.fromEntries(given) }, this.path);
  }

  get architecture(): string {
    return architectureName(this.values);
  }

  /** The first of the keys that the config has; `null` counts as absent. */
  value(...keys: readonly string[]): unknown {
    for (const key of keys) if (Object.hasOwn(this.values, key) && this.values[key] !== null) return this.values[key];
    return undefined;
  }

  /** @throws ModelConfigError `CONFIG_VALUE` for a value that is no number */
  number(...keys: readonly string[]): number | undefined {
    const value = this.value(...keys);
    if (value === undefined || (typeof value === 'number' && Number.isFinite(value))) return value;
    throw this.problem(keys, JSON.stringify(value));
  }

  /** @throws ModelConfigError `CONFIG_VALUE` where there is none */
  required(...keys: readonly string[]): number {
    const value = this.number(...keys);
    if (value === undefined) throw this.problem(keys, 'nothing');
    return value;
  }

  private problem(keys: readonly string[], got: string): ModelConfigError {
    return new ModelConfigError('CONFIG_VALUE', `config.json of ${this.path} gives no usable ${keys[0]}`, {
      path: this.path,
      got,
      allowed: `a number under ${keys.join(' or ')}`,
      fix: 'download config.json again',
    });
  }
}

/** Rotary embedding as the converter sees it: old and new spellings in one. */
export interface RopeParameters {
  readonly values: JsonObject;
  /** Base of the sliding layers, where they have their own. */
  readonly slidingTheta?: number;
}

/** Source: llama.cpp conversion/base.py, `TextModel.__init__`. */
export function ropeParameters(config: HubConfig): RopeParameters {
  const given = config.value('rope_parameters', 'rope_scaling');
  const stored: JsonObject = isJsonObject(given) ? given : {};
  const numberIn = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);
  if (isJsonObject(stored.full_attention) || isJsonObject(stored.sliding_attention)) {
    const sliding = isJsonObject(stored.sliding_attention) ? stored.sliding_attention : {};
    return {
      values: isJsonObject(stored.full_attention) ? stored.full_attention : stored,
      slidingTheta: numberIn(sliding.rope_theta),
    };
  }
  const values: Record<string, unknown> = { ...stored };
  const fill = (key: string, value: unknown): void => {
    if (!Object.hasOwn(values, key) && value !== undefined) values[key] = value;
  };
  fill(
    'rope_theta',
    config.value('global_rope_theta', 'rope_global_theta', 'rope_theta_global', 'rope_theta', 'rotary_emb_base'),
  );
  fill('rope_type', stored.type);
  fill('partial_rotary_factor', config.value('partial_rotary_factor', 'rope_pct', 'rope_percent'));
  fill('original_max_position_embeddings', config.value('original_max_position_embeddings'));
  const local = config.value(
    'local_rope_theta',
    'rope_local_theta',
    'rope_theta_local',
    'swa_rope_theta',
    'rope_local_base_freq',
  );
  return { values, slidingTheta: numberIn(local) };
}
