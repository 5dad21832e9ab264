import { FormatError } from '../../../errors';
import { isJsonObject, type JsonObject } from '../../../text/json';
import { addedTokens, decoderTokens } from './added-tokens';
import { preTokenizerName } from './pre-tokenizer';
import { TokenType, looksSpecial, withSpaces, type Vocabulary } from './token-type';

/**
 * A byte-level vocabulary.
 * Source: llama.cpp conversion/base.py, `get_vocab_base`.
 *
 * @param size rows of the embedding: ids without a token are padded
 * @throws FormatError `TOKENIZER_UNSUPPORTED`
 */
export function bytePairVocabulary(
  tokenizer: JsonObject,
  tokenizerConfig: JsonObject | undefined,
  architecture: string,
  size: number | undefined,
): Vocabulary {
  const model = isJsonObject(tokenizer.model) ? tokenizer.model : {};
  if (model.type !== 'BPE' || !isJsonObject(model.vocab))
    throw unsupported(`a ${String(model.type)} model`, 'a BPE model with a vocabulary');
  const pre = preTokenizerName(tokenizer, architecture);
  if (pre === undefined) {
    throw unsupported(
      'a pre-tokenizer that llama.cpp has no name for, or that its description does not tell apart',
      'the pre-tokenizers of GPT-2, Llama 3, Qwen2 and Qwen3, Mistral Nemo, GPT-4o, SmolLM and Phi',
    );
  }
  const byId = new Map<number, string>();
  for (const [token, id] of Object.entries(model.vocab)) if (Number.isInteger(id)) byId.set(id as number, token);
  const added = new Map(
    [...addedTokens(tokenizer), ...decoderTokens(tokenizerConfig)].map((token) => [token.id, token]),
  );
  for (const { id, content } of added.values()) byId.set(id, content);

  let count = size ?? byId.size;
  for (const id of byId.keys()) if (size === undefined && id >= count) count = id + 1;
  const tokens: string[] = [];
  const types: TokenType[] = [];
  for (let id = 0; id < count; id++) {
    const token = byId.get(id);
    const extra = added.get(id);
    if (token === undefined) {
      tokens.push(`[PAD${id}]`);
      types.push(TokenType.UNUSED);
    } else if (extra === undefined) {
      tokens.push(token);
      types.push(TokenType.NORMAL);
    } else if (extra.special || looksSpecial(token)) {
      tokens.push(token);
      types.push(TokenType.CONTROL);
    } else {
      tokens.push(withSpaces(token));
      types.push(TokenType.USER_DEFINED);
    }
  }
  return { model: 'gpt2', pre, tokens, types };
}

/** Merges as GGUF stores them: the two parts with a space between, spaces in them written as the byte-level letter. */
export function mergesOf(tokenizer: JsonObject): string[] {
  const merges = isJsonObject(tokenizer.model) ? tokenizer.model.merges : undefined;
  if (!Array.isArray(merges)) return [];
  return merges.flatMap((merge: unknown) => {
    if (typeof merge === 'string') return [merge];
    if (!Array.isArray(merge) || merge.length !== 2) return [];
    return [merge.map((part) => String(part).replaceAll(' ', '\u0120')).join(' ')];
  });
}

function unsupported(got: string, allowed: string): FormatError {
  return new FormatError('TOKENIZER_UNSUPPORTED', 'the tokenizer cannot be written into a GGUF file', {
    got,
    allowed,
    fix: 'convert the model with convert_hf_to_gguf.py of llama.cpp, then give that file',
  });
}
