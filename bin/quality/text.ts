import { readFile } from 'node:fs/promises';
import { SimulationError } from '../../lib/errors';
import type { DecoderShape } from '../../lib/simulate/forward/decoder-shape';
import type { EncoderShape } from '../../lib/simulate/forward/encoder-shape';
import { assertVocabulary, textWindows, type TextWindows } from '../../lib/simulate/quality/windows';
import type { ModelTokenizer } from './tokenizer';

/** Tokens of a window: long enough for figures to settle, and within what every model takes. */
const WINDOW = 512;

/**
 * A text file as windows of the model's tokens.
 *
 * @throws SimulationError `TEXT_UNREADABLE`, `TEXT_TOO_SHORT`, `TOKENIZER_MISMATCH`
 */
export async function readWindows(
  file: string,
  tokenizer: ModelTokenizer,
  shape: DecoderShape,
  limit?: number,
): Promise<TextWindows> {
  const tokens = tokenizer.encode(await readText(file));
  assertVocabulary(tokens, shape.vocabulary);
  return textWindows(tokens, tokenizer.begin, Math.min(WINDOW, shape.maxPositions), limit);
}

/** Texts that similarities are compared among at least: with fewer, an order says nothing. */
const FEWEST_TEXTS = 8;

/**
 * The paragraphs of a text file, which blank lines part, as an encoder reads them: with its special tokens, cut to what it takes.
 *
 * @throws SimulationError `TEXT_UNREADABLE`, `TEXT_TOO_SHORT`, `TOKENIZER_MISMATCH`
 */
export async function readTexts(
  file: string,
  tokenizer: ModelTokenizer,
  shape: EncoderShape,
  limit = Infinity,
): Promise<number[][]> {
  const paragraphs = (await readText(file)).split(/\n\s*\n/).filter((paragraph) => paragraph.trim() !== '');
  const texts: number[][] = [];
  let tokens = 0;
  for (const paragraph of paragraphs) {
    const whole = tokenizer.encodeWhole(paragraph);
    // The last token ends a text, also one that is cut.
    const text =
      whole.length <= shape.maxPositions ? whole : [...whole.slice(0, shape.maxPositions - 1), whole.at(-1)!];
    tokens += text.length;
    if (tokens > limit && texts.length >= FEWEST_TEXTS) break;
    texts.push(text);
  }
  assertVocabulary(texts.flat(), shape.vocabulary);
  if (texts.length >= FEWEST_TEXTS) return texts;
  throw new SimulationError('TEXT_TOO_SHORT', 'the text has too few paragraphs to compare embeddings', {
    got: `${texts.length} paragraphs`,
    allowed: `${FEWEST_TEXTS} or more, with blank lines between them`,
    fix: 'give a longer text: some hundred paragraphs make the figures steady',
  });
}

/** @throws SimulationError `TEXT_UNREADABLE` */
export async function readText(file: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file));
  } catch (cause) {
    throw new SimulationError('TEXT_UNREADABLE', `cannot read the text ${file}: ${(cause as Error).message}`, {
      got: file,
      allowed: 'a text file in UTF-8',
      fix: 'check the path, and save the text as UTF-8',
      path: file,
      cause,
    });
  }
}
