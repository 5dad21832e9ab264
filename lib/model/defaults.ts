import type { ConfigReader } from './config';
import sizes from './data/config-defaults.json';

type Sizes = Readonly<Record<string, unknown>>;

const byType = new Map<string, Sizes>(Object.entries(sizes.defaults));

/**
 * Sections such as `text_config` are published without the sizes that equal the reference class's own. A whole config
 * never is: there, a missing size is a mistake.
 */
export function withTypeDefaults(section: ConfigReader): ConfigReader {
  const known = byType.get(section.text('model_type') ?? '');
  return known === undefined ? section : section.withDefaults(known);
}
