/**
 * `data/sources/engine-transformers.json` and `image-transformers.json` → `lib/rules/data/engine-transformers.json`: which Transformers a vLLM,
 * an SGLang and an image of LMI have, and which configs vLLM and SGLang bring along. A row is `[least, most, likely]`: the first and the last
 * release of Transformers that satisfies what is required, and the last that did when the image was made.
 */
import { readSource, toJson } from './emit.mjs';
import { compact } from './transformers-models.mjs';

const numbers = (version) => version.split('.').map(Number);

/** Negative where `a` is older. `4.57` counts as `4.57.0`. */
function compare(a, b) {
  const [left, right] = [numbers(a), numbers(b)];
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

const OPERATORS = {
  '==': (version, limit) => compare(version, limit) === 0,
  '>=': (version, limit) => compare(version, limit) >= 0,
  '<=': (version, limit) => compare(version, limit) <= 0,
  '<': (version, limit) => compare(version, limit) < 0,
  '!=': (version, limit) =>
    limit.endsWith('.*') ? !`${version}.`.startsWith(limit.slice(0, -1)) : compare(version, limit) !== 0,
};

/** Does a release satisfy `>=4.56.0,<5`? */
function satisfies(version, required) {
  return required.split(',').every((part) => {
    const [, operator, limit] = /^(==|>=|<=|!=|<)(.+)$/.exec(part) ?? [];
    if (operator === undefined) throw new Error(`engine-transformers.json: cannot read ${part}`);
    return OPERATORS[operator](version, limit);
  });
}

export async function outputs() {
  const engines = await readSource('engine-transformers.json');
  const images = await readSource('image-transformers.json');
  const { versions, released } = await readSource('transformers-models.json');

  function row(required, builtBy) {
    const exact = /^==([\d.]+)$/.exec(required)?.[1];
    if (exact !== undefined) return [exact, exact, exact];
    const allowed = versions.filter((version) => satisfies(version, required));
    const there = builtBy === undefined ? allowed : allowed.filter((version) => released[version] <= builtBy);
    if (there.length === 0)
      throw new Error(`engine-transformers.json: no Transformers satisfies ${required} by ${builtBy}`);
    return [allowed[0], allowed.at(-1), there.at(-1)];
  }

  const engine = ({ requires, configVersions, configTypes }, builtBy = {}) => ({
    transformers: Object.fromEntries(
      Object.entries(requires).map(([version, required]) => [version, row(required, builtBy[version])]),
    ),
    configVersions,
    configTypes: Object.fromEntries(Object.entries(configTypes).map(([name, ranges]) => [name, compact(ranges)])),
  });
  const text = toJson({
    date: engines.date,
    source: `${engines.source}; ${Object.values(images.sources).join('; ')}`,
    vllm: engine(engines.vllm, images.vllmBuiltBy),
    sglang: engine(engines.sglang),
    lmi: Object.fromEntries(
      Object.entries(images.lmi).map(([image, { requires, builtBy }]) => [image, row(requires, builtBy)]),
    ),
  });
  return [{ file: 'lib/rules/data/engine-transformers.json', text }];
}
