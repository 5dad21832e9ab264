import { Arena } from '../kernels/arena';
import type { WasmMemory, WasmModule } from '../kernels/webassembly';
import type { Point } from './activations';
import type {
  AttendJob,
  AttentionJob,
  BlockJob,
  DecoderJob,
  Entry,
  ExpertJob,
  LogitsJob,
  PackedAttention,
  PackedLinear,
  PackedMlp,
  ScoreJob,
} from './decoder-jobs';
import type { DecoderShape } from './decoder-shape';
import { kvScratchBytes, kvTypes, storeInCache } from './kv-cache';
import { instantiateForward, type ForwardKernels } from './module';
import { countActivations } from './point-statistics';
import { chooseExperts, routesOf } from './routes';

/** Tokens whose logits are held at once: a vocabulary is wide. */
const SCORE_ROWS = 32;

const TYPES = { int8: 0, fp8: 1 } as const;

/** One thread of the forward pass: its own instance of the kernels and its own slot of the shared memory. */
export class DecoderThread {
  private readonly kernels: ForwardKernels;
  private readonly arena: Arena;

  constructor(
    module: WasmModule,
    private readonly memory: WasmMemory,
    private readonly shape: DecoderShape,
    slot: { readonly start: number; readonly end: number },
  ) {
    this.kernels = instantiateForward(module, memory);
    this.arena = new Arena(memory, slot.start, slot.end);
  }

  /** Bytes of the slot that a thread takes for windows of `tokens`. */
  static slotBytes(module: WasmModule, memory: WasmMemory, shape: DecoderShape, tokens: number, gram: boolean): number {
    const kernels = instantiateForward(module, memory);
    const queries = shape.heads * shape.headDim;
    const keys = shape.kvHeads * shape.headDim;
    const { mixture } = shape;
    const intermediate = Math.max(
      shape.intermediate,
      mixture?.intermediate ?? 0,
      mixture?.sharedIntermediate ?? 0,
      mixture?.experts ?? 0,
    );
    const widest = Math.max(shape.hidden, queries, intermediate);
    const block =
      4 * tokens * (2 * shape.hidden + 2 * queries + 2 * keys + 2 * intermediate) +
      kernels.attentionScratchBytes(tokens, shape.headDim, shape.headDim) +
      (gram ? kernels.gramScratchBytes(tokens, widest) : 0);
    const score = 4 * tokens * shape.hidden + 4 * SCORE_ROWS * (shape.hidden + 2 * ((shape.vocabulary + 3) & ~3));
    // A cache line for each piece, and the scratch of the products and of the cache.
    return Math.max(block, score) + kernels.gemmScratchBytes() + kvScratchBytes(kernels) + 64 * 16;
  }

  run(job: DecoderJob): void {
    this.arena.scoped(() => {
      if (job.kind === 'block') this.block(job);
      else if (job.kind === 'attend') this.attend(job);
      else if (job.kind === 'expert') this.expert(job);
      else if (job.kind === 'score') this.score(job);
      else this.logits(job);
    });
  }

  private block(job: BlockJob): void {
    const { block, x, tokens } = job;
    const { shape, kernels, arena } = this;
    arena.scoped(() => this.attention(job));
    const input = arena.reserve(4 * tokens * shape.hidden);
    this.norm(x, block.mlpNorm, input, tokens);
    this.feedForward(block, input, tokens, job);
    if (block.mlpOutputNorm !== 0) this.norm(input, block.mlpOutputNorm, input, tokens);
    kernels.add(input, x, tokens * shape.hidden);
  }

  private attend(job: AttendJob): void {
    const { block, x, tokens, router, routes } = job;
    const { shape, arena, memory } = this;
    if (shape.mixture === undefined) throw new RangeError('only a mixture of experts has a router');
    arena.scoped(() => this.attention(job));
    const input = arena.reserve(4 * tokens * shape.hidden);
    this.norm(x, block.mlpNorm, input, tokens);
    const logits = arena.reserve(4 * tokens * router.outputs);
    this.multiply(input, router, logits, tokens);
    const values = new Float32Array(memory.buffer, logits, tokens * router.outputs);
    chooseExperts(values, shape.mixture, routesOf(memory, routes, tokens, shape.mixture));
  }

  private expert(job: ExpertJob): void {
    const { mlp, norm, x, output, sharedGate } = job;
    const { kernels, arena, memory } = this;
    const { hidden } = this.shape;
    const { tokens, shares } = this.chosen(job);
    if (tokens.length === 0) return;
    const bytes = new Uint8Array(memory.buffer);
    const input = arena.reserve(4 * tokens.length * hidden);
    tokens.forEach((token, row) => {
      const at = x + 4 * token * hidden;
      bytes.copyWithin(input + 4 * row * hidden, at, at + 4 * hidden);
    });
    this.norm(input, norm, input, tokens.length);
    const gates = sharedGate && arena.reserve(4 * tokens.length);
    this.feedForward(mlp, input, tokens.length, job, () => {
      if (sharedGate !== undefined && gates !== undefined) this.multiply(input, sharedGate, gates, tokens.length);
    });
    const weights = gates === undefined ? shares : new Float32Array(memory.buffer, gates, tokens.length).map(sigmoid);
    tokens.forEach((token, row) => {
      const at = input + 4 * row * hidden;
      kernels.scale(at, weights[row], hidden);
      kernels.add(at, output + 4 * token * hidden, hidden);
    });
  }

  /** The tokens that pass an expert, in their order, and the shares they take of it. */
  private chosen({ expert, tokens, routes, sharedGate }: ExpertJob): { tokens: number[]; shares: number[] } {
    const { mixture } = this.shape;
    if (mixture === undefined) throw new RangeError('only a mixture of experts has any');
    if (sharedGate !== undefined) return { tokens: Array.from({ length: tokens }, (_, token) => token), shares: [] };
    const { experts, shares } = routesOf(this.memory, routes, tokens, mixture);
    const found: { tokens: number[]; shares: number[] } = { tokens: [], shares: [] };
    experts.forEach((chosen, index) => {
      if (chosen !== expert) return;
      found.tokens.push(Math.floor(index / mixture.perToken));
      found.shares.push(shares[index]);
    });
    return found;
  }

  /**
   * A feed-forward, whose output replaces its input.
   *
   * @param beside reads the same input, as it enters
   */
  private feedForward(mlp: PackedMlp, x: number, tokens: number, entry: Entry, beside?: () => void): void {
    const { shape, kernels, arena } = this;
    const width = mlp.gate.outputs;
    arena.scoped(() => {
      this.enter('mlp', x, shape.hidden, tokens, entry);
      beside?.();
      const [gate, up] = [arena.reserve(4 * tokens * width), arena.reserve(4 * tokens * width)];
      this.multiply(x, mlp.gate, gate, tokens);
      this.multiply(x, mlp.up, up, tokens);
      kernels.activateGated(gate, up, tokens * width, shape.activation);
      this.enter('down', gate, width, tokens, entry);
      this.multiply(gate, mlp.down, x, tokens);
    });
  }

  private attention(job: AttentionJob): void {
    const { block, x, tokens } = job;
    const { shape, kernels, arena } = this;
    const queries = shape.heads * shape.headDim;
    const keys = shape.kvHeads * shape.headDim;
    const rows = (width: number) => arena.reserve(4 * tokens * width);

    const input = rows(shape.hidden);
    this.norm(x, block.attentionNorm, input, tokens);
    this.enter('attention', input, shape.hidden, tokens, job);
    const [q, k, v] = [rows(queries), rows(keys), rows(keys)];
    this.multiply(input, block.query, q, tokens);
    this.multiply(input, block.key, k, tokens);
    this.multiply(input, block.value, v, tokens);
    this.place(block, q, shape.heads, block.queryNorm, tokens);
    this.place(block, k, shape.kvHeads, block.keyNorm, tokens);
    const { headDim } = shape;
    const types = kvTypes(job.kv);
    storeInCache(kernels, arena, k, tokens * keys, { type: types.keys, part: 'keys', headDim });
    storeInCache(kernels, arena, v, tokens * keys, { type: types.values, part: 'values', headDim });

    const attended = rows(queries);
    arena.scoped(() => {
      const scratch = arena.reserve(kernels.attentionScratchBytes(tokens, shape.headDim, shape.headDim));
      kernels.attention(
        q,
        queries,
        k,
        keys,
        v,
        keys,
        attended,
        queries,
        tokens,
        shape.heads,
        shape.kvHeads,
        shape.headDim,
        shape.headDim,
        shape.attentionScale,
        block.window,
        shape.attentionSoftcap,
        1,
        scratch,
      );
    });
    this.enter('output', attended, queries, tokens, job);
    const output = rows(shape.hidden);
    this.multiply(attended, block.output, output, tokens);
    if (block.attentionOutputNorm !== 0) this.norm(output, block.attentionOutputNorm, output, tokens);
    kernels.add(output, x, tokens * shape.hidden);
  }

  /** Activations on their way into linear layers: counted, then quantized as the scheme has it. */
  private enter(point: Point, x: number, width: number, tokens: number, { activations, statistics }: Entry): void {
    const { kernels } = this;
    const counted = statistics?.[point];
    if (counted !== undefined) countActivations(kernels, this.arena, x, tokens, width, counted);
    const quantization = activations[point];
    if (quantization.kind === 'none') return;
    const type = TYPES[quantization.type];
    if (quantization.kind === 'static') {
      kernels.fakeQuantizeStatic(x, tokens * width, quantization.absmax[point], type);
    } else {
      const group = quantization.kind === 'token' ? width : quantization.group;
      kernels.fakeQuantizeDynamic(x, tokens, width, width % group === 0 ? group : width, type);
    }
  }

  /** Norms of single heads where the model has them, then positions. */
  private place(block: PackedAttention, x: number, heads: number, norm: number, tokens: number): void {
    const { shape, kernels } = this;
    if (norm !== 0) {
      const { headDim, normEpsilon, normOffset, normsAllHeads } = shape;
      const [rows, width] = normsAllHeads ? [tokens, heads * headDim] : [tokens * heads, headDim];
      kernels.rmsNorm(x, norm, x, rows, width, width, normEpsilon, normOffset);
    }
    if (block.rotary === 0) return;
    const { cosines, sines, rotary } = block;
    kernels.rotate(x, cosines, sines, tokens, heads, shape.headDim, rotary, heads * shape.headDim, 0);
  }

  private norm(source: number, weight: number, target: number, rows: number): void {
    const { hidden, normEpsilon, normOffset } = this.shape;
    this.kernels.rmsNorm(source, weight, target, rows, hidden, hidden, normEpsilon, normOffset);
  }

  private multiply(x: number, linear: PackedLinear, target: number, rows: number): void {
    const { kernels, arena } = this;
    const { outputs, inputs, packed, bias } = linear;
    arena.scoped(() => {
      const scratch = arena.reserve(kernels.gemmScratchBytes());
      kernels.gemm(x, inputs, packed, target, outputs, rows, outputs, inputs, scratch);
    });
    if (bias !== 0) kernels.addRow(bias, target, rows, outputs);
  }

  private logits({ x, norm, head, tokens, logits }: LogitsJob): void {
    const normal = this.arena.reserve(4 * tokens * this.shape.hidden);
    this.norm(x, norm, normal, tokens);
    this.multiply(normal, head, logits, tokens);
    this.cap(logits, tokens * head.outputs);
  }

  private cap(logits: number, count: number): void {
    // Logits lie in rows that need not end on a vector: what follows them is scratch.
    if (this.shape.finalSoftcap !== 0) this.kernels.softcap(logits, this.shape.finalSoftcap, (count + 3) & ~3);
  }

  private score({ norm, head, streams, tokens, targets, results }: ScoreJob): void {
    const { arena, shape } = this;
    const vocabulary = shape.vocabulary;
    const normal = arena.reserve(4 * SCORE_ROWS * shape.hidden);
    const exact = arena.reserve(4 * SCORE_ROWS * vocabulary);
    const other = arena.reserve(4 * SCORE_ROWS * vocabulary);
    for (let first = 0; first < tokens; first += SCORE_ROWS) {
      const rows = Math.min(SCORE_ROWS, tokens - first);
      streams.forEach((stream, index) => {
        const logits = index === 0 ? exact : other;
        this.norm(stream + 4 * first * shape.hidden, norm, normal, rows);
        this.multiply(normal, head, logits, rows);
        this.cap(logits, rows * vocabulary);
        const at = results + 24 * (index * tokens + first);
        this.compare(exact, logits, rows, targets + 4 * first, at);
      });
    }
  }

  /** Fills the figures of `rows` tokens: see `ScoreJob.results`. */
  private compare(exact: number, logits: number, rows: number, targets: number, results: number): void {
    const { kernels, memory, shape } = this;
    const expected = new Int32Array(memory.buffer, targets, rows);
    const values = new Float32Array(memory.buffer);
    const figures = new Float64Array(memory.buffer, results, rows * 3);
    for (let row = 0; row < rows; row++) {
      const target = expected[row];
      if (target < 0) {
        figures.fill(NaN, row * 3, row * 3 + 3);
        continue;
      }
      const [p, q] = [exact + 4 * row * shape.vocabulary, logits + 4 * row * shape.vocabulary];
      const qLogSum = kernels.logSumExp(q, shape.vocabulary);
      const pLogSum = p === q ? qLogSum : kernels.logSumExp(p, shape.vocabulary);
      figures[row * 3] = qLogSum - values[q / 4 + target];
      figures[row * 3 + 1] = p === q ? 0 : kernels.divergence(p, pLogSum, q, qLogSum, shape.vocabulary);
      figures[row * 3 + 2] =
        p === q || kernels.argmax(p, shape.vocabulary) === kernels.argmax(q, shape.vocabulary) ? 1 : 0;
    }
  }
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}
