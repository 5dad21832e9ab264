type Config = Readonly<Record<string, unknown>>;

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
export function overriddenConfig(config: Config, environment: Readonly<Record<string, string>> | undefined): Config {
  const name = Object.keys(environment ?? {}).find((key) => OVERRIDES.test(key));
  const overrides = name === undefined ? undefined : parsed(environment?.[name]);
  return overrides === undefined ? config : positionsReplaced(config, overrides);
}

function positionsReplaced(config: Config, overrides: Config): Config {
  const replaced: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(overrides)) {
    const own = config[key];
    if (POSITIONS.has(key)) replaced[key] = value;
    else if (key.endsWith('_config') && isObject(value) && isObject(own)) replaced[key] = positionsReplaced(own, value);
  }
  return Object.keys(replaced).length === 0 ? config : { ...config, ...replaced };
}

/** A value that cannot be read changes nothing: a rule of its own says so. */
function parsed(text: string | undefined): Config | undefined {
  if (typeof text !== 'string' || !text.trimStart().startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Config {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
