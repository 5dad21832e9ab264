import data from '../data/draft-vocabularies.json';

const MODELS = (data.models as [owner: string, name: string, size: number][]).map(([owner, name, size]) => ({
  pattern: new RegExp(`^${owner}/${name}\\b`, 'i'),
  size,
}));

/** How many tokens a model of this name in the hub knows; undefined where its name does not tell. */
export function vocabularyNamed(id: string | undefined): number | undefined {
  return id === undefined ? undefined : MODELS.find(({ pattern }) => pattern.test(id))?.size;
}
