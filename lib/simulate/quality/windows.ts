import { SimulationError } from '../../errors';

/** Tokens of a text in windows that a model reads one by one. */
export interface TextWindows {
  readonly windows: readonly (readonly number[])[];
  /** Tokens of a window, the begin-of-text token included. */
  readonly window: number;
  /** Text tokens from the start of a window to the start of the next. */
  readonly stride: number;
}

/**
 * Cuts the tokens of a text, encoded as one, into windows that do not overlap; what is left at the end is dropped. With a
 * begin-of-text token each window starts with it, so that every token of the text is predicted once.
 *
 * @param begin id of the begin-of-text token; undefined for models that have none, whose windows lose their first token
 * @param length tokens of a window, `begin` included
 * @param limit text tokens to use at most
 * @throws SimulationError `TEXT_TOO_SHORT`
 */
export function textWindows(
  tokens: ArrayLike<number>,
  begin: number | undefined,
  length: number,
  limit = Infinity,
): TextWindows {
  const stride = begin === undefined ? length : length - 1;
  const usable = Math.min(tokens.length, limit);
  const windows: number[][] = [];
  for (let at = 0; at + stride <= usable; at += stride) {
    const text = Array.from({ length: stride }, (_, i) => tokens[at + i]);
    windows.push(begin === undefined ? text : [begin, ...text]);
  }
  if (windows.length === 0) {
    throw new SimulationError('TEXT_TOO_SHORT', 'the text does not fill one window', {
      got: `${usable} tokens`,
      allowed: `${stride} tokens or more`,
      fix: 'give a longer text: some ten thousand words make the figures steady',
    });
  }
  return { windows, window: length, stride };
}

/** Every token must be one that the model has an embedding for. */
export function assertVocabulary(tokens: ArrayLike<number>, vocabulary: number): void {
  for (let i = 0; i < tokens.length; i++) {
    if (tokens[i] < vocabulary) continue;
    throw new SimulationError('TOKENIZER_MISMATCH', `the tokenizer makes a token that the model does not have`, {
      got: `token ${tokens[i]}`,
      allowed: `0 to ${vocabulary - 1}`,
      fix: "take tokenizer.json from the model's own repository",
    });
  }
}
