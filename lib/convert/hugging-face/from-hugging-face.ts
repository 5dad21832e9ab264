import path from 'node:path';
import { SimulationError } from '../../errors';
import type { Checkpoint, CheckpointFolder } from '../../format';
import { gguf, type GgufValue } from '../../format/gguf/value';
import { localPaths } from '../../simulate/stream/local-paths';
import type { GgufModel } from '../gguf/model';
import { HUB_ARCHITECTURES } from './architectures';
import type { HubArchitecture } from './architectures/architecture';
import { HubConfig, ropeParameters } from './config';
import { HubFiles } from './files';
import { generalMetadata } from './general';
import { readModelCard } from './model-card';
import { parameterCounts } from './parameter-counts';
import { convertTensors } from './tensors';
import { tokenizerMetadata } from './tokenizer/metadata';

/**
 * A checkpoint of the Hugging Face hub as a GGUF model, its tokenizer in it: names, order and values of the metadata as llama.cpp's
 * converter writes them.
 * Source: llama.cpp convert_hf_to_gguf.py and conversion/*.py as of October 2026.
 *
 * @throws ModelConfigError, FormatError `TOKENIZER_*`, SimulationError `ARCHITECTURE_NOT_CONVERTED`, `TENSOR_NOT_CONVERTED`,
 *   `CHECKPOINT_QUANTIZED`, `EXPERTS_NOT_STACKED`, `CHECKPOINT_NOT_LOCAL`
 */
export async function modelFromHuggingFace(folder: CheckpointFolder, checkpoint: Checkpoint): Promise<GgufModel> {
  const given = new HubConfig(checkpoint.config, checkpoint.location);
  const architecture = architectureOf(given);
  const config = given.withDefaults(architecture.defaults(given));
  const rope = ropeParameters(config);
  const files = new HubFiles(folder);
  const name = repositoryName(checkpoint.location);

  const constants = architecture.constants?.(config, rope) ?? [];
  const tensors = convertTensors(checkpoint, architecture, config);

  const metadata = new Map<string, GgufValue>([['general.architecture', gguf.string(architecture.gguf)]]);
  const add = (values: ReadonlyMap<string, GgufValue> | undefined): void => {
    for (const [key, value] of values ?? []) metadata.set(key, value);
  };
  add(architecture.first?.(config, rope));
  metadata.set('general.type', gguf.string('model'));
  add(
    generalMetadata({
      folder: name,
      config: checkpoint.config as Record<string, unknown>,
      generation: await files.optionalJson('generation_config.json'),
      card: readModelCard(await files.text('README.md')),
      parameters: parameterCounts([...tensors, ...constants]),
    }),
  );
  add(architecture.parameters(config, rope));
  metadata.set('general.quantization_version', gguf.uint32(2));
  add(await tokenizerMetadata(files, checkpoint, architecture, config));
  return {
    name,
    files: await localPaths(checkpoint),
    metadata,
    converted: true,
    tensors,
    constants,
    notes: [],
  };
}

function architectureOf(config: HubConfig): HubArchitecture {
  const name = config.architecture;
  if (Object.hasOwn(HUB_ARCHITECTURES, name)) return HUB_ARCHITECTURES[name];
  throw new SimulationError('ARCHITECTURE_NOT_CONVERTED', `${name || 'this model'} is not converted to GGUF here`, {
    path: config.path,
    got: name === '' ? 'no architecture in config.json' : name,
    allowed: Object.keys(HUB_ARCHITECTURES).join(', '),
    fix: 'convert the model with convert_hf_to_gguf.py of llama.cpp, then give that file',
  });
}

/** The folder's name; for a snapshot in the hub's cache the repository's, since a commit says nothing. */
function repositoryName(location: string): string {
  const cached = /models--[^/\\]+?--([^/\\]+)[/\\]snapshots[/\\]/.exec(location);
  return cached !== null ? cached[1] : path.basename(path.resolve(location));
}
