import { isJsonObject, type JsonObject } from '../../../text/json';

/** A token beside the model's own vocabulary. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
}

/** `added_tokens` of tokenizer.json. */
export function addedTokens(tokenizer: JsonObject | undefined): AddedToken[] {
  const list = tokenizer?.added_tokens;
  return Array.isArray(list) ? list.flatMap((entry) => tokenOf(entry, isJsonObject(entry) ? entry.id : undefined)) : [];
}

/** `added_tokens_decoder` of tokenizer_config.json. */
export function decoderTokens(config: JsonObject | undefined): AddedToken[] {
  const decoder = config?.added_tokens_decoder;
  if (!isJsonObject(decoder)) return [];
  return Object.entries(decoder).flatMap(([id, entry]) => tokenOf(entry, Number(id)));
}

function tokenOf(entry: unknown, id: unknown): AddedToken[] {
  if (!isJsonObject(entry) || typeof entry.content !== 'string' || !Number.isInteger(id)) return [];
  return [{ id: id as number, content: entry.content, special: entry.special === true }];
}
