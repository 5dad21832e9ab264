import { longestLoop } from './loop';
import type { Answer, Fault, SmokePrompt } from './types';

/** Ends of an answer that is whole. Sources: OpenAI API reference, `finish_reason`; DJL Serving, `eos_token`. */
const SOUND_ENDS: ReadonlySet<string> = new Set(['stop', 'length', 'tool_calls', 'function_call', 'eos_token']);

/** A loop that takes more of the answer is what the model says, not what it says it with. */
const LOOP_SHARE = 0.8;
const LOOP_TIMES = 4;

/** Letters between two breaks, on average: English has 5, German 6, Finnish 8; fragments of words run into each other. */
const LETTERS_A_WORD = 12;
const FEWEST_LETTERS = 80;

/** What a decoder writes for bytes that are no character. A stream may end inside one, hence only of several. */
const REPLACEMENTS = /\uFFFD/g;
const FEWEST_REPLACEMENTS = 2;

/** Control characters that no text has; line ends and tabs are none. */
const CONTROL = /[\u0000-\u0008\u000B\u000E-\u001F\u007F]/;

/**
 * Everything about an answer that says that the weights, the tokenizer or the server are broken. What passes may still be
 * nonsense in proper words: only `contains` tells that.
 */
export function faultsOf({ text, finish, completionTokens }: Answer, { contains }: SmokePrompt): Fault[] {
  const faults: Fault[] = [];
  const fault = (id: string, message: string) => faults.push({ id, message });

  if (finish === undefined) fault('NO_FINISH_REASON', 'the answer does not say why it ends, so that it may be cut');
  else if (!SOUND_ENDS.has(finish)) fault('FINISH_REASON', `the answer ended for another reason: ${finish}`);
  if (completionTokens === 0) fault('NO_TOKENS', 'the server counts no token in the answer');

  if (text.trim() === '') {
    fault('EMPTY', 'the answer is empty');
    return faults;
  }
  if ((text.match(REPLACEMENTS)?.length ?? 0) >= FEWEST_REPLACEMENTS)
    fault('NOT_UTF8', 'the answer holds bytes that are no characters');
  if (CONTROL.test(text)) fault('CONTROL_CHARACTERS', 'the answer holds control characters');

  const loop = longestLoop(text);
  if (loop.times >= LOOP_TIMES && loop.share > LOOP_SHARE)
    fault('LOOP', `the answer repeats ${JSON.stringify(loop.unit)} ${loop.times} times`);
  if (hasNoWords(text)) fault('NO_WORDS', `the answer is no language: ${JSON.stringify(text.slice(0, 60))}`);
  if (contains !== undefined && !text.toLowerCase().includes(contains.toLowerCase()))
    fault(
      'NOT_CONTAINED',
      `the answer does not hold ${JSON.stringify(contains)}: ${JSON.stringify(text.slice(0, 60))}`,
    );
  return faults;
}

/** Are there only fragments without a break between them? Of scripts that write words apart. */
function hasNoWords(text: string): boolean {
  const letters = text.match(/[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}]/gu)?.length ?? 0;
  const visible = text.match(/\S/g)?.length ?? 0;
  if (letters < FEWEST_LETTERS || letters < visible * 0.7) return false;
  const breaks = text.match(/[^\p{L}\p{M}]+/gu)?.length ?? 0;
  return letters / (breaks + 1) > LETTERS_A_WORD;
}
