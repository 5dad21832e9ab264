import type { ResolvedContainer } from '../container/types';
import { isJsonObject, parseQuotedJsonObject, type JsonObject } from '../text/json';
import { isSince } from './version';

/** `--hf-overrides` of vLLM, by any container's prefix, and `--json-model-override-args` of SGLang. */
const OVERRIDES = /(?:^|_)(?:HF_OVERRIDES|JSON_MODEL_OVERRIDE_ARGS)$/;

/** `--rope-scaling` of vLLM up to 0.11.0, which it turned into such an override. Source: vllm/config.py of 0.8.3 to 0.11.0, `ModelConfig`. */
const ROPE_SCALING = /(?:^|_)ROPE_SCALING$/;

/** What overrides are for, and what decides the length of a context; an architecture that is replaced stays the checkpoint's own here. */
const POSITIONS = new Set(['max_position_embeddings', 'rope_scaling', 'rope_parameters', 'rope_theta']);

/**
 * The config as the server will see it: its positions and their scaling replaced by what a variable says, also within a text part.
 * Long contexts are asked for so, because published configs hold the length that was trained.
 *
 * @param config returned itself where no variable changes it, because descriptions are remembered by object
 * @param container decides which variables its server reads
 * Source: vllm/transformers_utils/config.py, `get_config`; Qwen documentation, "Processing long texts".
 */
export function overriddenConfig(
  config: JsonObject,
  environment: Readonly<Record<string, string>> | undefined,
  container?: ResolvedContainer,
): JsonObject {
  if (environment === undefined) return config;
  let overridden = config;
  for (const name of Object.keys(environment)) {
    const isScaling = ROPE_SCALING.test(name) && hasScalingArgument(container);
    if (!isScaling && !OVERRIDES.test(name)) continue;
    // A value that cannot be read changes nothing: a rule of its own says so.
    const text: unknown = environment[name];
    const value = typeof text === 'string' ? parseQuotedJsonObject(text) : undefined;
    if (value !== undefined) overridden = positionsReplaced(overridden, isScaling ? { rope_scaling: value } : value);
  }
  return overridden;
}

function hasScalingArgument(container: ResolvedContainer | undefined): boolean {
  return container?.engine === 'vllm' && !isSince(container.engineVersion, 0, 11, 1);
}

function positionsReplaced(config: JsonObject, overrides: JsonObject): JsonObject {
  const replaced: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(overrides)) {
    const own = config[key];
    if (POSITIONS.has(key)) replaced[key] = value;
    else if (key.endsWith('_config') && isJsonObject(value) && isJsonObject(own))
      replaced[key] = positionsReplaced(own, value);
  }
  return Object.keys(replaced).length === 0 ? config : { ...config, ...replaced };
}
