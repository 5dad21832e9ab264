import { Arena, PAGE_BYTES } from '../kernels/arena';
import { wasm, type WasmMemory } from '../kernels/webassembly';
import {
  everywhere,
  POINTS,
  pointWidths,
  UNQUANTIZED,
  type ActivationQuantization,
  type BlockActivations,
  type Point,
} from './activations';
import type { DecoderShape } from './decoder-shape';
import type { KvQuantization } from './kv-cache';
import { DecoderThread, type DecoderJob, type PackedBlock, type PackedLinear } from './decoder-thread';
import { FORWARD_MEMORY_BASE, forwardModule, instantiateForward, type ForwardKernels } from './module';
import { emptyStatistics, joinStatistics, type ActivationStatistics } from './point-statistics';
import { createDecoderPool, type DecoderPool } from './pool';
import { ropeTables } from './rope';
import {
  LINEAR_KEYS,
  readDecoderBlock,
  readDecoderEnds,
  type DecoderBlock,
  type Linear,
  type LinearKey,
  type WeightSource,
} from './weights';

/** One way to run the model beside full precision. */
export interface Variant {
  readonly name: string;
  readonly activations: ActivationQuantization | ((layer: number) => BlockActivations);
  readonly kv: KvQuantization;
  /**
   * The block as the scheme stores it, decoded again. It must leave the block it is given as it was; the same block back means that
   * nothing is quantized in it, which costs nothing until the first that is.
   */
  readonly block: (block: DecoderBlock, layer: number) => DecoderBlock | Promise<DecoderBlock>;
}

/** Figures over all scored tokens of all windows. KL in nats, against full precision. */
export interface VariantFigures {
  readonly name: string;
  readonly tokens: number;
  readonly perplexity: number;
  readonly meanKl: number;
  readonly p99Kl: number;
  readonly top1Agreement: number;
}

export interface DecoderProgress {
  /** Of `total`, in windows × blocks × streams. */
  readonly done: number;
  readonly total: number;
}

export interface DecoderOptions {
  readonly source: WeightSource;
  readonly shape: DecoderShape;
  readonly threads: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: DecoderProgress) => void;
}

const NO_QUANTIZATION = everywhere(UNQUANTIZED);

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
        const block = await readDecoderBlock(this.options.source, shape, layer);
        await session.runBlock(layer, [{ block, streams: x, activations: NO_QUANTIZATION, kv: 'none' }]);
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
      const { shape, source } = this.options;
      const [full, ...others] = session.streams(1 + variants.length);
      session.expect(shape.layers * windows.length * (1 + variants.length) + windows.length);
      // A variant goes its own way from the first block in which it differs from full precision.
      const parted = variants.map(() => false);
      for (let layer = 0; layer < shape.layers; layer++) {
        const block = await readDecoderBlock(source, shape, layer);
        const exact: StreamJob = { block, streams: full, activations: NO_QUANTIZATION, kv: 'none' };
        for (const [index, variant] of variants.entries()) {
          const job = await streamJob(variant, block, layer, others[index]);
          if (!parted[index] && isExact(job, block)) {
            session.skip(windows.length);
            continue;
          }
          if (!parted[index]) session.copy(full, others[index]);
          parted[index] = true;
          await session.runBlock(layer, [job]);
        }
        await session.runBlock(layer, [exact]);
      }
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
   * @param onBlock called with each block's statistics as they are complete, so that they need not all be held
   */
  async calibrate(
    windows: readonly (readonly number[])[],
    gram: boolean,
    onBlock: (
      layer: number,
      statistics: Readonly<Record<Point, ActivationStatistics>>,
      block: DecoderBlock,
    ) => void | Promise<void>,
  ): Promise<void> {
    await this.session(windows, gram, async (session) => {
      const { shape, source } = this.options;
      const [x] = session.streams(1);
      session.expect(shape.layers * windows.length);
      for (let layer = 0; layer < shape.layers; layer++) {
        const block = await readDecoderBlock(source, shape, layer);
        await onBlock(layer, await session.calibrateBlock(layer, block, x, gram), block);
      }
    });
  }

  private async session<Result>(
    windows: readonly (readonly number[])[],
    gram: boolean,
    work: (session: Session) => Promise<Result>,
  ): Promise<Result> {
    const ends = await readDecoderEnds(this.options.source, this.options.shape);
    const session = new Session(this.options, windows, ends, gram);
    try {
      return await work(session);
    } finally {
      await session.close();
    }
  }
}

interface StreamJob {
  readonly block: DecoderBlock;
  /** Address of each window's residual stream. */
  readonly streams: readonly number[];
  readonly activations: BlockActivations;
  readonly kv: KvQuantization;
}

async function streamJob(
  { block: quantize, activations, kv }: Variant,
  block: DecoderBlock,
  layer: number,
  streams: readonly number[],
): Promise<StreamJob> {
  // What calibration says of a block may be looked up while it is quantized, so that comes first.
  const quantized = await quantize(block, layer);
  const quantization = typeof activations === 'function' ? activations(layer) : everywhere(activations);
  return { block: quantized, streams, activations: quantization, kv };
}

function isExact({ block, activations, kv }: StreamJob, original: DecoderBlock): boolean {
  return block === original && kv === 'none' && POINTS.every((point) => activations[point].kind === 'none');
}

/** Memory and threads of one run. */
class Session {
  readonly memory: WasmMemory;
  readonly arena: Arena;
  private readonly kernels: ForwardKernels;
  private readonly pool: DecoderPool;
  private readonly threads: number;
  private readonly longest: number;
  private done = 0;
  private total = 0;

  constructor(
    private readonly options: DecoderOptions,
    private readonly windows: readonly (readonly number[])[],
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

  /** Counts jobs that need not be run. */
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
    const mark = this.arena.mark();
    const packed = this.packBlock(block, layer);
    const widths = pointWidths(this.options.shape);
    const forPoints = <Value>(make: (point: Point) => Value) =>
      Object.fromEntries(POINTS.map((point) => [point, make(point)])) as Record<Point, Value>;
    // Threads add up side by side: each window goes to the statistics of one share, and shares are joined at the end.
    const shares = Array.from({ length: this.threads }, () =>
      forPoints((point) => emptyStatistics(this.arena, widths[point], gram)),
    );
    for (let first = 0; first < this.windows.length; first += this.threads) {
      const turn = streams.slice(first, first + this.threads);
      await this.run(
        turn.map((x, index) => ({
          kind: 'block',
          block: packed,
          x,
          tokens: this.windows[first + index].length,
          activations: NO_QUANTIZATION,
          kv: 'none',
          statistics: shares[index],
        })),
      );
    }
    const tokens = this.windows.reduce((sum, window) => sum + window.length, 0);
    const joined = forPoints((point) =>
      joinStatistics(
        this.memory,
        shares.map((share) => share[point]),
        widths[point],
        tokens,
      ),
    );
    this.arena.release(mark);
    return joined;
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
    const { rope, window } = this.options.shape.attention[layer];
    const tables = rope && ropeTables(rope, this.longest);
    const linears = Object.fromEntries(LINEAR_KEYS.map((key) => [key, this.packLinear(block[key])])) as Record<
      LinearKey,
      PackedLinear
    >;
    return {
      ...linears,
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

  private packLinear({ outputs, inputs, values, bias }: Omit<Linear, 'name' | 'stored'>): PackedLinear {
    const packed = this.arena.reserve(this.kernels.packedBytes(outputs, inputs));
    const biasAt = this.put(bias);
    this.arena.scoped(() => this.kernels.packPanels(this.put(values), inputs, 1, outputs, inputs, packed));
    return { packed, outputs, inputs, bias: biasAt };
  }

  /** Address of a copy in the shared memory; 0 for nothing. */
  private put(values: Float32Array | undefined): number {
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
