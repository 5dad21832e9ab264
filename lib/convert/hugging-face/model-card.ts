/** A value of the front matter that the conversion uses: text, or a list of texts. */
export type CardValue = string | readonly string[];

/**
 * The metadata at the head of a model card (README.md): keys of the first level with scalars and lists of scalars, which is what model
 * cards hold for authorship. Nested values are left out.
 */
export function readModelCard(text: string | undefined): ReadonlyMap<string, CardValue> {
  const values = new Map<string, CardValue>();
  const lines = (text ?? '').split(/\r\n|\r|\n/);
  if (lines[0] !== '---') return values;
  const end = lines.indexOf('---', 1);
  const body = lines.slice(1, end < 0 ? lines.length : end);
  for (let at = 0; at < body.length; at++) {
    const match = /^([A-Za-z_][\w-]*):(?:\s+(.*))?$/.exec(body[at]);
    if (match === null) continue;
    const [, key, rest = ''] = match;
    const inline = withoutComment(rest).trim();
    if (inline.startsWith('[') && inline.endsWith(']')) {
      const items = inline.slice(1, -1).split(',');
      values.set(
        key,
        items.map((item) => scalar(item.trim())).filter((item) => item !== ''),
      );
    } else if (inline === '') {
      const items: string[] = [];
      while (at + 1 < body.length && /^\s*-\s/.test(body[at + 1])) items.push(body[++at].replace(/^\s*-\s+/, ''));
      // An item with a key of its own is a nested value.
      if (items.length > 0 && !items.some((item) => /^[A-Za-z_][\w-]*:(?:\s|$)/.test(item)))
        values.set(
          key,
          items.map((item) => scalar(withoutComment(item).trim())),
        );
    } else if (!/^[|>{&*!]/.test(inline)) values.set(key, scalar(inline));
  }
  return values;
}

function scalar(text: string): string {
  const quoted = /^"(.*)"$/.exec(text) ?? /^'(.*)'$/.exec(text);
  return quoted === null ? text : quoted[1];
}

function withoutComment(text: string): string {
  return /^["']/.test(text) ? text : text.replace(/\s#.*$/, '');
}
