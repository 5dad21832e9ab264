import type { ParameterCounts } from './parameter-counts';

/** What a model's name says, in the parts of GGUF's metadata. */
export interface ModelNameParts {
  readonly name?: string;
  readonly organization?: string;
  readonly basename?: string;
  readonly finetune?: string;
  readonly version?: string;
  readonly sizeLabel?: string;
}

type PartKind = 'basename' | 'size' | 'finetune' | 'version' | 'type';

const VERSION = /^(?:v|iter)?\d+(?:\.\d+)*$/i;
const QUANTIZATION = /^(?:i?q\d(?:_\w)*|b?fp?(?:16|32))$/i;
const SIZE = /^(?:(?:A|\d+x)?\d+(?:[._]\d+)?[KMBT]\d?|small|mini|medium|large|x?xl)$/i;
const FINETUNE = /^(?:chat|instruct|vision|lora)$/i;

/**
 * Takes a name such as `meta-llama/Llama-3.1-8B-Instruct` apart.
 * Source: gguf-py/gguf/metadata.py, `Metadata.get_model_id_components`.
 *
 * @param parameters of the model: a size far from it is none (often a context length)
 */
export function modelNameParts(id: string, parameters: number): ModelNameParts {
  if (id.includes(' ')) return { name: id };
  const slash = id.indexOf('/');
  const owner = slash < 0 ? undefined : id.slice(0, slash);
  const organization = owner?.startsWith('.') === true ? undefined : owner;
  const name = id.slice(slash + 1);
  const parts = name.split('-').filter((part) => part !== '');
  const kinds = parts.map(() => new Set<PartKind>());
  parts.forEach((part, index) => annotate(parts, kinds[index], part, index, parameters));

  // Words for sizes count only where no number does.
  const numbered = parts.some((part, index) => kinds[index].has('size') && /\d/.test(part));
  if (numbered) parts.forEach((part, index) => /^\p{L}+$/u.test(part) && kinds[index].delete('size'));

  let atStart = true;
  parts.forEach((part, index) => {
    const kind = kinds[index];
    if (atStart && ((kind.size === 0 && /^\p{L}/u.test(part)) || kind.has('version'))) kind.add('basename');
    else {
      atStart = false;
      if (kind.size === 0) kind.add('finetune');
    }
  });
  for (const kind of [...kinds].reverse()) {
    if (!kind.has('basename') || kind.size < 2) break;
    kind.delete('basename');
  }
  const join = (wanted: PartKind): string | undefined =>
    parts.filter((_, index) => kinds[index].has(wanted)).join('-') || undefined;
  const sizes = new Set(parts.filter((_, index) => kinds[index].has('size')));
  const sizeLabel = [...sizes].join('-') || undefined;
  const finetune = join('finetune');
  const version =
    parts.filter((_, index) => kinds[index].has('version') && !kinds[index].has('basename')).join('-') || undefined;
  const ambiguous = sizeLabel === undefined && finetune === undefined && version === undefined;
  return { name, organization, basename: ambiguous ? undefined : join('basename'), finetune, version, sizeLabel };
}

function annotate(parts: string[], kind: Set<PartKind>, given: string, index: number, parameters: number): void {
  if (VERSION.test(given)) kind.add('version');
  else if (QUANTIZATION.test(given)) {
    kind.add('type');
    parts[index] = given.toUpperCase();
  } else if (index > 0 && SIZE.test(given)) {
    let part = given.replace(/_/g, '.');
    // `7b1` is 7.1B.
    if (/\d$/.test(part)) part = `${part.slice(0, -2)}.${part.slice(-1)}${part.slice(-2, -1)}`;
    if (/\d[kmbt]$/.test(part)) part = part.slice(0, -1) + part.slice(-1).toUpperCase();
    const number = Number(part.slice(0, -1));
    const unit = ' KMBT'.indexOf(part.slice(-1));
    if (parameters !== 0 && part.length > 1 && Number.isFinite(number) && unit >= 0) {
      const label = number * 1000 ** unit;
      if (Math.abs(label - parameters) > Math.floor((7 * parameters) / 8)) {
        kind.add('finetune');
        part = part.slice(0, -1) + part.slice(-1).toLowerCase();
      }
    }
    if (kind.size === 0) kind.add('size');
    parts[index] = part;
  } else if (index > 0 && FINETUNE.test(given)) kind.add('finetune');
}

/** `llama-3-instruct` as `Llama 3 Instruct`. */
export function titleOf(id: string): string {
  return id
    .trim()
    .replace(/-/g, ' ')
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) => (isLower(word) && !/^(?:v\d+(?:\.\d+)*|\d.*)$/.test(word) ? titled(word) : word))
    .join(' ');
}

function isLower(word: string): boolean {
  return word === word.toLowerCase() && word !== word.toUpperCase();
}

/** Every run of letters begins large. */
function titled(word: string): string {
  return word.replace(/\p{L}+/gu, (letters) => letters[0].toUpperCase() + letters.slice(1).toLowerCase());
}

/** `3.4M`, `70B`; `8x7.2B` where there are experts. Source: gguf-py/gguf/utility.py, `size_label`. */
export function sizeLabelOf({ total, shared, oneExpert, experts }: ParameterCounts): string {
  return experts > 0 ? `${experts}x${rounded(shared + oneExpert)}` : rounded(total);
}

/** Source: gguf-py/gguf/utility.py, `model_weight_count_rounded_notation`. */
function rounded(parameters: number): string {
  const [scale, suffix] =
    parameters > 1e12 ? [1e-12, 'T'] : parameters > 1e9 ? [1e-9, 'B'] : parameters > 1e6 ? [1e-6, 'M'] : [1e-3, 'K'];
  const scaled = parameters * (scale as number);
  const digits = String(Math.round(scaled)).replace(/^0+/, '').length;
  return `${scaled.toFixed(Math.max(2 - digits, 0))}${suffix}`;
}
