import { html, Html, type HtmlValue } from './html';
import { SCRIPT } from './script';
import { STYLE } from './style';

export interface Section {
  /** Anchor, unique in the page. */
  readonly id: string;
  readonly title: string;
  /** One or two sentences on what the section shows and how to read it. */
  readonly intro?: string;
  readonly body: HtmlValue;
}

export interface Page {
  readonly title: string;
  readonly lead: HtmlValue;
  readonly sections: readonly Section[];
  /** How the figures came about, and when. */
  readonly footer: HtmlValue;
  /** What the page shows, for programs: kept in the page as JSON. */
  readonly data: object;
}

/** One self-contained page: it asks no network for anything (its own policy forbids it), and works from a mail or a bucket. */
export function renderPage(page: Page): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
        />
        <title>${page.title}</title>
        <style>
          ${new Html(STYLE)}
        </style>
      </head>
      <body>
        <header>
          <div>
            <h1>${page.title}</h1>
            <p class="lead">${page.lead}</p>
          </div>
          <button class="theme" type="button" aria-label="Switch between light and dark">◐</button>
        </header>
        <main>${page.sections.map(renderSection)}</main>
        <footer>${page.footer}</footer>
        <script type="application/json" id="data">
          ${inlineJson(page.data)}
        </script>
        <script>
          ${new Html(SCRIPT)};
        </script>
      </body>
    </html> `.markup;
}

function renderSection({ id, title, intro, body }: Section): Html {
  return html`<section id="${id}" aria-labelledby="${id}-title">
    <h2 id="${id}-title">${title}</h2>
    ${intro !== undefined && html`<p class="note">${intro}</p>`} ${body}
  </section>`;
}

/** JSON inside a script element: a `</script>` in a tensor's name must not end it. */
function inlineJson(data: object): Html {
  return new Html(JSON.stringify(data).replaceAll('<', '\\u003c'));
}
