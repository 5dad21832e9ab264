import { inWords } from '../../lib/route/classify/decide';
import { FEATURES, type FeatureName } from '../../lib/route/classify/features';
import { gapRecovered, type Calibration } from '../../lib/route/fit/calibrate';
import { figures, renderPage, table, tiles, type Section } from '../../lib/report';
import type { CalibrationAnswer } from './answer';
import { costQualityChart } from './cost-quality-chart';

/** The calibration as a page: what the classifier is worth, and what it decides by. */
export function calibrationPage(calibration: Calibration, answer: CalibrationAnswer): string {
  const { tiers, examples, chosen, boundaries } = calibration;
  const sections: Section[] = [
    {
      id: 'chosen',
      title: 'Chosen thresholds',
      body: tiles([
        { label: 'quality', value: chosen.quality.toFixed(3) },
        { label: 'quality by lot', value: chosen.lotQuality.toFixed(3) },
        { label: 'cost of a request', value: figures.figure(chosen.cost) },
        { label: 'of the largest tier’s gain', value: figures.percent(gapRecovered(calibration, chosen), 0) },
      ]),
    },
    {
      id: 'cost-quality',
      title: 'Quality against cost',
      intro:
        'Solid: the classifier at every threshold, for examples that its fit had not seen. Dashed: the same shares drawn by lot. ' +
        'What lies between the two lines is what the classifier is worth.',
      body: costQualityChart(calibration),
    },
    {
      id: 'settings',
      title: 'Settings',
      intro: 'Each line is one choice of thresholds. A click on a title sorts by it.',
      body: table(
        'Settings',
        [
          { title: 'Share handed on', show: (row) => figures.percent(row.share, 0), value: (row) => row.share },
          ...tiers.map((tier, i) => ({
            title: tier,
            show: (row: CalibrationAnswer['curve'][number]) => figures.percent(row.tierShares[i], 0),
            value: (row: CalibrationAnswer['curve'][number]) => row.tierShares[i],
          })),
          { title: 'Quality', show: (row) => row.quality.toFixed(3), value: (row) => row.quality },
          { title: '± error', show: (row) => row.qualityError.toFixed(3), value: (row) => row.qualityError },
          { title: 'By lot', show: (row) => row.lotQuality.toFixed(3), value: (row) => row.lotQuality },
          { title: 'Cost', show: (row) => figures.figure(row.cost), value: (row) => row.cost },
        ],
        answer.curve.filter((_, i) => i % 5 === 0),
      ),
    },
    ...boundaries.map(({ auc }, step): Section => ({
      id: `weights-${step}`,
      title: `What speaks for more than ${tiers[step]}`,
      intro:
        (auc === null
          ? 'No example tells the tiers apart.'
          : `Area under the curve ${auc.toFixed(3)}: the chance that a request that gains from a larger tier has a higher score than one that does not (0.5 is chance).`) +
        ' A weight is what the feature adds, in logits, when it is full.',
      body: table(
        `Weights above ${tiers[step]}`,
        [
          { title: 'Feature', show: (row) => row.name },
          { title: 'Speaks of', show: (row) => FEATURES[row.name].group },
          { title: 'What it is', show: (row) => inWords(row.name) },
          { title: 'Weight', show: (row) => row.weight.toFixed(3), value: (row) => row.weight },
        ],
        Object.entries(answer.boundaries[step].weights)
          .map(([name, weight]) => ({ name: name as FeatureName, weight: weight as number }))
          .sort((left, right) => Math.abs(right.weight) - Math.abs(left.weight)),
      ),
    })),
  ];
  return renderPage({
    title: `Routing between ${tiers.join(', ')}`,
    lead: `${examples} examples · logistic regression, cross-validated in ${answer.folds} folds`,
    sections,
    footer: `Weights in ${answer.file}.`,
    data: answer,
  });
}
