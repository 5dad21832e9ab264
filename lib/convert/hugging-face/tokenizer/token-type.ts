/** `tokenizer.ggml.token_type`. */
export const TokenType = { NORMAL: 1, UNKNOWN: 2, CONTROL: 3, USER_DEFINED: 4, UNUSED: 5, BYTE: 6 } as const;
export type TokenType = (typeof TokenType)[keyof typeof TokenType];

/** Tokens of a vocabulary by id, as GGUF stores them. */
export interface Vocabulary {
  /** `tokenizer.ggml.model`. */
  readonly model: 'gpt2' | 'llama';
  /** `tokenizer.ggml.pre`. */
  readonly pre: string;
  readonly tokens: readonly string[];
  readonly types: readonly TokenType[];
  /** SentencePiece's, which byte-pair vocabularies do not have. */
  readonly scores?: readonly number[];
}

/**
 * Some models mark added tokens that ought to be control tokens as not special (Gemma, DeepSeek Coder, Command R).
 * Source: llama.cpp conversion/base.py, `does_token_look_special`.
 */
export function looksSpecial(token: string): boolean {
  if (['<pad>', '<mask>', '<2mass>', '[@BOS@]'].includes(token)) return true;
  const bars = (open: string, close: string): boolean => token.startsWith(open) && token.endsWith(close);
  return bars('<|', '|>') || bars('<｜', '｜>') || bars('<unused', '>');
}

/** SentencePiece writes spaces as U+2581; tokens that users define are stored with plain ones. */
export function withSpaces(token: string): string {
  return token.replaceAll('\u2581', ' ');
}
