import { Arena, PAGE_BYTES } from '../kernels/arena';
import { wasm, type WasmMemory } from '../kernels/webassembly';
import { everywhere, POINTS, UNQUANTIZED, type BlockActivations, type Point } from './activations';
import type { EncoderShape } from './encoder-shape';
import {
  ENCODER_LINEARS,
  readEncoderBlock,
  readEncoderInputs,
  type EncoderBlock,
  type EncoderInputs,
  type EncoderLinear,
  type LayerNorm,
} from './encoder-weights';
import { FORWARD_MEMORY_BASE, forwardModule, instantiateForward, type ForwardKernels } from './module';
import {
  countActivations,
  emptyStatistics,
  joinStatistics,
  type ActivationStatistics,
  type PointStatistics,
} from './point-statistics';
import type { Linear, WeightSource } from './weights';

/** One way to run the encoder beside full precision. */
export interface EncoderVariant {
  readonly name: string;
  readonly activations: BlockActivations | ((layer: number) => BlockActivations);
  /** The block as the scheme stores it, decoded again. It must leave the block it is given as it was. */
  readonly block: (block: EncoderBlock, layer: number) => EncoderBlock | Promise<EncoderBlock>;
}

export interface EncoderOptions {
  readonly source: WeightSource;
  readonly shape: EncoderShape;
  readonly signal?: AbortSignal;
  /** In texts × blocks × variants. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

type PackedBlock = Readonly<Record<EncoderLinear, Packed>> & { readonly norms: readonly [PackedNorm, PackedNorm] };

interface Packed {
  readonly packed: number;
  readonly outputs: number;
  readonly inputs: number;
  /** Address, or 0 for none. */
  readonly bias: number;
}

interface PackedNorm {
  readonly weight: number;
  readonly bias: number;
}

const TYPES = { int8: 0, fp8: 1 } as const;

/** Runs an encoder over texts, block by block, in one thread: its texts are short and its models small. */
export class Encoder {
  private readonly memory: WasmMemory;
  private readonly kernels: ForwardKernels;
  private readonly arena: Arena;

  constructor(private readonly options: EncoderOptions) {
    this.memory = new wasm.Memory({ initial: FORWARD_MEMORY_BASE / PAGE_BYTES, maximum: 65536, shared: true });
    this.kernels = instantiateForward(forwardModule(), this.memory);
    this.arena = new Arena(this.memory, FORWARD_MEMORY_BASE);
  }

  /**
   * Embeddings by mean pooling over all tokens, of length 1, as sentence-transformers makes them.
   *
   * @param texts token ids, special tokens included
   * @returns `[variant][text]`
   */
  async embed(texts: readonly (readonly number[])[], variants: readonly EncoderVariant[]): Promise<Float32Array[][]> {
    const { source, shape, signal, onProgress } = this.options;
    const inputs = await readEncoderInputs(source, shape);
    const streams = variants.map(() => texts.map((text) => this.begin(text, inputs)));
    const total = variants.length * texts.length * shape.layers;
    let done = 0;
    for (let layer = 0; layer < shape.layers; layer++) {
      const block = await readEncoderBlock(source, shape, layer);
      for (const [index, variant] of variants.entries()) {
        const mark = this.arena.mark();
        const packed = this.pack(await variant.block(block, layer));
        const activations =
          typeof variant.activations === 'function' ? variant.activations(layer) : variant.activations;
        for (const [text, x] of streams[index].entries()) {
          signal?.throwIfAborted();
          this.arena.scoped(() => this.run(packed, x, texts[text].length, activations));
          onProgress?.({ done: ++done, total });
        }
        this.arena.release(mark);
        // A signal, a progress bar and Ctrl-C want their turn.
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    return streams.map((own) => own.map((x, text) => this.pool(x, texts[text].length)));
  }

  /**
   * Statistics of the activations of every block at full precision.
   *
   * @param texts token ids, special tokens included
   * @param gram also Σ x·xᵀ: 8·width² bytes for each point
   * @param onBlock called with each block's statistics as they are complete, in their order
   */
  async calibrate(
    texts: readonly (readonly number[])[],
    gram: boolean,
    onBlock: (statistics: Readonly<Record<Point, ActivationStatistics>>, block: EncoderBlock) => void | Promise<void>,
  ): Promise<void> {
    const { source, shape, signal, onProgress } = this.options;
    const inputs = await readEncoderInputs(source, shape);
    const stream = texts.map((text) => this.begin(text, inputs));
    const tokens = texts.reduce((sum, text) => sum + text.length, 0);
    const widths = { attention: shape.hidden, output: shape.hidden, mlp: shape.hidden, down: shape.intermediate };
    const forPoints = <Value>(make: (point: Point) => Value) =>
      Object.fromEntries(POINTS.map((point) => [point, make(point)])) as Record<Point, Value>;
    let done = 0;
    for (let layer = 0; layer < shape.layers; layer++) {
      const block = await readEncoderBlock(source, shape, layer);
      const mark = this.arena.mark();
      const packed = this.pack(block);
      const counted = forPoints((point) => emptyStatistics(this.arena, widths[point], gram));
      for (const [text, x] of stream.entries()) {
        signal?.throwIfAborted();
        this.arena.scoped(() => this.run(packed, x, texts[text].length, everywhere(UNQUANTIZED), counted));
        onProgress?.({ done: ++done, total: texts.length * shape.layers });
      }
      await onBlock(
        forPoints((point) => joinStatistics(this.memory, [counted[point]], widths[point], tokens)),
        block,
      );
      this.arena.release(mark);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  private begin(text: readonly number[], { words, positions, type, norm }: EncoderInputs): number {
    const { hidden } = this.options.shape;
    const at = this.arena.reserve(4 * text.length * hidden);
    const rows = new Float32Array(this.memory.buffer, at, text.length * hidden);
    text.forEach((token, m) => {
      for (let i = 0; i < hidden; i++)
        rows[m * hidden + i] = words[token * hidden + i] + positions[m * hidden + i] + type[i];
    });
    this.arena.scoped(() => this.norm(this.putNorm(norm), at, text.length));
    return at;
  }

  private run(
    block: PackedBlock,
    x: number,
    tokens: number,
    activations: BlockActivations,
    counted?: Readonly<Record<Point, PointStatistics>>,
  ): void {
    const { kernels, arena } = this;
    const { hidden, heads, headDim, intermediate, activation } = this.options.shape;
    const enter = (point: Point, at: number, width: number): void => {
      if (counted !== undefined) countActivations(kernels, arena, at, tokens, width, counted[point]);
      this.enter(point, at, tokens, width, activations);
    };
    const rows = (width: number) => arena.reserve(4 * tokens * width);
    const input = rows(hidden);
    this.copy(x, input, tokens * hidden);
    enter('attention', input, hidden);
    const [q, k, v, attended] = [rows(hidden), rows(hidden), rows(hidden), rows(hidden)];
    this.multiply(input, block.query, q, tokens);
    this.multiply(input, block.key, k, tokens);
    this.multiply(input, block.value, v, tokens);
    const scratch = arena.reserve(kernels.attentionScratchBytes(tokens, headDim, headDim));
    const scale = headDim ** -0.5;
    kernels.attention(
      q,
      hidden,
      k,
      hidden,
      v,
      hidden,
      attended,
      hidden,
      tokens,
      heads,
      heads,
      headDim,
      headDim,
      scale,
      0,
      0,
      0,
      scratch,
    );
    enter('output', attended, hidden);
    this.multiply(attended, block.output, input, tokens);
    kernels.add(input, x, tokens * hidden);
    this.norm(block.norms[0], x, tokens);

    this.copy(x, input, tokens * hidden);
    enter('mlp', input, hidden);
    const wide = rows(intermediate);
    this.multiply(input, block.up, wide, tokens);
    kernels.activate(wide, tokens * intermediate, activation);
    enter('down', wide, intermediate);
    this.multiply(wide, block.down, input, tokens);
    kernels.add(input, x, tokens * hidden);
    this.norm(block.norms[1], x, tokens);
  }

  private enter(point: Point, x: number, tokens: number, width: number, activations: BlockActivations): void {
    const quantization = activations[point];
    if (quantization.kind === 'none') return;
    const type = TYPES[quantization.type];
    if (quantization.kind === 'static') {
      this.kernels.fakeQuantizeStatic(x, tokens * width, quantization.absmax[point], type);
    } else {
      const group = quantization.kind === 'token' ? width : quantization.group;
      this.kernels.fakeQuantizeDynamic(x, tokens, width, width % group === 0 ? group : width, type);
    }
  }

  private pool(x: number, tokens: number): Float32Array {
    const { hidden } = this.options.shape;
    const rows = new Float32Array(this.memory.buffer, x, tokens * hidden);
    const sums = Float64Array.from({ length: hidden }, (_, i) => {
      let sum = 0;
      for (let m = 0; m < tokens; m++) sum += rows[m * hidden + i];
      return sum;
    });
    const length = Math.hypot(...sums);
    return Float32Array.from(sums, (value) => value / length);
  }

  private norm({ weight, bias }: PackedNorm, x: number, tokens: number): void {
    const { hidden, normEpsilon } = this.options.shape;
    this.kernels.layerNorm(x, weight, bias, x, tokens, hidden, normEpsilon);
  }

  private multiply(x: number, { packed, outputs, inputs, bias }: Packed, target: number, tokens: number): void {
    const { kernels, arena } = this;
    arena.scoped(() => {
      const scratch = arena.reserve(kernels.gemmScratchBytes());
      kernels.gemm(x, inputs, packed, target, outputs, tokens, outputs, inputs, scratch);
    });
    if (bias !== 0) kernels.addRow(bias, target, tokens, outputs);
  }

  private pack(block: EncoderBlock): PackedBlock {
    const linears = Object.fromEntries(ENCODER_LINEARS.map((key) => [key, this.packLinear(block[key])]));
    return {
      ...(linears as Record<EncoderLinear, Packed>),
      norms: [this.putNorm(block.attentionNorm), this.putNorm(block.outputNorm)],
    };
  }

  private packLinear({ outputs, inputs, values, bias }: Linear): Packed {
    const packed = this.arena.reserve(this.kernels.packedBytes(outputs, inputs));
    const biasAt = bias === undefined ? 0 : this.put(bias);
    this.arena.scoped(() => this.kernels.packPanels(this.put(values), inputs, 1, outputs, inputs, packed));
    return { packed, outputs, inputs, bias: biasAt };
  }

  private putNorm({ weight, bias }: LayerNorm): PackedNorm {
    return { weight: this.put(weight), bias: this.put(bias) };
  }

  private put(values: Float32Array): number {
    const at = this.arena.reserve(values.byteLength);
    new Float32Array(this.memory.buffer, at, values.length).set(values);
    return at;
  }

  private copy(from: number, to: number, count: number): void {
    new Float32Array(this.memory.buffer).copyWithin(to / 4, from / 4, from / 4 + count);
  }
}
