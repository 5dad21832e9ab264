import { FormatError } from '../../../errors';
import { isJsonObject, type JsonObject } from '../../../text/json';
import { addedTokens, decoderTokens, type AddedToken } from './added-tokens';
import { TokenType, looksSpecial, withSpaces, type Vocabulary } from './token-type';

interface Piece {
  readonly text: string;
  readonly score: number;
  /** As sentencepiece_model.proto numbers them, which is as GGUF does. */
  readonly type: number;
}

/** Beside tokenizer.model: files that add to it. */
export interface SentencePieceExtras {
  /** added_tokens.json: ids by token. */
  readonly addedTokens: JsonObject | undefined;
  readonly tokenizerConfig: JsonObject | undefined;
  /** tokenizer.json, where the architecture's converter reads that too. */
  readonly tokenizer?: JsonObject;
}

const PADDING_SCORE = -10000;
const ADDED_SCORE = -1000;

/**
 * The vocabulary of a SentencePiece model.
 * Source: llama.cpp conversion/base.py, `_create_vocab_sentencepiece`; with `tokenizer`, conversion/phi.py.
 *
 * @throws FormatError `TOKENIZER_MALFORMED`
 */
export function sentencePieceVocabulary(
  model: Uint8Array,
  extras: SentencePieceExtras,
  size: number | undefined,
): Vocabulary {
  const pieces = readPieces(model);
  const count = size ?? pieces.length;
  const tokens = Array.from({ length: count }, (_, id) => `[PAD${id}]`);
  const scores = new Array<number>(count).fill(PADDING_SCORE);
  const types = new Array<TokenType>(count).fill(TokenType.UNUSED);
  const put = (id: number, token: string, score: number, type: TokenType): void => {
    if (id < 0 || id >= count) return;
    tokens[id] = token;
    scores[id] = score;
    types[id] = type;
  };
  pieces.forEach(({ text, score, type }, id) => put(id, text, score, typeOf(type)));
  for (const [token, id] of Object.entries(extras.addedTokens ?? {}))
    if (Number.isInteger(id)) put(id as number, token, ADDED_SCORE, TokenType.USER_DEFINED);

  // Phi's converter takes added tokens as they are.
  const isPhi = extras.tokenizer !== undefined;
  const added: AddedToken[] = [...decoderTokens(extras.tokenizerConfig), ...addedTokens(extras.tokenizer)];
  for (const { id, content, special } of added) {
    const control = special || (!isPhi && looksSpecial(content));
    const token = control || isPhi ? content : withSpaces(content);
    put(id, token, ADDED_SCORE, control ? TokenType.CONTROL : TokenType.USER_DEFINED);
  }
  return { model: 'llama', pre: 'default', tokens, scores, types };
}

/** The proto's types have GGUF's numbers. Symbols that the model's trainer defined count as normal ones. */
function typeOf(type: number): TokenType {
  const known = Object.values(TokenType).find((value) => value === type);
  return known === undefined || known === TokenType.USER_DEFINED ? TokenType.NORMAL : known;
}

/**
 * The same kind of vocabulary where only tokenizer.json is at hand: byte-pair merges with bytes to fall back on.
 * Source: gguf-py/gguf/vocab.py, `LlamaHfVocab`. Undefined where tokenizer.json is of another kind.
 */
export function byteFallbackVocabulary(tokenizer: JsonObject): Vocabulary | undefined {
  const model = isJsonObject(tokenizer.model) ? tokenizer.model : {};
  const decoder = isJsonObject(tokenizer.decoder) ? tokenizer.decoder : {};
  if (model.type !== 'BPE' || model.byte_fallback !== true || decoder.type !== 'Sequence' || !isJsonObject(model.vocab))
    return undefined;
  const base = Object.entries(model.vocab) as [string, number][];
  const tokens: string[] = [];
  for (const [token, id] of base) tokens[id] = token;
  const added = addedTokens(tokenizer);
  const special = new Set(added.filter((token) => token.special).map(({ id }) => id));
  const types = tokens.map((token, id): TokenType => {
    if (/^<0x[0-9A-Fa-f]{2}>$/.test(token)) return TokenType.BYTE;
    return special.has(id) ? TokenType.CONTROL : TokenType.NORMAL;
  });
  for (const { id, content, special: isSpecial } of added.sort((left, right) => left.id - right.id)) {
    if (id < base.length) continue;
    tokens.push(content);
    types.push(isSpecial ? TokenType.CONTROL : TokenType.USER_DEFINED);
  }
  return { model: 'llama', pre: 'default', tokens, types, scores: tokens.map(() => ADDED_SCORE) };
}

const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;

/**
 * `pieces` of a serialized `ModelProto`: field 1 of the message, each with text (1), score (2) and type (3).
 * Source: https://github.com/google/sentencepiece, src/sentencepiece_model.proto.
 */
function readPieces(bytes: Uint8Array): Piece[] {
  const pieces: Piece[] = [];
  for (const { field, wire, value } of fieldsOf(bytes)) {
    if (field !== 1 || wire !== LENGTH_DELIMITED) continue;
    let text = '';
    let score = 0;
    let type: number = TokenType.NORMAL;
    for (const inner of fieldsOf(value as Uint8Array)) {
      if (inner.field === 1 && inner.wire === LENGTH_DELIMITED)
        text = new TextDecoder().decode(inner.value as Uint8Array);
      else if (inner.field === 2 && inner.wire === FIXED_32) score = floatOf(inner.value as Uint8Array);
      else if (inner.field === 3 && inner.wire === 0) type = inner.value as number;
    }
    pieces.push({ text, score, type });
  }
  if (pieces.length === 0) throw malformed('no pieces');
  return pieces;
}

function floatOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getFloat32(0, true);
}

interface Field {
  readonly field: number;
  readonly wire: number;
  readonly value: number | Uint8Array;
}

function* fieldsOf(bytes: Uint8Array): Generator<Field> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 64; shift += 7) {
      if (at >= bytes.length) throw malformed('a number that is cut');
      const byte = bytes[at++];
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw malformed('a number that does not end');
  };
  const take = (length: number): Uint8Array => {
    if (length > bytes.length - at) throw malformed('a field that is cut');
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = varint();
    const field = Math.floor(tag / 8);
    const wire = tag % 8;
    if (wire === 0) yield { field, wire, value: varint() };
    else if (wire === 1) yield { field, wire, value: take(8) };
    else if (wire === LENGTH_DELIMITED) yield { field, wire, value: take(varint()) };
    else if (wire === FIXED_32) yield { field, wire, value: take(4) };
    else throw malformed(`wire type ${wire}`);
  }
}

function malformed(got: string): FormatError {
  return new FormatError('TOKENIZER_MALFORMED', 'tokenizer.model is no SentencePiece model', {
    path: 'tokenizer.model',
    got,
    allowed: 'a serialized sentencepiece.ModelProto',
    fix: 'download tokenizer.model again',
  });
}
