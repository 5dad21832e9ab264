import type { Finding, Verdict } from '../../rules/types';
import { html, type Html } from '../html';

const WORDS: Readonly<Record<Verdict, string>> = {
  ok: 'ok: nothing found',
  warning: 'starts, with warnings',
  error: 'would not start, or not do what was asked',
};

/** The verdict in words, then each finding with its fix. */
export function findings(verdict: Verdict, list: readonly Finding[]): Html {
  return html`<p class="verdict ${verdict}">${WORDS[verdict]}</p>
    <ul class="findings">
      ${list.map(
        (finding) =>
          html`<li class="${finding.severity}">
            <b>${finding.severity}</b> <code>${finding.rule}</code>
            <p>${finding.message}</p>
            ${finding.fix !== undefined && html`<p>Fix: ${finding.fix}</p>`}
          </li>`,
      )}
    </ul>`;
}
