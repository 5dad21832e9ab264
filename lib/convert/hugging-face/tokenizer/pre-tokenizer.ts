import { isJsonObject, type JsonObject } from '../../../text/json';
import { lookup } from '../../../text/lookup';

// llama.cpp knows pre-tokenizers by name and keeps the regular expression of each in its own code (src/llama-vocab.cpp). The
// converter finds the name by a hash over the ids of a test text; the expression in tokenizer.json says the same without running it.

const LLAMA_3 =
  '[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';
const QWEN_2 = '[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';
const TEKKEN =
  '[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';
const GPT_4O =
  "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

/** English contractions in any letter case, in the two spellings in use. */
const CONTRACTIONS = [
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|",
  "'(?:[sS]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD])|",
  "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|",
];

interface PreTokenizer {
  readonly name: string;
  readonly patterns: readonly string[];
}

const BY_PATTERN: readonly PreTokenizer[] = [
  { name: 'llama-bpe', patterns: CONTRACTIONS.map((start) => start + LLAMA_3) },
  { name: 'qwen2', patterns: CONTRACTIONS.map((start) => start + QWEN_2) },
  { name: 'tekken', patterns: [TEKKEN] },
  { name: 'gpt-4o', patterns: [GPT_4O] },
];

/** Expressions of the steps of a pre-tokenizer, in order; `byte-level` for GPT-2's own, `digits` for single digits. */
function steps(preTokenizer: unknown): string[] {
  if (!isJsonObject(preTokenizer)) return [];
  switch (preTokenizer.type) {
    case 'Sequence':
      return Array.isArray(preTokenizer.pretokenizers) ? preTokenizer.pretokenizers.flatMap(steps) : [];
    case 'Split':
      return isJsonObject(preTokenizer.pattern) && typeof preTokenizer.pattern.Regex === 'string'
        ? [preTokenizer.pattern.Regex]
        : ['split'];
    case 'ByteLevel':
      return preTokenizer.use_regex === false ? [] : ['byte-level'];
    case 'Digits':
      return [preTokenizer.individual_digits === true ? 'digits' : 'digit runs'];
    default:
      return [String(preTokenizer.type)];
  }
}

/** GPT-2's pre-tokenizer under names of their own: the vocabularies differ, and the converter knows them by those. */
const BYTE_LEVEL: Readonly<Record<string, string>> = { phi2: 'phi-2', olmoe: 'olmo' };

/**
 * llama.cpp's name of the pre-tokenizer that a tokenizer.json describes; undefined for one that it has no name for, or that
 * cannot be told from its description.
 *
 * @param architecture GGUF's name of the model's
 */
export function preTokenizerName(tokenizer: JsonObject, architecture: string): string | undefined {
  const found = steps(tokenizer.pre_tokenizer);
  if (found.length === 1 && found[0] === 'byte-level') return lookup(BYTE_LEVEL, architecture) ?? 'gpt-2';
  if (found.length === 2 && found[0] === 'digits' && found[1] === 'byte-level') return 'smollm';
  if (found.length !== 1) return undefined;
  const name = BY_PATTERN.find(({ patterns }) => patterns.includes(found[0]))?.name;
  // Phi-4 splits as Llama 3 does but merges whole words that are tokens as any others: llama.cpp calls that dbrx.
  return name === 'llama-bpe' && architecture === 'phi3' ? 'dbrx' : name;
}
