/**
 * Which modules a checkpoint's `quantization_config` leaves unquantized. The formats write names, parts of names, globs, or regular
 * expressions after `re:`; sources: compressed-tensors `match_named_modules`, transformers `should_convert_module`, vLLM `is_layer_skipped`.
 */
export type ModuleMatcher = (module: string) => boolean;

/** A pattern longer than this is no module name: it is not worth running. */
const MAX_PATTERN = 256;

export function ignoreMatcher(patterns: readonly string[]): ModuleMatcher {
  const exact = new Set<string>();
  const matchers: ModuleMatcher[] = [];
  for (const pattern of patterns) {
    if (pattern === '' || pattern.length > MAX_PATTERN) continue;
    if (pattern.startsWith('re:')) {
      const expression = safeExpression(pattern.slice(3));
      if (expression !== undefined) matchers.push((module) => expression.test(module));
    } else if (pattern.includes('*')) {
      const parts = pattern.split('*');
      matchers.push((module) => containsInOrder(module, parts));
    } else {
      exact.add(pattern);
    }
  }
  // Names are compared by whole components, so that `layers.1` does not mean `layers.10`, and also without the prefixes that
  // multimodal wrappers put in front of the text model.
  return (module) =>
    (exact.size > 0 && namesOf(module).some((name) => exact.has(name))) || matchers.some((matches) => matches(module));
}

/** Every run of components that a listed name could be: `a.b.c` is meant by `a`, `a.b`, `b.c`, `b`… */
function namesOf(module: string): string[] {
  const parts = module.split('.');
  const names: string[] = [];
  for (let start = 0; start < parts.length; start++)
    for (let end = start + 1; end <= parts.length; end++) names.push(parts.slice(start, end).join('.'));
  return names;
}

function containsInOrder(module: string, parts: readonly string[]): boolean {
  let from = 0;
  for (const part of parts) {
    const at = module.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return true;
}

/**
 * A config is a stranger's: an expression that could take exponential time (a repeated group that itself repeats) or that JavaScript does
 * not know is left out.
 */
function safeExpression(source: string): RegExp | undefined {
  if (/[*+}]\)?[*+{]|\([^)]*[*+{][^)]*\)[*+{]/.test(source)) return undefined;
  if ((source.match(/[*+]/g)?.length ?? 0) > 4) return undefined;
  try {
    return new RegExp(`^(?:${source})`);
  } catch {
    return undefined;
  }
}
