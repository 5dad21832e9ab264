import { random } from '../monitor/random';

/** Common words, each one token in most vocabularies. */
const WORDS =
  'the of and to in is was for on that with as by at from his her it be are this had not but have they one all were their an she or which we you been has will more if no out so up when what them some could time into only other then my over also two these first any like our even made after most way well down should because each just those people how too good very world still see own men work long here get both between being under never day same another know while last might us great old year off come since against go came right used take three'.split(
    ' ',
  );

/** Most containers count one token a word of these, and a few for the template. */
const TOKENS_A_WORD = 1;

/**
 * A prompt of about so many tokens. Each begins with words of its own, so that a server's prefix cache does not answer for the model.
 *
 * @param tokensAWord what the endpoint's own tokenizer makes of one word, where it has been asked
 */
export function syntheticPrompt(tokens: number, seed: number, tokensAWord = TOKENS_A_WORD): string {
  const next = random(seed);
  const words = Math.max(1, Math.round(tokens / tokensAWord));
  return Array.from({ length: words }, () => WORDS[Math.floor(next() * WORDS.length)]).join(' ');
}
