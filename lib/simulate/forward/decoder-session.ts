import { Arena, PAGE_BYTES } from '../kernels/arena';
import { wasm, type WasmMemory } from '../kernels/webassembly';
import { everywhere, pointWidths, UNQUANTIZED, type BlockActivations, type Point } from './activations';
import type { DecoderOptions, VariantFigures } from './decoder-run';
import type { DecoderJob, PackedAttention, PackedBlock, PackedLinear, PackedMlp } from './decoder-jobs';
import { DecoderThread } from './decoder-thread';
import type { KvQuantization } from './kv-cache';
import { FORWARD_MEMORY_BASE, forwardModule, instantiateForward, type ForwardKernels } from './module';
import { emptyStatistics, joinStatistics, type ActivationStatistics, type PointStatistics } from './point-statistics';
import { createDecoderPool, type DecoderPool } from './pool';
import { ropeTables } from './rope';
import type { BlockAttention, DecoderBlock, GatedMlp, Linear, readDecoderEnds } from './weights';

export const NO_QUANTIZATION = everywhere(UNQUANTIZED);

/** A block, and one of the streams that it is run for. */
export interface StreamJob {
  readonly block: DecoderBlock;
  /** Address of each window's residual stream. */
  readonly streams: readonly number[];
  readonly activations: BlockActivations;
  readonly kv: KvQuantization;
}

/** Memory and threads of one run. */
export class DecoderSession {
  readonly memory: WasmMemory;
  readonly arena: Arena;
  readonly kernels: ForwardKernels;
  private readonly pool: DecoderPool;
  readonly threads: number;
  private readonly longest: number;
  private done = 0;
  private total = 0;

  constructor(
    private readonly options: DecoderOptions,
    readonly windows: readonly (readonly number[])[],
    private readonly ends: Awaited<ReturnType<typeof readDecoderEnds>>,
    gram: boolean,
  ) {
    const { shape } = options;
    const module = forwardModule();
    this.memory = new wasm.Memory({ initial: FORWARD_MEMORY_BASE / PAGE_BYTES, maximum: 65536, shared: true });
    this.kernels = instantiateForward(module, this.memory);
    this.threads = Math.max(1, Math.min(options.threads, windows.length));
    this.longest = Math.max(...windows.map((window) => window.length));
    this.arena = new Arena(this.memory, FORWARD_MEMORY_BASE);
    const bytes = DecoderThread.slotBytes(module, this.memory, shape, this.longest, gram);
    const slots = Array.from({ length: this.threads }, () => {
      const start = this.arena.reserve(bytes);
      return { start, end: start + bytes };
    });
    this.pool = createDecoderPool(module, this.memory, shape, slots);
  }

  /** How many jobs the whole run will have, for the progress. */
  expect(total: number): void {
    this.total = total;
  }

  async run(jobs: readonly DecoderJob[]): Promise<void> {
    const { signal, onProgress } = this.options;
    await this.pool.run(jobs, signal, () => onProgress?.({ done: ++this.done, total: this.total }));
  }

  /** Jobs that progress does not count one by one: see `skip`. */
  async runUncounted(jobs: readonly DecoderJob[]): Promise<void> {
    await this.pool.run(jobs, this.options.signal);
  }

  /** Counts jobs that need not be run, or that were run uncounted. */
  skip(jobs: number): void {
    this.done += jobs;
    this.options.onProgress?.({ done: this.done, total: this.total });
  }

  close(): Promise<void> {
    return this.pool.close();
  }

  copy(from: readonly number[], to: readonly number[]): void {
    const bytes = new Uint8Array(this.memory.buffer);
    const { hidden } = this.options.shape;
    from.forEach((at, index) => bytes.copyWithin(to[index], at, at + 4 * this.windows[index].length * hidden));
  }

  /** `count` residual streams of all windows, each begun with the embeddings: addresses `[stream][window]`. */
  streams(count: number): number[][] {
    const { hidden, embeddingScale } = this.options.shape;
    return Array.from({ length: count }, () =>
      this.windows.map((window) => {
        const at = this.arena.reserve(4 * window.length * hidden);
        const rows = new Float32Array(this.memory.buffer, at, window.length * hidden);
        window.forEach((token, m) =>
          rows.set(this.ends.embeddings.subarray(token * hidden, (token + 1) * hidden), m * hidden),
        );
        if (embeddingScale !== 1) this.kernels.scale(at, embeddingScale, window.length * hidden);
        return at;
      }),
    );
  }

  async runBlock(layer: number, streamJobs: readonly StreamJob[]): Promise<void> {
    const mark = this.arena.mark();
    for (const { block, streams, activations, kv } of streamJobs) {
      const packed = this.packBlock(block, layer);
      await this.run(
        streams.map((x, index) => ({
          kind: 'block',
          block: packed,
          x,
          tokens: this.windows[index].length,
          activations,
          kv,
        })),
      );
    }
    this.arena.release(mark);
  }

  async calibrateBlock(
    layer: number,
    block: DecoderBlock,
    streams: readonly number[],
    gram: boolean,
  ): Promise<Readonly<Record<Point, ActivationStatistics>>> {
    const tokens = this.windows.reduce((sum, window) => sum + window.length, 0);
    return this.arena.scopedAsync(async () => {
      const packed = this.packBlock(block, layer);
      const widths = pointWidths(this.options.shape);
      return this.collect(
        widths,
        gram,
        tokens,
        (jobs) => this.run(jobs),
        (window, statistics) => ({
          kind: 'block',
          block: packed,
          x: streams[window],
          tokens: this.windows[window].length,
          activations: NO_QUANTIZATION,
          kv: 'none',
          statistics,
        }),
      );
    });
  }

  /**
   * Runs a job for each window, and joins what all of them count.
   *
   * @param widths channels at the points that the jobs have
   * @param tokens that they count together
   */
  async collect<At extends Point>(
    widths: Readonly<Record<At, number>>,
    gram: boolean,
    tokens: number,
    run: (jobs: readonly DecoderJob[]) => Promise<void>,
    job: (window: number, statistics: Readonly<Record<At, PointStatistics>>) => DecoderJob,
  ): Promise<Readonly<Record<At, ActivationStatistics>>> {
    const points = Object.keys(widths) as At[];
    const forPoints = <Value>(make: (point: At) => Value) =>
      Object.fromEntries(points.map((point) => [point, make(point)])) as Record<At, Value>;
    // Threads add up side by side: each window goes to the statistics of one share, and shares are joined at the end.
    const shares = Array.from({ length: this.threads }, () =>
      forPoints((point) => emptyStatistics(this.arena, widths[point], gram)),
    );
    for (let first = 0; first < this.windows.length; first += this.threads) {
      const turn = this.windows.slice(first, first + this.threads);
      await run(turn.map((_, index) => job(first + index, shares[index])));
    }
    return forPoints((point) =>
      joinStatistics(
        this.memory,
        shares.map((share) => share[point]),
        widths[point],
        tokens,
      ),
    );
  }

  /** Figures of each stream over all scored tokens; the first stream is what the others are compared with. */
  async score(streams: readonly (readonly number[])[], scored: number): Promise<Omit<VariantFigures, 'name'>[]> {
    const mark = this.arena.mark();
    const ends = this.packEnds();
    const results: number[] = [];
    const jobs = this.windows.map((window, index): DecoderJob => {
      const targets = this.arena.reserve(4 * window.length);
      new Int32Array(this.memory.buffer, targets, window.length).set(
        window.map((_, position) => (position < scored ? -1 : (window[position + 1] ?? -1))),
      );
      results.push(this.arena.reserve(24 * streams.length * window.length));
      return {
        kind: 'score',
        ...ends,
        streams: streams.map((stream) => stream[index]),
        tokens: window.length,
        targets,
        results: results[index],
      };
    });
    await this.run(jobs);
    const figures = streams.map((_, stream) =>
      summarize(
        this.windows.flatMap((window, index) => {
          const values = new Float64Array(this.memory.buffer, results[index], 3 * streams.length * window.length);
          return [values.subarray(3 * stream * window.length, 3 * (stream + 1) * window.length)];
        }),
      ),
    );
    this.arena.release(mark);
    return figures;
  }

  /** The last norm and the packed head; they stay until the caller releases the arena. */
  packEnds(): { norm: number; head: PackedLinear } {
    const { vocabulary, hidden } = this.options.shape;
    const head = this.packLinear({ outputs: vocabulary, inputs: hidden, values: this.ends.head });
    return { norm: this.put(this.ends.norm), head };
  }

  private packBlock(block: DecoderBlock, layer: number): PackedBlock {
    return { ...this.packAttention(block, layer), ...this.packMlp(block) };
  }

  packAttention(block: BlockAttention, layer: number): PackedAttention {
    const { rope, window } = this.options.shape.attention[layer];
    const tables = rope && ropeTables(rope, this.longest);
    return {
      query: this.packLinear(block.query),
      key: this.packLinear(block.key),
      value: this.packLinear(block.value),
      output: this.packLinear(block.output),
      attentionNorm: this.put(block.attentionNorm),
      mlpNorm: this.put(block.mlpNorm),
      attentionOutputNorm: this.put(block.attentionOutputNorm),
      mlpOutputNorm: this.put(block.mlpOutputNorm),
      queryNorm: this.put(block.queryNorm),
      keyNorm: this.put(block.keyNorm),
      cosines: this.put(tables?.cosines),
      sines: this.put(tables?.sines),
      rotary: rope?.rotary ?? 0,
      window,
    };
  }

  packMlp({ gate, up, down }: GatedMlp): PackedMlp {
    return { gate: this.packLinear(gate), up: this.packLinear(up), down: this.packLinear(down) };
  }

  packLinear({ outputs, inputs, values, bias }: Omit<Linear, 'name' | 'stored'>): PackedLinear {
    const packed = this.arena.reserve(this.kernels.packedBytes(outputs, inputs));
    const biasAt = this.put(bias);
    this.arena.scoped(() => this.kernels.packPanels(this.put(values), inputs, 1, outputs, inputs, packed));
    return { packed, outputs, inputs, bias: biasAt };
  }

  /** Address of a copy in the shared memory; 0 for nothing. */
  put(values: Float32Array | undefined): number {
    if (values === undefined) return 0;
    const at = this.arena.reserve(values.byteLength);
    new Float32Array(this.memory.buffer, at, values.length).set(values);
    return at;
  }
}

/** @param windows triples of `ScoreJob.results`, NaN where a token was not scored */
function summarize(windows: readonly Float64Array[]): Omit<VariantFigures, 'name'> {
  const divergences: number[] = [];
  let loss = 0;
  let agreed = 0;
  for (const values of windows) {
    for (let i = 0; i < values.length; i += 3) {
      if (Number.isNaN(values[i]) && Number.isNaN(values[i + 1])) continue;
      loss += values[i];
      divergences.push(values[i + 1]);
      agreed += values[i + 2];
    }
  }
  const tokens = divergences.length;
  divergences.sort((a, b) => a - b);
  return {
    tokens,
    perplexity: Math.exp(loss / tokens),
    meanKl: divergences.reduce((sum, value) => sum + value, 0) / tokens,
    p99Kl: divergences[Math.min(tokens - 1, Math.floor(0.99 * tokens))],
    top1Agreement: agreed / tokens,
  };
}
