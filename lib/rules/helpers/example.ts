import type { Json } from './samples';

/** Makes examples of rules that look at a container’s variables: one model, and the version where it matters. */
export function settingVariables(config: Json) {
  return (family: string, environment: Readonly<Record<string, string>>, version?: string) => ({
    model: { config },
    container: { family, ...(version === undefined ? {} : { version }) },
    options: { maxModelLen: 4096 },
    environment,
  });
}
