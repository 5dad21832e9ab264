import type { ModelDescription } from '../../model/types';
import type { Scheme } from '../../scheme/types';
import { rememberedOfModel } from '../remember';

/**
 * A kernel that has next to nothing to move, within a CUDA graph. On an H100, weights not in its cache: 1.1 µs an addition, 2.2 a norm, 4.5 the
 * smallest product with a matrix, 10 a softmax with its top-k; a product takes 3 µs more than its bytes, one of chosen experts no longer
 * (PyTorch 2.11 and Triton 3.6, November 2026).
 */
const KERNEL_SECONDS = 3.5e-6;

/**
 * What a layer with experts starts beyond a dense one: the router's product, softmax and top-k, sorting tokens by expert, clearing and summing
 * what the experts give, each chosen expert's own start. The experts of Qwen3-30B-A3B in FP8 take 40 to 45 µs of an H100 at batch 1, of which
 * reading them is 13. Sources: vllm/model_executor/layers/fused_moe/fused_moe.py, `fused_experts_impl`; vllm PR 24700.
 */
const ROUTING = 9;
/** TensorRT-LLM's kernels for Blackwell's server chips route, multiply and sum in few. Source: flashinfer/fused_moe/core.py, `trtllm_fp4_block_scale_moe`. */
const FUSED_ROUTING = 3;
/** Experts that every token goes to: two products, the activation between, the sum. */
const SHARED_EXPERTS = 4;
/** Latent attention: products down to the latent and up from it, the norms between, both absorbed products. Source: vllm/v1/attention/backends/mla/common.py. */
const LATENT = 5;
/**
 * Sparse attention's choice of tokens: its own queries, keys and weights, their norm, rotation and quantizing, its cache, the scores, the
 * top-k. Source: vllm/model_executor/models/deepseek_v2.py, `Indexer`, of 0.11.0.
 */
const INDEXER = 12;
/** A recurrent layer: convolution, gates, the recurrence, the gated norm. Source: vllm/model_executor/models/qwen3_next.py, `Qwen3NextGatedDeltaNet`. */
const RECURRENT = 6;
/** Activations quantized before each product: attention's two and the feed-forward's two. Source: vllm/model_executor/layers/quantization/utils/fp8_utils.py. */
const QUANTIZING = 4;

/** Blackwell's server chips, by compute capability × 10. */
const SERVER_BLACKWELL: readonly [number, number] = [100, 109];

/**
 * Seconds that kernels take in one step to start, all layers, beyond those of a dense layer in 16 bits.
 *
 * @param sm compute capability × 10
 */
export function extraLaunchSeconds(model: ModelDescription, scheme: Scheme, sm = 0): number {
  const { mixed, shared, recurrent } = layerKinds(model);
  const server = sm >= SERVER_BLACKWELL[0] && sm <= SERVER_BLACKWELL[1];
  const routing = server && /fp4$/.test((scheme.experts ?? scheme).name) ? FUSED_ROUTING : ROUTING;
  const everywhere =
    (model.mla === undefined ? 0 : LATENT) +
    (Number(model.textConfig.index_topk ?? 0) > 0 ? INDEXER : 0) +
    (scheme.activationBits < 16 ? QUANTIZING : 0);
  return (
    KERNEL_SECONDS * (mixed * routing + shared * SHARED_EXPERTS + recurrent * RECURRENT + model.numLayers * everywhere)
  );
}

interface LayerKinds {
  /** Layers with experts. */
  readonly mixed: number;
  /** Those of them where every token also goes through a feed-forward of its own. */
  readonly shared: number;
  readonly recurrent: number;
}

function layerKinds(model: ModelDescription): LayerKinds {
  return rememberedOfModel(model, 'layer kinds', () => {
    const mixed = new Set(model.weights.flatMap(({ role, layers }) => (role === 'expert' ? layers : [])));
    const shared = model.weights.find(
      ({ role, name, layers }) =>
        role === 'linear' && OUT_OF_FEED_FORWARD.test(name) && layers.some((at) => mixed.has(at)),
    );
    return {
      mixed: mixed.size,
      shared: shared === undefined ? 0 : shared.layers.filter((at) => mixed.has(at)).length,
      recurrent: model.kv.reduce((sum, { kind, layers }) => sum + (kind === 'recurrent' ? layers : 0), 0),
    };
  });
}

/** The last matrix of a feed-forward. */
const OUT_OF_FEED_FORWARD = /\.(down_proj|shared_mlp\.output_linear)\.weight$/;
