import { SimulationError } from '../../lib/errors';
import type { Checkpoint } from '../../lib/format';
import type { Scheme } from '../../lib/scheme';
import { decoderShape } from '../../lib/simulate/forward/decoder-shape';
import { encoderShape, isSupportedEncoder } from '../../lib/simulate/forward/encoder-shape';
import { estimateSearch } from '../../lib/simulate/quality/estimate';
import { timeLeft } from '../simulate/progress';
import type { Terminal } from '../terminal';

/** Less than this is not worth a line. */
const WORTH_SAYING_SECONDS = 1;

/** Says how long the searches of AWQ and GPTQ will take, where there is calibration for them and the architecture is known. */
export function saySearchTime(
  checkpoint: Checkpoint,
  schemes: readonly Scheme[],
  threads: number,
  terminal: Terminal,
): void {
  const shape = shapeOf(checkpoint);
  if (shape === undefined) return;
  const seconds = schemes.reduce((sum, scheme) => sum + estimateSearch(shape, scheme), 0) / threads;
  if (seconds < WORTH_SAYING_SECONDS) return;
  const names = schemes.filter((scheme) => estimateSearch(shape, scheme) > 0).map(({ name }) => name);
  terminal.say(`quantizing: about ${timeLeft(seconds).replace(' left', '')} for the search of ${names.join(' and ')}`);
}

/** Undefined where the forward pass is not known, and calibration was made elsewhere. */
function shapeOf({ config }: Checkpoint): Parameters<typeof estimateSearch>[0] | undefined {
  if (isSupportedEncoder(config)) return encoderShape(config);
  try {
    return decoderShape(config);
  } catch (error) {
    if (error instanceof SimulationError && error.id === 'FORWARD_PASS_UNSUPPORTED') return undefined;
    throw error;
  }
}
