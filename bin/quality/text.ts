import { readFile } from 'node:fs/promises';
import { SimulationError } from '../../lib/errors';
import type { DecoderShape } from '../../lib/simulate/forward/decoder-shape';
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

async function readText(file: string): Promise<string> {
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
