import type { InputStatistics } from '../calibration/calibration';
import { POINTS } from '../forward/activations';
import { Decoder } from '../forward/decoder';
import type { DecoderOptions } from '../forward/decoder-run';
import { Encoder, type EncoderOptions } from '../forward/encoder';
import { ENCODER_READERS } from '../forward/encoder-weights';
import type { ActivationStatistics } from '../forward/point-statistics';
import { pointNames } from '../forward/tensor-names';

/** The input of one group of layers, as calibration saw it. */
export interface CalibratedGroup {
  /** Tensor names of the layers that read it. */
  readonly weights: readonly string[];
  readonly statistics: InputStatistics;
}

/**
 * Runs the model at full precision over a calibration text and collects what enters each linear layer.
 *
 * @param moments also E[x·xᵀ], which AWQ and GPTQ need; 4·width² bytes a group
 * @param onGroup called with each group as it is complete, in the order of the blocks
 */
export async function calibrate(
  windows: readonly (readonly number[])[],
  moments: boolean,
  options: DecoderOptions,
  onGroup: (group: CalibratedGroup) => void | Promise<void>,
): Promise<void> {
  const { source, shape } = options;
  await new Decoder(options).calibrate(windows, moments, async (layer, statistics, expert) => {
    for (const { point, weights, ...group } of pointNames(source, shape, layer)) {
      const found = group.expert === expert ? statistics[point] : undefined;
      if (found !== undefined) await onGroup({ weights, statistics: inputStatistics(found) });
    }
  });
}

/**
 * The same of an encoder, whose texts are read one by one.
 *
 * @param texts token ids, special tokens included
 */
export async function calibrateEncoder(
  texts: readonly (readonly number[])[],
  moments: boolean,
  options: EncoderOptions,
  onGroup: (group: CalibratedGroup) => void | Promise<void>,
): Promise<void> {
  await new Encoder(options).calibrate(texts, moments, async (statistics, block) => {
    for (const point of POINTS) {
      const weights = ENCODER_READERS[point].map((key) => block[key].name);
      await onGroup({ weights, statistics: inputStatistics(statistics[point]) });
    }
  });
}

function inputStatistics({ absmax, absMean, lowest, highest, gram, tokens }: ActivationStatistics): InputStatistics {
  const width = absmax.length;
  return {
    width,
    tokens,
    absMax: absmax,
    absMean: Float32Array.from(absMean),
    lowest,
    highest,
    moments: gram && { width, tokens, second: Float32Array.from(gram, (sum) => sum / Math.max(tokens, 1)) },
  };
}
