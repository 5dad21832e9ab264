import { POINTS } from './activations';
import type { DecoderOptions, Variant, VariantFigures } from './decoder-run';
import { DecoderSession, NO_QUANTIZATION, type StreamJob } from './decoder-session';
import type { DecoderShape } from './decoder-shape';
import { readMixtureBlock } from './expert-weights';
import { MixtureLayer, type PartStatistics } from './mixture-layer';
import { mixtureParts } from './mixture-shape';
import { isExact, quantizedPart } from './quantized-part';
import { readDecoderBlock, readDecoderEnds } from './weights';

/**
 * Runs a decoder over windows of token ids, block by block: one block's weights are in memory at a time, and all windows pass
 * through it before the next is read.
 */
export class Decoder {
  constructor(private readonly options: DecoderOptions) {}

  /** Logits of every position of one window, `[tokens][vocabulary]`. */
  async logits(window: readonly number[]): Promise<Float32Array> {
    return this.session([window], false, async (session) => {
      const { shape } = this.options;
      const [x] = session.streams(1);
      for (let layer = 0; layer < shape.layers; layer++) {
        await this.layer(session, layer, x, [], [], []);
      }
      const logits = session.arena.reserve(4 * window.length * shape.vocabulary + 16);
      await session.run([{ kind: 'logits', ...session.packEnds(), x: x[0], tokens: window.length, logits }]);
      return new Float32Array(session.memory.buffer, logits, window.length * shape.vocabulary).slice();
    });
  }

  /**
   * Full precision and every variant over the same windows.
   *
   * @param scored from which position of a window on the next token is scored: 0 is all
   * @returns full precision first, named `full`
   */
  async evaluate(
    windows: readonly (readonly number[])[],
    variants: readonly Variant[],
    scored = 0,
  ): Promise<VariantFigures[]> {
    return this.session(windows, false, async (session) => {
      const { shape } = this.options;
      const [full, ...others] = session.streams(1 + variants.length);
      session.expect(decoderJobs(shape, windows.length, variants.length));
      // A variant goes its own way from the first part of a block in which it differs from full precision.
      const parted = variants.map(() => false);
      for (let layer = 0; layer < shape.layers; layer++)
        await this.layer(session, layer, full, others, variants, parted);
      parted.forEach((own, index) => {
        if (!own) session.copy(full, others[index]);
      });
      const figures = await session.score([full, ...others], scored);
      return figures.map((values, index) => ({ name: index === 0 ? 'full' : variants[index - 1].name, ...values }));
    });
  }

  /**
   * Statistics of the activations of every block at full precision.
   *
   * @param gram also Σ x·xᵀ, which GPTQ needs: 8·width² bytes for each point and thread
   * @param onPart called with the statistics of each block, or of its attention and of each of its experts, as they are complete, so that
   *   they need not all be held
   */
  async calibrate(
    windows: readonly (readonly number[])[],
    gram: boolean,
    onPart: (layer: number, statistics: PartStatistics, expert?: number) => void | Promise<void>,
  ): Promise<void> {
    await this.session(windows, gram, async (session) => {
      const { shape, source } = this.options;
      const { mixture } = shape;
      const [x] = session.streams(1);
      session.expect(decoderJobs(shape, windows.length, 0) - windows.length);
      for (let layer = 0; layer < shape.layers; layer++) {
        if (mixture?.sparse[layer] === true) {
          const block = await readMixtureBlock(source, shape, mixture, layer);
          const run = new MixtureLayer(session, shape, mixture, block, layer);
          await session.arena.scopedAsync(() =>
            run.calibrate(x, gram, (statistics, expert) => onPart(layer, statistics, expert)),
          );
        } else {
          const block = await readDecoderBlock(source, shape, layer);
          await onPart(layer, await session.calibrateBlock(layer, block, x, gram));
        }
      }
    });
  }

  /** @param parted which variants have left full precision; set for those that do here */
  private async layer(
    session: DecoderSession,
    layer: number,
    full: readonly number[],
    others: readonly (readonly number[])[],
    variants: readonly Variant[],
    parted: boolean[],
  ): Promise<void> {
    const { shape, source } = this.options;
    const { mixture } = shape;
    if (mixture?.sparse[layer] === true) {
      const block = await readMixtureBlock(source, shape, mixture, layer);
      const run = new MixtureLayer(session, shape, mixture, block, layer);
      await session.arena.scopedAsync(() => run.evaluate(full, others, variants, parted));
      return;
    }
    const block = await readDecoderBlock(source, shape, layer);
    const exact: StreamJob = { block, streams: full, activations: NO_QUANTIZATION, kv: 'none' };
    for (const [index, variant] of variants.entries()) {
      const quantized = await quantizedPart(variant, block, layer);
      if (!parted[index] && isExact(quantized, block, variant.kv, POINTS)) {
        session.skip(session.windows.length);
        continue;
      }
      if (!parted[index]) session.copy(full, others[index]);
      parted[index] = true;
      const { part, activations } = quantized;
      await session.runBlock(layer, [{ block: part, streams: others[index], activations, kv: variant.kv }]);
    }
    await session.runBlock(layer, [exact]);
  }

  private async session<Result>(
    windows: readonly (readonly number[])[],
    gram: boolean,
    work: (session: DecoderSession) => Promise<Result>,
  ): Promise<Result> {
    const ends = await readDecoderEnds(this.options.source, this.options.shape);
    const session = new DecoderSession(this.options, windows, ends, gram);
    try {
      return await work(session);
    } finally {
      await session.close();
    }
  }
}

/** What `DecoderProgress.total` comes to for so many windows and variants. */
export function decoderJobs({ layers, mixture }: DecoderShape, windows: number, variants: number): number {
  const sparse = mixture?.sparse.filter((has) => has).length ?? 0;
  return windows * ((layers + sparse * (mixture === undefined ? 0 : mixtureParts(mixture))) * (1 + variants) + 1);
}
