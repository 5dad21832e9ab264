import { SimulationError } from '../../errors';

/** Cosines and sines of the angles by which a head's pairs turn: `[positions][rotary/2]` each. */
export interface RopeTables {
  readonly cosines: Float32Array;
  readonly sines: Float32Array;
}

export interface RopeParameters {
  readonly theta: number;
  /** How many of a head's elements turn. */
  readonly rotary: number;
  /** `rope_scaling` of the config; undefined for plain RoPE. */
  readonly scaling?: Readonly<Record<string, unknown>>;
  /** `max_position_embeddings` of the config. */
  readonly maxPositions: number;
}

/**
 * Tables for windows of up to `positions` tokens, computed in f64.
 *
 * @throws SimulationError for a scaling that is not known
 */
export function ropeTables(parameters: RopeParameters, positions: number): RopeTables {
  const { frequencies, amplitude } = scaledFrequencies(parameters, positions);
  const half = frequencies.length;
  const cosines = new Float32Array(positions * half);
  const sines = new Float32Array(positions * half);
  for (let position = 0; position < positions; position++) {
    frequencies.forEach((frequency, i) => {
      cosines[position * half + i] = Math.cos(position * frequency) * amplitude;
      sines[position * half + i] = Math.sin(position * frequency) * amplitude;
    });
  }
  return { cosines, sines };
}

interface Frequencies {
  readonly frequencies: readonly number[];
  /** What cosines and sines are multiplied by (YaRN, LongRoPE). */
  readonly amplitude: number;
}

function scaledFrequencies({ theta, rotary, scaling, maxPositions }: RopeParameters, positions: number): Frequencies {
  const plain = Array.from({ length: rotary / 2 }, (_, i) => theta ** ((-2 * i) / rotary));
  const type = scaling?.rope_type ?? scaling?.type ?? 'default';
  if (scaling === undefined || type === 'default') return { frequencies: plain, amplitude: 1 };
  const number = (key: string, otherwise?: number) => numberOf(scaling, key, otherwise);
  switch (type) {
    case 'linear':
      return { frequencies: plain.map((frequency) => frequency / number('factor')), amplitude: 1 };
    case 'dynamic':
      // NTK by length: at or below the trained length it is plain, and a window is never longer.
      return { frequencies: plain, amplitude: 1 };
    case 'llama3':
      return { frequencies: plain.map((frequency) => llama3(frequency, number)), amplitude: 1 };
    case 'yarn':
      return yarn(plain, theta, rotary, number, maxPositions);
    case 'longrope':
    case 'su':
      return longRope(plain, scaling, number, maxPositions, positions);
    default:
      throw new SimulationError('ROPE_SCALING_UNKNOWN', `rope scaling '${String(type)}' is not known`, {
        got: String(type),
        allowed: 'default, linear, dynamic, llama3, yarn, longrope',
        fix: 'simulate weights only, without --evaluate',
        path: '/model/config/rope_scaling',
      });
  }
}

type NumberOf = (key: string, otherwise?: number) => number;

/** Llama 3.1: long wavelengths are stretched, short ones kept, those between blended. */
function llama3(frequency: number, number: NumberOf): number {
  const original = number('original_max_position_embeddings');
  const [low, high] = [number('low_freq_factor'), number('high_freq_factor')];
  const wavelength = (2 * Math.PI) / frequency;
  if (wavelength < original / high) return frequency;
  if (wavelength > original / low) return frequency / number('factor');
  const smooth = (original / wavelength - low) / (high - low);
  return (1 - smooth) * (frequency / number('factor')) + smooth * frequency;
}

/** YaRN (Peng and others, 2023): a ramp over the dimensions between interpolation and none, and sharper attention. */
function yarn(
  plain: readonly number[],
  theta: number,
  rotary: number,
  number: NumberOf,
  maxPositions: number,
): Frequencies {
  const factor = number('factor');
  const original = number('original_max_position_embeddings', maxPositions);
  const dimensionOf = (turns: number) => (rotary * Math.log(original / (turns * 2 * Math.PI))) / (2 * Math.log(theta));
  const low = Math.max(Math.floor(dimensionOf(number('beta_fast', 32))), 0);
  const high = Math.min(Math.ceil(dimensionOf(number('beta_slow', 1))), rotary - 1);
  const frequencies = plain.map((frequency, i) => {
    const interpolated = Math.min(1, Math.max(0, (i - low) / Math.max(high - low, 0.001)));
    return (frequency / factor) * interpolated + frequency * (1 - interpolated);
  });
  return { frequencies, amplitude: number('attention_factor', factor <= 1 ? 1 : 0.1 * Math.log(factor) + 1) };
}

/** LongRoPE (Phi-3): a factor for each dimension, another set beyond the trained length. */
function longRope(
  plain: readonly number[],
  scaling: Readonly<Record<string, unknown>>,
  number: NumberOf,
  maxPositions: number,
  positions: number,
): Frequencies {
  const original = number('original_max_position_embeddings', maxPositions);
  const key = positions > original ? 'long_factor' : 'short_factor';
  const factors = scaling[key];
  if (
    !Array.isArray(factors) ||
    factors.length !== plain.length ||
    !factors.every((factor) => typeof factor === 'number')
  )
    throw malformed(key, factors, `${plain.length} numbers`);
  const stretch = number('factor', maxPositions / original);
  const amplitude = stretch <= 1 ? 1 : Math.sqrt(1 + Math.log(stretch) / Math.log(original));
  return {
    frequencies: plain.map((frequency, i) => frequency / (factors as number[])[i]),
    amplitude: number('attention_factor', amplitude),
  };
}

function numberOf(scaling: Readonly<Record<string, unknown>>, key: string, otherwise?: number): number {
  const value = scaling[key] ?? otherwise;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw malformed(key, value, 'a number');
}

function malformed(key: string, value: unknown, allowed: string): SimulationError {
  return new SimulationError('ROPE_SCALING_MALFORMED', `rope_scaling.${key} cannot be read`, {
    got: JSON.stringify(value) ?? 'nothing',
    allowed,
    fix: "take config.json from the model's own repository",
    path: `/model/config/rope_scaling/${key}`,
  });
}
