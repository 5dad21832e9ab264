import { bytes, figure, tokens } from './figures';
import { html, type Html } from './html';
import type { Section } from './page';
import { table } from './parts/table';
import type { FitReport, SchemeReport } from './simulation-report';

/** Which instance types a scheme fits, and for how many sequences at once. Undefined where no instance types were given. */
export function instanceSection(schemes: readonly SchemeReport[]): Section | undefined {
  const [first] = schemes.map(({ instances }) => instances ?? []);
  if (first === undefined || first.length === 0) return undefined;
  return {
    id: 'instances',
    title: 'Which instances it fits',
    intro: `Planned with sequences of ${tokens(first[0].context)} tokens, as many at once as the rest of an accelerator's memory holds. Sizes are of one accelerator.`,
    body: table<SchemeReport>(
      'Which instances it fits',
      [
        { title: 'scheme', show: ({ scheme }) => scheme },
        ...first.map(({ instanceType }, index) => ({
          title: instanceType,
          show: ({ instances }: SchemeReport) => cell(instances?.[index]),
          value: ({ instances }: SchemeReport) => sortable(instances?.[index]),
        })),
      ],
      schemes,
    ),
  };
}

/** As `instanceSection` says it, in a line. */
export function fitInWords({ fits, maxConcurrency, weightBytes, memoryBytes, reason }: FitReport): string {
  if (!fits) return `does not run: ${reason ?? 'a rule refuses it'}`;
  if (maxConcurrency === null) return 'fits; how many sequences is not known';
  const sequences = maxConcurrency < 1 ? 'less than one sequence' : `${figure(Math.floor(maxConcurrency))} at once`;
  return `${sequences} · ${bytes(weightBytes)} of ${bytes(memoryBytes)}`;
}

function cell(fit: FitReport | undefined): Html | string {
  if (fit === undefined) return 'not planned';
  if (fit.fits) {
    const [first, ...rest] = fitInWords(fit).split(' · ');
    return html`<span class="ok">✓ ${first}</span> <small>${rest.join(' · ')}</small>`;
  }
  return html`<details>
    <summary class="error">✕ does not run</summary>
    <small>${fit.reason}</small>
  </details>`;
}

function sortable(fit: FitReport | undefined): number | null {
  if (fit === undefined) return null;
  return fit.fits ? (fit.maxConcurrency ?? 0) : -1;
}
