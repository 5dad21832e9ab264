import { describeModel } from '../model';
import type { ModelDescription } from '../model/types';

/** Specs of a batch repeat a few models many times; each config is understood once. */
const CAPACITY = 512;

const byObject = new WeakMap<object, ModelDescription>();
const byText = new Map<string, ModelDescription>();

/**
 * `describeModel`, remembered: by the config object itself, and by its JSON text, because each line of a batch parses its own copy.
 * Descriptions are immutable, so sharing one is safe.
 *
 * @throws ModelConfigError as `describeModel` does; failures are not remembered
 */
export function describeModelOnce(config: Readonly<Record<string, unknown>>): ModelDescription {
  const known = byObject.get(config);
  if (known !== undefined) return known;
  const text = JSON.stringify(config);
  let description = byText.get(text);
  if (description === undefined) {
    description = describeModel(config);
    if (byText.size >= CAPACITY) byText.delete(byText.keys().next().value as string);
    byText.set(text, description);
  }
  byObject.set(config, description);
  return description;
}
