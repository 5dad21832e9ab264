const LONGEST_SHOWN = 120;

/**
 * Text of a file, safe to show: in quotes, cut at 120 characters, with control characters escaped, so that a tensor name
 * can neither flood a terminal nor send it commands.
 */
export function quoted(text: string): string {
  const shown = text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
  return `"${printable(shown)}"`;
}

/** The same without quotes and without a cut. */
export function printable(text: string): string {
  // C0 and C1 controls, line separators, and the marks that reorder text on screen (Unicode TR 9, TR 36).
  return text.replace(
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]/gu,
    (mark) => {
      const code = mark.codePointAt(0) as number;
      return `\\u${code.toString(16).padStart(4, '0')}`;
    },
  );
}
