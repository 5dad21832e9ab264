import { FormatError, ModelConfigError } from '../../lib/errors';
import { openCheckpoint, type CheckpointFolder } from '../../lib/format';
import type { LockedModel } from '../../lib/lock';
import { parseJson } from '../../lib/text/json';

/** What a checkpoint's own files tell: its config, and the bytes of all its tensors. */
export async function readCheckpoint(
  folder: CheckpointFolder,
  say: (text: string) => void,
): Promise<Pick<LockedModel, 'config' | 'weightBytes'>> {
  const names = (await folder.list()).map(({ name }) => name);
  if (names.some((name) => name.endsWith('.safetensors') || name.endsWith('.gguf'))) {
    try {
      const checkpoint = await openCheckpoint(folder);
      let weightBytes = 0;
      for (const { bytes } of checkpoint.tensors.values()) weightBytes += bytes;
      return { ...(await configOf(checkpoint.config, folder, names)), weightBytes };
    } catch (error) {
      // Several GGUFs side by side are several models: which one is served is said at synth, and the config holds for
      // all.
      if (!(error instanceof FormatError) || !names.includes('config.json')) throw error;
      say(`the weights are not counted: ${error.message}`);
    }
  }
  if (!names.includes('config.json'))
    throw new ModelConfigError('MODEL_CONFIG_MISSING', `${folder.name} holds no config.json`, {
      got: names.length === 0 ? 'no file' : names.slice(0, 5).join(', '),
      allowed: 'a repository with a config.json',
      fix: 'name the model from which it was made, or give config at synth',
      path: folder.name,
    });
  return configOf(await readJson(folder, 'config.json'), folder, names);
}

/** How ModelOpt says what it quantized, in a file of its own; since 2025 in config.json, too. */
const MODELOPT_CONFIG = 'hf_quant_config.json';

async function configOf(
  config: unknown,
  folder: CheckpointFolder,
  names: readonly string[],
): Promise<Pick<LockedModel, 'config'>> {
  const location = folder.name;
  if (config === undefined) return {};
  if (typeof config !== 'object' || config === null || Array.isArray(config))
    throw new ModelConfigError('MODEL_CONFIG_NOT_JSON', `config.json of ${location} holds no JSON object`, {
      path: location,
      allowed: 'one JSON object',
      fix: 'report it to whoever published the model',
    });
  const own = config as Record<string, unknown>;
  if (own.quantization_config !== undefined || !names.includes(MODELOPT_CONFIG)) return { config: own };
  return { config: { ...own, quantization_config: await readJson(folder, MODELOPT_CONFIG) } };
}

async function readJson(folder: CheckpointFolder, name: string): Promise<unknown> {
  const source = await folder.open(name);
  try {
    return parseJson(new TextDecoder().decode(await source.read(0, source.size)));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new ModelConfigError('MODEL_CONFIG_NOT_JSON', `${name} of ${folder.name} is not JSON: ${cause.message}`, {
      path: folder.name,
      allowed: 'one JSON object',
      fix: 'report it to whoever published the model',
      cause,
    });
  } finally {
    await source.close();
  }
}
