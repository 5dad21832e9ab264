/** How many of each kind of sign a text has. */
export interface Signs {
  readonly lines: number;
  readonly questions: number;
  readonly digits: number;
  readonly code: number;
  readonly operators: number;
  readonly letters: number;
  readonly notLatin: number;
}

const CODE = codes('{}[]();=<>_|&\\`');
const OPERATORS = codes('+*/^=≤≥≠∑∫√π∞∈∀∃×÷%');
const QUESTIONS = codes('?？');
const LINE_END = 0x0a;

/** Counts in one pass over the text: a pass with a pattern for each kind would take most of the classifier's time. */
export function countSigns(text: string): Signs {
  let [lines, questions, digits, code, operators, letters, notLatin] = [0, 0, 0, 0, 0, 0, 0];
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === LINE_END) lines++;
    else if (unit >= 0x30 && unit <= 0x39) digits++;
    else if (isAsciiLetter(unit)) letters++;
    else if (unit >= 0xc0 && /\p{L}/u.test(text[i])) {
      letters++;
      if (!isLatin(unit)) notLatin++;
    }
    if (CODE.has(unit)) code++;
    if (OPERATORS.has(unit)) operators++;
    if (QUESTIONS.has(unit)) questions++;
  }
  return { lines, questions, digits, code, operators, letters, notLatin };
}

function codes(signs: string): ReadonlySet<number> {
  return new Set([...signs].map((sign) => sign.charCodeAt(0)));
}

function isAsciiLetter(unit: number): boolean {
  const lower = unit | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

/** Latin letters with their accents: up to Latin Extended-B, and Latin Extended Additional. */
function isLatin(unit: number): boolean {
  return unit < 0x250 || (unit >= 0x1e00 && unit < 0x1f00);
}
