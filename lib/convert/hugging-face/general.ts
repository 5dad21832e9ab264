import { gguf, type GgufValue } from '../../format/gguf/value';
import { isJsonObject, type JsonObject } from '../../text/json';
import type { CardValue } from './model-card';
import { modelNameParts, sizeLabelOf, titleOf, type ModelNameParts } from './model-name';
import type { ParameterCounts } from './parameter-counts';

export interface GeneralSources {
  /** Name of the model's folder, or of its repository. */
  readonly folder: string;
  readonly config: JsonObject;
  readonly generation: JsonObject | undefined;
  readonly card: ReadonlyMap<string, CardValue>;
  readonly parameters: ParameterCounts;
}

/** Recommended sampling: key in generation_config.json, key in the file, type. */
const SAMPLING: readonly (readonly [string, string, 'int32' | 'float32' | 'string'])[] = [
  ['sequence', 'sequence', 'string'],
  ['top_k', 'top_k', 'int32'],
  ['top_p', 'top_p', 'float32'],
  ['min_p', 'min_p', 'float32'],
  ['xtc_probability', 'xtc_probability', 'float32'],
  ['xtc_threshold', 'xtc_threshold', 'float32'],
  ['temperature', 'temp', 'float32'],
  ['penalty_last_n', 'penalty_last_n', 'int32'],
  ['penalty_repeat', 'penalty_repeat', 'float32'],
  ['mirostat', 'mirostat', 'int32'],
  ['mirostat_tau', 'mirostat_tau', 'float32'],
  ['mirostat_eta', 'mirostat_eta', 'float32'],
];

/**
 * The `general.*` keys that say which model it is, in the converter's order.
 * Source: gguf-py/gguf/metadata.py, `Metadata.load` and `set_gguf_meta_model`.
 */
export function generalMetadata(sources: GeneralSources): Map<string, GgufValue> {
  const metadata = new Map<string, GgufValue>();
  for (const [key, value] of sampling(sources.generation)) metadata.set(`general.sampling.${key}`, value);

  const { card, config, folder } = sources;
  const parameters = sources.parameters.total;
  const text = (...keys: readonly string[]): string | undefined => {
    for (const key of keys) {
      const value = card.get(key);
      if (typeof value === 'string') return value;
    }
    return undefined;
  };
  const repository = config._name_or_path;
  const named: readonly ModelNameParts[] = [
    typeof repository === 'string' && repository.split('/').length <= 2 ? modelNameParts(repository, parameters) : {},
    modelNameParts(folder, parameters),
  ];
  const part = (key: keyof ModelNameParts): string | undefined => named.find((parts) => parts[key])?.[key];
  const titledPart = (key: keyof ModelNameParts): string | undefined => {
    const value = part(key);
    return value === undefined ? undefined : titleOf(value);
  };
  const set = (key: string, value: string | undefined): void => {
    if (value !== undefined) metadata.set(`general.${key}`, gguf.string(value));
  };

  set('name', text('name', 'model_name') ?? titledPart('name') ?? folder);
  set('author', text('author', 'model_author', 'model_creator'));
  set('version', text('version', 'model_version') ?? part('version'));
  set('organization', text('organization', 'model_organization') ?? titledPart('organization'));
  set('finetune', text('finetune', 'model_finetune') ?? part('finetune'));
  set('basename', text('basename', 'model_basename', 'model_type') ?? part('basename'));
  set('description', text('description', 'model_description'));
  set('size_label', text('size_label', 'model_size_label') ?? part('sizeLabel') ?? sizeLabelOf(sources.parameters));
  const license = card.get('license');
  set('license', typeof license === 'string' ? license : license?.join(','));
  set('license.name', text('license_name'));
  set('license.link', text('license_link'));
  set('source.url', text('url', 'model_url'));
  set('source.doi', text('doi', 'model_doi'));
  set('source.uuid', text('uuid', 'model_uuid'));
  set('source.repo_url', text('repo_url', 'model_repo_url'));
  for (const [key, value] of parents(
    'base_model',
    card,
    ['base_model', 'base_models', 'base_model_sources'],
    parameters,
  ))
    metadata.set(key, value);
  for (const [key, value] of parents('dataset', card, ['datasets', 'dataset', 'dataset_sources'], parameters))
    metadata.set(key, value);
  const tags = [...listOf(card.get('tags')), ...listOf(card.get('pipeline_tag'))];
  if (card.has('tags') || card.has('pipeline_tag')) metadata.set('general.tags', gguf.strings(tags));
  const languages = [...listOf(card.get('languages')), ...listOf(card.get('language'))];
  if (card.has('languages') || card.has('language')) metadata.set('general.languages', gguf.strings(languages));
  return metadata;
}

function* sampling(generation: JsonObject | undefined): Generator<[string, GgufValue]> {
  if (!isJsonObject(generation)) return;
  for (const [source, key, type] of SAMPLING) {
    const value =
      source === 'penalty_repeat' ? (generation[source] ?? generation.repetition_penalty) : generation[source];
    if (type === 'string' && typeof value === 'string') yield [key, gguf.string(value)];
    else if (type === 'int32' && Number.isInteger(value)) yield [key, gguf.int32(value as number)];
    else if (type === 'float32' && typeof value === 'number') yield [key, gguf.float32(value)];
  }
}

function listOf(value: CardValue | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}

/** Models or data sets that this one comes from. */
function* parents(
  kind: 'base_model' | 'dataset',
  card: ReadonlyMap<string, CardValue>,
  keys: readonly string[],
  parameters: number,
): Generator<[string, GgufValue]> {
  const key = keys.find((candidate) => card.has(candidate));
  if (key === undefined) return;
  const ids = listOf(card.get(key));
  yield [`general.${kind}.count`, gguf.uint32(ids.length)];
  for (const [index, id] of ids.entries()) {
    const prefix = `general.${kind}.${index}`;
    const isUrl = /^(?:https?|ssh):\/\//.test(id);
    const hub = isUrl ? /^https?:\/\/huggingface.co\/([^/]+\/[^/]+)$/.exec(id)?.[1] : id;
    const parts = hub === undefined ? {} : modelNameParts(hub, parameters);
    if (parts.name !== undefined) yield [`${prefix}.name`, gguf.string(titleOf(parts.name))];
    if (parts.version !== undefined) yield [`${prefix}.version`, gguf.string(parts.version)];
    if (parts.organization !== undefined) yield [`${prefix}.organization`, gguf.string(titleOf(parts.organization))];
    const repository =
      hub !== undefined && parts.organization !== undefined ? `https://huggingface.co/${hub}` : undefined;
    const url = isUrl ? id : repository;
    if (url !== undefined) yield [`${prefix}.repo_url`, gguf.string(url)];
  }
}
