/** Markup that may go into a page as it stands. Everything else is escaped. */
export class Html {
  constructor(readonly markup: string) {}
}

export type HtmlValue = string | number | Html | null | undefined | false | readonly HtmlValue[];

/**
 * Template tag for markup: values are escaped, lists joined, `null`, `undefined` and `false` left out.
 * A model's tensor names and a user's text end up in these pages, so nothing reaches them unescaped.
 */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let markup = strings[0];
  values.forEach((value, index) => {
    markup += render(value) + strings[index + 1];
  });
  return new Html(markup);
}

/** For content of elements and for quoted attributes alike. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character]);
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function render(value: HtmlValue): string {
  if (value === null || value === undefined || value === false) return '';
  if (value instanceof Html) return value.markup;
  if (Array.isArray(value)) return value.map(render).join('');
  return escapeHtml(String(value));
}
