import { everywhere, UNQUANTIZED } from '../../lib/simulate/forward/activations';
import { Decoder } from '../../lib/simulate/forward/decoder';
import { decoderShape } from '../../lib/simulate/forward/decoder-shape';
import {
  FORWARD_MEMORY_BASE,
  forwardModule,
  instantiateForward,
  plainForwardModule,
} from '../../lib/simulate/forward/module';
import type { StoredTensor, WeightSource } from '../../lib/simulate/forward/weights';
import { Arena, PAGE_BYTES } from '../../lib/simulate/kernels/arena';
import { wasm, type WasmModule } from '../../lib/simulate/kernels/webassembly';

/** The shape of SmolLM2-135M. */
const CONFIG = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: 576,
  intermediate_size: 1536,
  num_hidden_layers: 30,
  num_attention_heads: 9,
  num_key_value_heads: 3,
  vocab_size: 49152,
  max_position_embeddings: 8192,
  rms_norm_eps: 1e-5,
  rope_theta: 100_000,
  tie_word_embeddings: true,
  hidden_act: 'silu',
};

const seconds = (start: number) => (performance.now() - start) / 1000;

function cpuSecondsSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

/** Best pace of a square product of `size` on one thread, in GFLOP/s of the processor's time: others may use the machine as well. */
export function gemmPace(kind: 'plain' | 'relaxed', size: number, rounds: number): number {
  const module: WasmModule = kind === 'plain' ? plainForwardModule() : forwardModule();
  const memory = new wasm.Memory({ initial: FORWARD_MEMORY_BASE / PAGE_BYTES, maximum: 65536, shared: true });
  const kernels = instantiateForward(module, memory);
  const arena = new Arena(memory, FORWARD_MEMORY_BASE);
  const [a, b, c] = [0, 0, 0].map(() => arena.reserve(4 * size * size));
  const packed = arena.reserve(kernels.packedBytes(size, size));
  const scratch = arena.reserve(kernels.gemmScratchBytes());
  new Float32Array(memory.buffer, a, 2 * size * size).forEach(
    (_, i, all) => (all[i] = ((i * 7919) % 1000) / 1000 - 0.5),
  );
  kernels.packPanels(b, size, 1, size, size, packed);
  let best = Infinity;
  for (let round = 0; round < rounds; round++) {
    const start = process.cpuUsage();
    kernels.gemm(a, size, packed, c, size, size, size, size, scratch);
    best = Math.min(best, cpuSecondsSince(start));
  }
  return (2 * size ** 3) / best / 1e9;
}

/** What a forward pass took. */
export interface DecoderPace {
  /** By the clock: what it takes on cores that nothing else uses. */
  readonly seconds: number;
  /** Of the processor, all threads together: steady on a machine that others use too. */
  readonly cpuSeconds: number;
  /** Of the products of matrices, over the processor's seconds. */
  readonly gflopsPerCore: number;
}

/** Full precision and `variants` copies of it over the tokens, logits and figures included; weights are there before it starts. */
export async function decoderPace(tokens: number, threads: number, variants: number): Promise<DecoderPace> {
  const shape = decoderShape(CONFIG);
  const windows = Array.from({ length: tokens / 512 }, (_, window) =>
    Array.from({ length: 512 }, (_token, i) => (i * 7919 + window * 104729) % shape.vocabulary),
  );
  const source = new RandomWeights();
  await Promise.all(TENSORS.map((name) => source.read(name)));
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  await new Decoder({ source, shape, threads }).evaluate(
    windows,
    Array.from({ length: variants }, (_, index) => ({
      name: String(index),
      activations: everywhere(UNQUANTIZED).down,
      kv: 'fp8' as const,
      block: (block) => block,
    })),
  );
  const cpuSeconds = cpuSecondsSince(cpu);
  const { hidden, heads, kvHeads, headDim, intermediate, layers, vocabulary } = shape;
  const block = hidden * headDim * (2 * heads + 2 * kvHeads) + 3 * hidden * intermediate;
  // A token sees half of its window on average: once for scores, once for values.
  const operations = 2 * tokens * (1 + variants) * (layers * (block + 512 * heads * headDim) + hidden * vocabulary);
  return { seconds: seconds(start), cpuSeconds, gflopsPerCore: operations / cpuSeconds / 1e9 };
}

/** One of each shape: all layers share them. */
const TENSORS = ['embed_tokens', 'norm', 'k_proj', 'gate_proj', 'down_proj', 'q_proj'];

/** Weights of the right shape, made when they are first asked for and kept. */
class RandomWeights implements WeightSource {
  private readonly made = new Map<string, StoredTensor>();

  has(name: string): boolean {
    return !/bias|_norm\.weight|qkv_proj|gate_up_proj|lm_head/.test(name) || /layernorm/.test(name);
  }

  async read(name: string): Promise<StoredTensor> {
    const shape = shapeOf(name);
    const known = this.made.get(shape.join());
    if (known !== undefined) return known;
    let state = 1;
    const values = new Float32Array(shape.reduce((product, size) => product * size, 1)).map(() => {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      return shape.length === 1 ? 1 : (state / 2 ** 31) * 0.05;
    });
    const tensor: StoredTensor = { shape, dtype: 'F32', data: new Uint8Array(values.buffer), values };
    this.made.set(shape.join(), tensor);
    return tensor;
  }
}

function shapeOf(name: string): number[] {
  const { hidden_size: hidden, intermediate_size: intermediate, vocab_size: vocabulary } = CONFIG;
  if (/embed_tokens/.test(name)) return [vocabulary, hidden];
  if (/norm/.test(name)) return [hidden];
  if (/[kv]_proj/.test(name)) return [192, hidden];
  if (/(gate|up)_proj/.test(name)) return [intermediate, hidden];
  if (/down_proj/.test(name)) return [hidden, intermediate];
  return [hidden, hidden];
}
