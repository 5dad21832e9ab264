import { isJsonObject, parseJsonObject, type JsonObject } from '../text/json';

/** `--hf-overrides` of vLLM, by any container's prefix, and `--json-model-override-args` of SGLang. */
const OVERRIDES = /(?:^|_)(?:HF_OVERRIDES|JSON_MODEL_OVERRIDE_ARGS)$/;

/** What overrides are for, and what decides the length of a context; an architecture that is replaced stays the checkpoint's own here. */
const POSITIONS = new Set(['max_position_embeddings', 'rope_scaling', 'rope_parameters', 'rope_theta']);

/**
 * The config as the server will see it: its positions and their scaling replaced by what a variable says, also within a text part.
 * Long contexts are asked for so, because published configs hold the length that was trained.
 *
 * @param config returned itself where no variable changes it, because descriptions are remembered by object
 * Source: vllm/transformers_utils/config.py, `get_config`; Qwen documentation, "Processing long texts".
 */
export function overriddenConfig(
  config: JsonObject,
  environment: Readonly<Record<string, string>> | undefined,
): JsonObject {
  const name = Object.keys(environment ?? {}).find((key) => OVERRIDES.test(key));
  const text: unknown = name === undefined ? undefined : environment?.[name];
  // A value that cannot be read changes nothing: a rule of its own says so.
  const overrides = typeof text === 'string' ? parseJsonObject(text) : undefined;
  return overrides === undefined ? config : positionsReplaced(config, overrides);
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
