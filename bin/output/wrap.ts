const FALLBACK_COLUMNS = 100;

/** Columns of the terminal; pages are kept to a readable width, and pipes get a fixed one so that output does not depend on who reads it. */
export function pageWidth(): number {
  return Math.min(process.stdout.columns ?? FALLBACK_COLUMNS, FALLBACK_COLUMNS);
}

/** Breaks text at spaces into lines of at most `width` characters; a longer word keeps a line to itself. */
export function wrap(text: string, width: number, indent = ''): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width - indent.length) {
      lines.push(indent + line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  if (line !== '') lines.push(indent + line);
  return lines.join('\n');
}
