import models from './data/models.json';

const configs = new Map<string, Readonly<Record<string, unknown>>>(Object.entries(models.configs));

/** Day on which the configs were read. */
export const CATALOGUE_DATE: string = models.date;

/**
 * The `config.json` of a well-known checkpoint, by its exact hub id. A fine-tune or a quantized copy has an id and a
 * config of its own and is not found here.
 */
export function findModelConfig(id: string | undefined): Readonly<Record<string, unknown>> | undefined {
  return id === undefined ? undefined : configs.get(id);
}

/** Hub ids whose config is known without a network. */
export function knownModelIds(): readonly string[] {
  return [...configs.keys()];
}
