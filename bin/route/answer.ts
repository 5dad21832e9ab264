import { gapRecovered, type Calibration, type Setting } from '../../lib/route/fit/calibrate';
import type { WeightsFile } from '../../lib/route/classify/weights';

/** The answer of `qe route calibrate --json`, also the data of its page. */
export function calibrationAnswer(calibration: Calibration, weights: WeightsFile, file: string) {
  const setting = (found: Setting) => ({
    share: found.share,
    tierShares: found.tierShares,
    quality: found.quality,
    qualityError: found.qualityError,
    cost: found.cost,
    lotQuality: found.lotQuality,
    gapRecovered: gapRecovered(calibration, found),
  });
  return {
    schema: 1,
    file,
    tiers: calibration.tiers,
    examples: calibration.examples,
    folds: weights.provenance.folds,
    alone: calibration.alone,
    best: calibration.best,
    boundaries: weights.boundaries.map(({ bias, weights: features, threshold }, step) => ({
      bias,
      weights: features,
      threshold,
      penalty: calibration.boundaries[step].penalty,
      auc: calibration.boundaries[step].auc,
    })),
    chosen: setting(calibration.chosen),
    curve: calibration.curve.map(setting),
  };
}

export type CalibrationAnswer = ReturnType<typeof calibrationAnswer>;
