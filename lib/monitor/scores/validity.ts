import type { Expectation } from '../prompts';

/** Says whether a text is a program of a language; what the host cannot parse is not asked of it. */
export type JavaScriptParser = (source: string) => boolean;

/**
 * Whether an answer is what was asked for. JSON is parsed; JavaScript is parsed where the host gives a parser; other code is held to
 * brackets and quotes that close, which is necessary in almost every language and sufficient in none.
 */
export function isValid(text: string, expects: Expectation, parsesJavaScript?: JavaScriptParser): boolean {
  const source = withoutFence(text).trim();
  if (source === '') return false;
  if (expects === 'json') return parsesJson(source);
  if (expects === 'javascript' && parsesJavaScript !== undefined) return parsesJavaScript(source);
  return isBalanced(source);
}

/** What stands in the first fence of a Markdown answer, or the whole. */
export function withoutFence(text: string): string {
  return /```[\w+#.-]*[ \t]*\r?\n([\s\S]*?)(?:```|$)/.exec(text)?.[1] ?? text;
}

function parsesJson(source: string): boolean {
  try {
    JSON.parse(source);
    return true;
  } catch {
    return false;
  }
}

const CLOSES: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };

function isBalanced(source: string): boolean {
  const open: string[] = [];
  let quote: string | undefined;
  for (let i = 0; i < source.length; i++) {
    const character = source[i];
    if (quote !== undefined) {
      if (character === '\\') i++;
      else if (character === quote) quote = undefined;
      // An apostrophe in a comment ends with its line, at the latest.
      else if (character === '\n' && quote !== '`') quote = undefined;
      continue;
    }
    if (character === '"' || character === "'" || character === '`') quote = character;
    else if ('([{'.includes(character)) open.push(character);
    else if (character in CLOSES && open.pop() !== CLOSES[character]) return false;
  }
  return open.length === 0 && quote !== '`';
}
