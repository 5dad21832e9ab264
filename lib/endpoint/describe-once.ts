import { describeModel } from '../model';
import type { ModelDescription } from '../model/types';

/** Specs of a batch repeat a few models many times; each config is understood once. */
const CAPACITY = 512;

const byText = new Map<string, ModelDescription>();
/** A search for machines asks for the same object over and over. */
let last: { readonly config: object; readonly description: ModelDescription } | undefined;

/**
 * `describeModel`, remembered: by the config object itself, and by its JSON text, because each line of a batch parses its own copy.
 * Descriptions are immutable, so sharing one is safe.
 *
 * @throws ModelConfigError as `describeModel` does, its path that of the config in a spec; failures are not remembered
 */
export function describeModelOnce(config: Readonly<Record<string, unknown>>): ModelDescription {
  if (last?.config === config) return last.description;
  const text = textOf(config);
  let description = text === undefined ? undefined : byText.get(text);
  if (description === undefined) {
    description = describeModel(config, '/model/config');
    if (text !== undefined) remember(text, description);
  }
  last = { config, description };
  return description;
}

function remember(text: string, description: ModelDescription): void {
  if (byText.size >= CAPACITY) byText.delete(byText.keys().next().value as string);
  byText.set(text, description);
}

/** Not every object has a text: a cycle, a bigint or a getter that throws has none, and is for `describeModel` to judge. */
function textOf(config: Readonly<Record<string, unknown>>): string | undefined {
  try {
    return JSON.stringify(config);
  } catch {
    return undefined;
  }
}
