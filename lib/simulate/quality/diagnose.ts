import type { Scheme } from '../../scheme';
import type { Calibration, InputStatistics } from '../calibration/calibration';
import { isScalable } from '../groups/task';

/** Codes that INT8 has on each side of 0. */
const INT8_STEPS = 127;

/**
 * A channel that is this many times as large as the median channel in every token takes four of the seven bits from the others
 * that share its scale. In the small models this was tried on, trained channels stay below 20.
 */
const OUTLIER_RATIO = 16;

/** Steps of a token's scale that a typical value should span; below, outlier channels cost the others most of their bits. */
const FEW_TOKEN_STEPS = 3;

/** The same for one scale for all tokens, which a single large value sets; gated products have small typical values by nature. */
const FEW_STATIC_STEPS = 0.15;

/** Increase in perplexity from which a cause is worth naming. */
const WORTH_EXPLAINING = 0.01;

/** Channels that are written out in a sentence. */
const CHANNELS_NAMED = 8;

/** An input that INT8 activations serve badly. */
export interface InputDiagnosis {
  /**
   * `outlier-channels`: a few channels are large in every token. `spikes`: single tokens reach values far beyond all others, which
   * only hurts a scale that is fixed beforehand.
   */
  readonly kind: 'outlier-channels' | 'spikes';
  /** Tensors that read the input. */
  readonly weights: readonly string[];
  /** Channels responsible, those that are largest first. */
  readonly channels: readonly number[];
  /** Largest |x| over the calibration text. */
  readonly peak: number;
  /** Median over the channels of mean |x|. */
  readonly typical: number;
  /** Steps of an INT8 scale that a typical value spans: with a scale for each token, and with one for all. */
  readonly tokenSteps: number;
  readonly staticSteps: number;
  /** Can SmoothQuant help? Only where a norm precedes several layers, whose weight takes the factors. */
  readonly smoothable: boolean;
}

/** Inputs that INT8 activations serve badly, as calibration saw them; those that suffer most first. */
export async function diagnoseInputs(calibration: Calibration): Promise<InputDiagnosis[]> {
  const found: InputDiagnosis[] = [];
  for (const weights of calibration.groups) {
    const statistics = await calibration.read(weights[0]);
    const diagnosis = statistics && diagnose(weights, statistics);
    if (diagnosis !== undefined) found.push(diagnosis);
  }
  return found.sort((left, right) => left.staticSteps - right.staticSteps);
}

function diagnose(weights: readonly string[], { absMax, absMean }: InputStatistics): InputDiagnosis | undefined {
  const typical = median(absMean);
  if (!(typical > 0)) return undefined;
  const peak = absMax.reduce((top, value) => Math.max(top, value), 0);
  const largestMean = absMean.reduce((top, value) => Math.max(top, value), 0);
  const tokenSteps = (typical * INT8_STEPS) / largestMean;
  const staticSteps = (typical * INT8_STEPS) / peak;
  const common = {
    weights,
    peak,
    typical,
    tokenSteps,
    staticSteps,
    smoothable: (weights.length > 1 || isFused(weights)) && isScalable(weights),
  };
  const large = channelsAbove(absMean, OUTLIER_RATIO * typical);
  if (large.length > 0 && tokenSteps < FEW_TOKEN_STEPS) return { kind: 'outlier-channels', channels: large, ...common };
  // A spike is a channel's whose maximum alone is out of the ordinary.
  if (staticSteps < FEW_STATIC_STEPS) return { kind: 'spikes', channels: channelsAbove(absMax, peak / 2), ...common };
  return undefined;
}

/** What the figures of a scheme come from, in full sentences. */
export function explain(scheme: Scheme, inputs: readonly InputDiagnosis[], increase: number): string[] {
  if (inputs.length === 0 || increase <= WORTH_EXPLAINING) return [];
  const channels = inputs.filter(({ kind }) => kind === 'outlier-channels');
  const spikes = inputs.filter(({ kind }) => kind === 'spikes');
  const int8 = scheme.activationBits === 8 && scheme.weightType === 'int';
  const isStatic = scheme.activationScales === 'static-tensor';
  const smooths = scheme.name === 'smoothquant';
  const sentences: string[] = [];
  if (int8 && !smooths && channels.length > 0) sentences.push(channelsInWords(channels, isStatic));
  if (int8 && isStatic && spikes.length > 0) sentences.push(...spikes.map((spike) => spikeInWords(spike)));
  // AWQ and GPTQ look at activations themselves.
  const blind = scheme.name !== 'awq' && scheme.name !== 'gptq';
  if (scheme.weightBits < 8 && blind && channels.length > 0) sentences.push(smallWeightsInWords(channels));
  return sentences;
}

function channelsInWords(inputs: readonly InputDiagnosis[], isStatic: boolean): string {
  const [worst] = inputs;
  const steps = isStatic ? worst.staticSteps : worst.tokenSteps;
  const more = inputs.length > 1 ? ` and of ${inputs.length - 1} more inputs` : '';
  const remedy = worst.smoothable
    ? 'SmoothQuant moves them into the weights.'
    : 'SmoothQuant leaves this input as it is: no norm precedes it that is for these layers alone.';
  return (
    `The loss comes from ${channelList(worst.channels)} of the input of ${name(worst)}${more}: in every token they are ` +
    `at least ${OUTLIER_RATIO} times as large as the others, so that a typical value spans ` +
    `${figure(steps)} of the 127 steps of the INT8 scale. ${remedy}`
  );
}

function spikeInWords(spike: InputDiagnosis): string {
  const remedy = spike.smoothable
    ? 'SmoothQuant, or a scale for each token (int8-w8a8), avoids that.'
    : 'No norm precedes it, so SmoothQuant does not reach it: take a scale for each token (int8-w8a8), or keep this layer unquantized.';
  return (
    `The loss comes from the input of ${name(spike)}: ${channelList(spike.channels)} once reached ${figure(spike.peak)}, ` +
    `${Math.round(spike.peak / spike.typical)} times a typical value. One scale for all has to hold it, and a typical value ` +
    `spans ${figure(spike.staticSteps)} of its 127 steps: it rounds to 0. ${remedy}`
  );
}

function smallWeightsInWords(inputs: readonly InputDiagnosis[]): string {
  const [worst] = inputs;
  return (
    `The activations of ${channelList(worst.channels)} of the input of ${name(worst)} are far larger than the others', so the ` +
    `weights that read them count for more than their size says. They share scales with larger weights and lose most of ` +
    `their bits there; AWQ and GPTQ take account of that, K-quants without an importance matrix suffer most.`
  );
}

function channelList(channels: readonly number[]): string {
  if (channels.length === 1) return `channel ${channels[0]}`;
  const named = channels.slice(0, CHANNELS_NAMED).join(', ');
  const more = channels.length - CHANNELS_NAMED;
  return `channels ${named}${more > 0 ? ` and ${more} more` : ''}`;
}

function name({ weights }: InputDiagnosis): string {
  return weights.map((weight) => weight.replace(/\.weight$/, '')).join(', ');
}

function isFused([weight]: readonly string[]): boolean {
  return /qkv_proj|gate_up_proj/.test(weight);
}

function channelsAbove(values: Float32Array, limit: number): number[] {
  return Array.from(values.keys())
    .filter((channel) => values[channel] >= limit)
    .sort((left, right) => values[right] - values[left]);
}

function median(values: Float32Array): number {
  return Float32Array.from(values).sort()[values.length >> 1];
}

function figure(value: number): string {
  return value >= 100 ? Math.round(value).toString() : String(Number(value.toPrecision(2)));
}
