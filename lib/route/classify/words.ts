/** The most frequent words of English, by which a text is told to be English. */
export const STOP_WORDS: ReadonlySet<string> = new Set(
  (
    'the of and to a in is that it for was on are as with they at be this from i have or by one had not but what all ' +
    'were when we there can an your which their if do will each how them then she many some so these would other into ' +
    'has her two him see more could no my than been who its now did you he his about out up'
  ).split(' '),
);

/**
 * Words by what they speak of: single words are looked up, phrases (with a space) searched. German, French, Spanish and
 * Portuguese are there for reasoning alone, where the word is most of what can be told.
 */
export const WORD_LISTS = {
  constraints: list(
    'must exactly only without avoid ensure include exclude maximum minimum limit format requirements constraint ' +
      'constraints respectively following',
    ['at least', 'at most', 'no more than', 'do not', 'make sure', 'each of', 'fewer than'],
  ),
  code: list(
    'function class def return import const let var async await select join python javascript typescript java rust ' +
      'sql regex api compile compiler algorithm bug debug stack exception unittest refactor implement code array ' +
      'pointer thread mutex kubernetes docker bash html css json yaml c++ git',
    ['time complexity', 'linked list', 'hash table', 'binary tree', 'stack trace', 'unit test'],
  ),
  mathematics: list(
    'equation integral derivative matrix vector theorem lemma proof probability polynomial prime modulo logarithm ' +
      'calculate compute solve sum product triangle angle radius average percent percentage fraction ratio variance ' +
      'eigenvalue field group ring subgroup finite total twice half',
    ['how many', 'how much', 'square root', 'standard deviation', 'differential equation'],
  ),
  reasoning: list(
    'why prove derive explain analyze analyse compare contrast evaluate justify reason reasoning deduce infer design ' +
      'plan strategy tradeoff critique argue hypothesis implications consequences diagnose optimize ' +
      'warum erkläre beweise vergleiche pourquoi expliquer démontrer comparer explica demuestra compara',
    ['step by step', 'trade-off', 'trade-offs', 'pros and cons', 'think carefully', 'por qué', 'root cause'],
  ),
  creative: list(
    'write story poem essay email letter blog compose draft speech dialogue lyrics joke outline article imagine ' +
      'describe character roleplay act pretend',
    ['short story', 'cover letter'],
  ),
  simple: list(
    'translate rephrase paraphrase summarize summarise spell synonym capital hello hi hey thanks thank please define ' +
      'correct shorten title extract classify name list',
    ['what is', 'who is', 'who was', 'when did', 'where is', 'fix the grammar', 'in one sentence', 'yes or no'],
  ),
} as const;

interface WordList {
  readonly words: ReadonlySet<string>;
  readonly phrases: readonly string[];
}

function list(words: string, phrases: readonly string[]): WordList {
  return { words: new Set(words.split(' ')), phrases };
}

/** How many of a list's words and phrases a text has, both in lower case. */
export function counted(words: readonly string[], text: string, { words: wanted, phrases }: WordList): number {
  let count = 0;
  for (const word of words) if (wanted.has(word)) count++;
  for (const phrase of phrases) if (text.includes(phrase)) count++;
  return count;
}
