import { inWords } from '../../lib/route/classify/decide';
import type { FeatureName } from '../../lib/route/classify/features';
import { gapRecovered, type Calibration, type Setting } from '../../lib/route/fit/calibrate';
import { namedWeights } from '../../lib/route/fit/cross-validate';
import { renderTable } from '../output/table';
import type { Terminal } from '../terminal';

const WEIGHTS_SHOWN = 8;

/** A classifier that tells no better than this is told to be of no use. */
const CHANCE = 0.55;

/** The calibration as a person reads it. All figures are of examples that the fit had not seen. */
export function renderCalibration(calibration: Calibration, terminal: Terminal): string {
  const { bold, dim, yellow } = terminal.colors;
  const { tiers, alone, chosen, boundaries, examples, best } = calibration;
  const row = (name: string, shares: string, quality: number, cost: number, gap: number | null) => [
    name,
    shares,
    quality.toFixed(3),
    cost.toPrecision(3),
    gap === null ? '' : `${(gap * 100).toFixed(0)} %`,
  ];
  const sharesOf = ({ tierShares }: Setting) => tierShares.map((share) => `${Math.round(share * 100)} %`).join(' / ');
  const lot = { ...chosen, quality: chosen.lotQuality };
  const rows = [
    ...tiers.map((tier, i) => row(`${tier} alone`, '', alone[i].quality, alone[i].cost, null)),
    row('by lot', sharesOf(chosen), chosen.lotQuality, chosen.cost, gapRecovered(calibration, lot)),
    row('by the classifier', sharesOf(chosen), chosen.quality, chosen.cost, gapRecovered(calibration, chosen)),
    row('by knowing beforehand', '', best.quality, best.cost, null),
  ];
  const parts = [
    `${bold(`${tiers.join(' / ')}`)}: ${examples} examples, each judged by a fit that had not seen it`,
    renderTable(COLUMNS, rows, terminal),
    dim(`standard error of the classifier's quality: ${chosen.qualityError.toFixed(3)}`),
  ];
  boundaries.forEach(({ model, auc, threshold }, step) => {
    const weights = Object.entries(namedWeights(model))
      .sort(([, left], [, right]) => Math.abs(right) - Math.abs(left))
      .slice(0, WEIGHTS_SHOWN)
      .map(([name, weight]) => [`${weight > 0 ? '+' : ''}${weight.toFixed(2)}`, name, inWords(name as FeatureName)]);
    const told = auc === null ? 'no example tells the tiers apart' : `area under the curve ${auc.toFixed(3)}`;
    parts.push(`${bold(`above ${tiers[step]}`)} from score ${threshold.toFixed(3)} on; ${told}`);
    if (auc === null || auc < CHANCE)
      parts.push(
        yellow('hardly better than chance: what these requests look like does not tell which tier answers them well'),
      );
    parts.push(renderTable(WEIGHT_COLUMNS, weights, terminal));
  });
  return parts.join('\n\n');
}

const COLUMNS = [
  { title: '' },
  { title: 'shares', align: 'right' as const },
  { title: 'quality', align: 'right' as const },
  { title: 'cost', align: 'right' as const },
  { title: 'of the gain', align: 'right' as const },
];

const WEIGHT_COLUMNS = [{ title: 'weight', align: 'right' as const }, { title: 'feature' }, { title: 'what it is' }];
