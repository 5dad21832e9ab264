import { bytes, percent } from './figures';
import { INDISTINGUISHABLE, signed, SMALL, VISIBLE } from './quality-in-words';
import type { SchemeReport, SimulationReport } from './simulation-report';

/** A method that searches is worth naming from this share of round-to-nearest's divergence on. */
const WORTH_SEARCHING = 0.2;

/** One scheme is said to be worse than another of about its size from this ratio of increases on. */
const MUCH_WORSE = 1.5;

interface Measured {
  readonly name: string;
  readonly bytes: number;
  readonly bits: number;
  readonly perplexity: number;
  readonly meanKl: number;
  /** Of perplexity over full precision's, a share. */
  readonly increase: number;
}

/**
 * What a reader would find by comparing the figures of the schemes, in full sentences: which to take first, then what breaks, and
 * what a method brings over another. Empty without a held-out text.
 */
export function conclusions({ evaluation, schemes, model }: SimulationReport): string[] {
  if (evaluation === undefined) return [];
  const measured = schemes.flatMap((scheme) => measuredOf(scheme, evaluation.perplexity));
  if (measured.length === 0) return [];
  return [
    choice(measured, model.bytes),
    broken(measured),
    ...activations(measured),
    ...searches(measured),
    ...blocks(measured),
    cache(evaluation),
  ].filter((sentence) => sentence !== undefined);
}

function measuredOf({ scheme, bytes: size, bitsPerWeight, evaluation }: SchemeReport, full: number): Measured[] {
  if (evaluation === undefined) return [];
  const { perplexity, meanKl } = evaluation;
  return [{ name: scheme, bytes: size, bits: bitsPerWeight, perplexity, meanKl, increase: perplexity / full - 1 }];
}

/** The smallest scheme that loses nothing one can see, and a smaller one that loses little. */
function choice(measured: readonly Measured[], full: number): string {
  const smallest = (limit: number) =>
    measured
      .filter(({ increase }) => increase <= limit)
      .sort((left, right) => left.bytes - right.bytes || left.meanKl - right.meanKl)
      .at(0);
  const safe = smallest(INDISTINGUISHABLE);
  const small = smallest(SMALL);
  const size = (one: Measured) => `${bytes(one.bytes)}, ${percent(one.bytes / full, 0)} of full precision`;
  if (safe === undefined && small === undefined) {
    const [best] = [...measured].sort((left, right) => left.increase - right.increase);
    return `None of these schemes is without a visible loss; ${best.name} loses least (perplexity ${signed(best.increase)}).`;
  }
  if (safe === undefined)
    return `Take ${small!.name} (${size(small!)}): perplexity ${signed(small!.increase)}. Nothing here loses less than ${percent(INDISTINGUISHABLE, 0)}.`;
  const taken = `Take ${safe.name}: the smallest whose loss this text does not show (${size(safe)}; perplexity ${signed(safe.increase)}).`;
  if (small === undefined || small.bytes >= safe.bytes) return taken;
  return `${taken} Where memory is short, ${small.name} (${size(small)}) costs ${percent(small.increase)} of perplexity.`;
}

function broken(measured: readonly Measured[]): string | undefined {
  const heavy = measured.filter(({ increase }) => !(increase <= VISIBLE));
  if (heavy.length === 0) return undefined;
  const list = heavy.map(({ name, perplexity }) => `${name} (${figure(perplexity)})`).join(', ');
  return `Not fit to be deployed: ${list}.`;
}

/** What INT8 activations cost, and whether a scale for each token or SmoothQuant brings the model back. */
function activations(measured: readonly Measured[]): string[] {
  const [dynamic, fixed, smooth] = ['int8-w8a8', 'int8-w8a8-static', 'smoothquant'].map((name) => of(measured, name));
  const sentences: string[] = [];
  if (fixed && dynamic && fixed.increase > INDISTINGUISHABLE && fixed.increase > 3 * Math.max(0, dynamic.increase))
    sentences.push(
      `One INT8 scale for all tokens ${dynamic.increase <= INDISTINGUISHABLE ? 'is what hurts, not INT8' : 'makes it worse'}: ${figure(fixed.perplexity)} with it, ${figure(dynamic.perplexity)} with a scale for each token.`,
    );
  const hurt = [dynamic, fixed].find((one) => one !== undefined && one.increase > INDISTINGUISHABLE);
  if (smooth && dynamic && dynamic.increase > INDISTINGUISHABLE && smooth.increase < dynamic.increase / 3)
    sentences.push(
      `SmoothQuant brings the model back: ${figure(smooth.perplexity)} where INT8 activations without it give ${figure(dynamic.perplexity)}.`,
    );
  else if (smooth && hurt && smooth.increase > hurt.increase / 2)
    sentences.push(`SmoothQuant does not help here: ${figure(smooth.perplexity)} against ${figure(hurt.perplexity)}.`);
  return sentences;
}

const NAMES = { awq: 'AWQ', gptq: 'GPTQ' } as const;

/** What AWQ's and GPTQ's searches bring over rounding to nearest on the same grid. */
function searches(measured: readonly Measured[]): string[] {
  const nearest = of(measured, 'int4-rtn');
  if (nearest === undefined || !(nearest.meanKl > 0)) return [];
  return (['awq', 'gptq'] as const).flatMap((name) => {
    const searched = of(measured, name);
    if (searched === undefined) return [];
    const saved = 1 - searched.meanKl / nearest.meanKl;
    if (saved >= WORTH_SEARCHING)
      return `${NAMES[name]} takes away ${percent(saved, 0)} of the divergence of rounding to nearest (${figure(searched.perplexity)} against ${figure(nearest.perplexity)}).`;
    return saved < 0
      ? `${NAMES[name]} is no better than rounding to nearest here: look at its calibration text.`
      : `${NAMES[name]} brings little over rounding to nearest here.`;
  });
}

/** K-quants are the better choice in general; a model for which a plain type of no more bits does better is worth a sentence. */
function blocks(measured: readonly Measured[]): string[] {
  const plain = measured.filter(({ name }) => /^gguf(-tensor)?:Q\d_[01]$/.test(name));
  const superblocks = measured.filter(({ name }) => /^gguf(-tensor)?:Q\d_K/.test(name));
  return superblocks.flatMap((k) => {
    const better = plain.find(
      ({ bits, increase }) => bits <= k.bits + 0.1 && k.increase > VISIBLE && k.increase > MUCH_WORSE * increase,
    );
    return better === undefined
      ? []
      : `${k.name} suffers more than ${better.name} (${figure(k.perplexity)} against ${figure(better.perplexity)}), which is unusual: its blocks share scales over ranges of channels that this model uses unevenly.`;
  });
}

function cache({ kvCache, perplexity }: NonNullable<SimulationReport['evaluation']>): string | undefined {
  if (kvCache === undefined) return undefined;
  const increase = kvCache.perplexity / perplexity - 1;
  const verdict = increase <= INDISTINGUISHABLE ? 'costs nothing that this text shows' : 'costs quality by itself';
  return `A KV cache in ${kvCache.type} ${verdict} (perplexity ${signed(increase)}).`;
}

function of(measured: readonly Measured[], name: string): Measured | undefined {
  return measured.find((one) => one.name === name);
}

function figure(perplexity: number): string {
  return Number.isFinite(perplexity) ? perplexity.toFixed(2) : 'infinity';
}
