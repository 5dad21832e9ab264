/**
 * The named exports of a CommonJS module that was imported on demand. Bundlers put them under `default` alone; Node gives them by name
 * too.
 */
export function namedExports<Module extends object>(imported: Module): Module {
  return (imported as { readonly default?: Module }).default ?? imported;
}
