import { pointWidths, type BlockActivations, type Point } from './activations';
import type { Variant } from './decoder-run';
import { NO_QUANTIZATION, type DecoderSession } from './decoder-session';
import type { AttendJob, ExpertJob } from './decoder-jobs';
import type { DecoderShape } from './decoder-shape';
import type { MixtureBlock, SharedExpert } from './expert-weights';
import type { KvQuantization } from './kv-cache';
import { mixtureParts, type MixtureShape } from './mixture-shape';
import { noStatistics, type ActivationStatistics } from './point-statistics';
import { isExact, quantizedPart } from './quantized-part';
import { routeBytes, routesOf } from './routes';
import type { GatedMlp } from './weights';

/** Of the points that a block or a part of one has. */
export type PartStatistics = Readonly<Partial<Record<Point, ActivationStatistics>>>;

/** What a stream has of a layer while its experts come by, for each window. */
interface Lane {
  /** Addresses of the residual stream, with the attention added and without the experts until all are through. */
  readonly streams: readonly number[];
  /** Addresses of what the experts gave so far. */
  readonly outputs: readonly number[];
  /** Addresses of the router's choices: see routes.ts. */
  readonly routes: readonly number[];
  /** Tokens of all windows that pass each expert. */
  counts: Uint32Array;
}

/**
 * A layer whose feed-forward is a mixture of experts. The attention of all windows comes first, then expert by expert the tokens that
 * chose it, so that one expert's weights are in memory at a time and each is read once. What a token's experts give is added up in
 * the order of the experts, the shared one last, whatever the number of threads.
 */
export class MixtureLayer {
  constructor(
    private readonly session: DecoderSession,
    private readonly shape: DecoderShape,
    private readonly mixture: MixtureShape,
    private readonly block: MixtureBlock,
    private readonly layer: number,
  ) {}

  /** Full precision and the variants; `parted` as `Decoder.layer` has it. */
  async evaluate(
    full: readonly number[],
    others: readonly (readonly number[])[],
    variants: readonly Variant[],
    parted: boolean[],
  ): Promise<void> {
    const { session, block, layer, mixture } = this;
    const exact = this.lane(full);
    const lanes = others.map((streams) => this.lane(streams));
    const jobs = session.windows.length * (1 + variants.length);
    for (const [index, variant] of variants.entries()) {
      const quantized = await quantizedPart(variant, block, layer);
      if (!parted[index] && isExact(quantized, block, variant.kv, ['attention', 'output'])) continue;
      if (!parted[index]) session.copy(full, others[index]);
      parted[index] = true;
      await this.attend(lanes[index], quantized.part, quantized.activations, variant.kv);
    }
    await this.attend(exact, block, NO_QUANTIZATION, 'none');
    session.skip(jobs);

    for (let expert = 0; expert < mixtureParts(mixture); expert++) {
      const laneOf = (index: number) => (parted[index] ? lanes[index] : exact);
      const passes = (lane: Lane) => lane.counts[expert] > 0;
      if (passes(exact) || variants.some((_, index) => passes(laneOf(index)))) {
        const weights = await this.read(expert);
        for (const [index, variant] of variants.entries()) {
          if (!passes(laneOf(index))) continue;
          const quantized = await quantizedPart(variant, weights, layer);
          if (!parted[index] && isExact(quantized, weights, 'none', ['mlp', 'down'])) continue;
          if (!parted[index]) this.copy(exact, lanes[index]);
          parted[index] = true;
          await this.pass(lanes[index], expert, quantized.part, quantized.activations);
        }
        if (passes(exact)) await this.pass(exact, expert, weights, NO_QUANTIZATION);
      }
      session.skip(jobs);
    }
    this.settle(exact);
    lanes.forEach((lane, index) => {
      if (parted[index]) this.settle(lane);
    });
  }

  /** Statistics of the attention's inputs, then of each expert's over the tokens that pass it. */
  async calibrate(
    streams: readonly number[],
    gram: boolean,
    onPart: (statistics: PartStatistics, expert?: number) => void | Promise<void>,
  ): Promise<void> {
    const { session, shape, mixture } = this;
    const { arena, windows } = session;
    const lane = this.lane(streams);
    const run: DecoderSession['run'] = (jobs) => session.runUncounted(jobs);
    const tokens = windows.reduce((sum, { length }) => sum + length, 0);
    const { attention, output } = pointWidths(shape);
    const attended = await arena.scopedAsync(() => {
      const job = this.attendJob(lane, this.block, NO_QUANTIZATION, 'none');
      return session.collect({ attention, output }, gram, tokens, run, job);
    });
    lane.counts = this.count(lane);
    await onPart(attended);
    session.skip(windows.length);

    for (let expert = 0; expert < mixtureParts(mixture); expert++) {
      const down = expert === mixture.experts ? mixture.sharedIntermediate : mixture.intermediate;
      const widths = { mlp: shape.hidden, down };
      const counted = lane.counts[expert];
      if (counted === 0) {
        await onPart({ mlp: noStatistics(widths.mlp, gram), down: noStatistics(down, gram) }, expert);
      } else {
        const weights = await this.read(expert);
        const passed = await arena.scopedAsync(() => {
          const job = this.expertJob(lane, expert, weights, NO_QUANTIZATION);
          return session.collect(widths, gram, counted, run, job);
        });
        await onPart(passed, expert);
      }
      session.skip(windows.length);
    }
    this.settle(lane);
  }

  private lane(streams: readonly number[]): Lane {
    const { arena, windows } = this.session;
    return {
      streams,
      outputs: windows.map(({ length }) => arena.reserveZeroed(4 * length * this.shape.hidden)),
      routes: windows.map(({ length }) => arena.reserve(routeBytes(length, this.mixture))),
      counts: new Uint32Array(mixtureParts(this.mixture)),
    };
  }

  private read(expert: number): Promise<GatedMlp | SharedExpert> {
    const { readExpert, readShared } = this.block;
    return expert === this.mixture.experts && readShared !== undefined ? readShared() : readExpert(expert);
  }

  private async attend(
    lane: Lane,
    block: MixtureBlock,
    activations: BlockActivations,
    kv: KvQuantization,
  ): Promise<void> {
    await this.runWindows(() => this.attendJob(lane, block, activations, kv));
    lane.counts = this.count(lane);
  }

  /** Packs the attention; what that takes is the caller's to give back. */
  private attendJob(lane: Lane, block: MixtureBlock, activations: BlockActivations, kv: KvQuantization) {
    const { session, shape, mixture, layer } = this;
    const packed = session.packAttention(block, layer);
    const router = session.packLinear({ outputs: mixture.experts, inputs: shape.hidden, values: block.router });
    return (window: number, statistics?: AttendJob['statistics']): AttendJob => ({
      kind: 'attend',
      block: packed,
      x: lane.streams[window],
      tokens: session.windows[window].length,
      activations,
      kv,
      router,
      routes: lane.routes[window],
      statistics,
    });
  }

  private count({ routes }: Lane): Uint32Array {
    const { experts } = this.mixture;
    const counts = new Uint32Array(mixtureParts(this.mixture));
    this.session.windows.forEach(({ length }, index) => {
      for (const expert of routesOf(this.session.memory, routes[index], length, this.mixture).experts) counts[expert]++;
      // Every token passes the shared expert, where there is one.
      if (counts.length > experts) counts[experts] += length;
    });
    return counts;
  }

  /** Runs the tokens of an expert through it. */
  private pass(
    lane: Lane,
    expert: number,
    weights: GatedMlp | SharedExpert,
    activations: BlockActivations,
  ): Promise<void> {
    return this.runWindows(() => this.expertJob(lane, expert, weights, activations));
  }

  /** Runs a job of each window; what `pack` puts into memory for them is given back. */
  private runWindows(pack: () => (window: number) => AttendJob | ExpertJob): Promise<void> {
    const { arena, windows } = this.session;
    return arena.scopedAsync(async () => {
      const job = pack();
      await this.session.runUncounted(windows.map((_, window) => job(window)));
    });
  }

  /** Packs the expert; what that takes is the caller's to give back. */
  private expertJob(lane: Lane, expert: number, weights: GatedMlp | SharedExpert, activations: BlockActivations) {
    const { session, block } = this;
    const mlp = session.packMlp(weights);
    const sharedGate = 'sharedGate' in weights ? session.packLinear(weights.sharedGate) : undefined;
    const norm = session.put(block.mlpNorm);
    return (window: number, statistics?: ExpertJob['statistics']): ExpertJob => ({
      kind: 'expert',
      expert,
      mlp,
      sharedGate,
      norm,
      x: lane.streams[window],
      output: lane.outputs[window],
      routes: lane.routes[window],
      tokens: session.windows[window].length,
      activations,
      statistics,
    });
  }

  /** Full precision as far as it has come, for a variant that leaves it here. */
  private copy(from: Lane, to: Lane): void {
    const { session, mixture } = this;
    const bytes = new Uint8Array(session.memory.buffer);
    session.copy(from.streams, to.streams);
    session.copy(from.outputs, to.outputs);
    session.windows.forEach(({ length }, index) => {
      const at = from.routes[index];
      bytes.copyWithin(to.routes[index], at, at + routeBytes(length, mixture));
    });
    to.counts = from.counts;
  }

  private settle({ streams, outputs }: Lane): void {
    const { kernels, windows } = this.session;
    windows.forEach(({ length }, index) => kernels.add(outputs[index], streams[index], length * this.shape.hidden));
  }
}
