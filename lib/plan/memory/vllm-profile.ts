import { isSince } from '../../endpoint/version';
import { usesV1 } from '../../endpoint/vllm-engine';
import type { EffectiveOptions } from '../../endpoint/types';
import type { ModelDescription } from '../../model/types';
import { GIB } from '../../units';
import { vocabularyRows } from '../weights/shard';
import { communicationBytes, type Links } from './communicators';
import { visionInOneRun, visionRun, type VisionRotation } from './vision-profile';

/** vLLM as it behaves by version; `undefined` is the newest. */
export class VllmVersion {
  /**
   * @param isV1 its V1 engine; the default from 0.8 on.
   * @param asksForFlashInfer is FlashInfer to sample?
   * @param secondRunner does its second model runner serve? The default from 0.29 on.
   */
  constructor(
    private readonly version: readonly number[] | undefined,
    readonly isV1: boolean = usesV1(version, undefined),
    private readonly asksForFlashInfer: boolean = false,
    private readonly secondRunner: boolean = isSince(version, 0, 29),
  ) {}

  /** Newer than everything, where no version is known. */
  since(...least: number[]): boolean {
    return isSince(this.version, ...least);
  }

  /** Layers with a window get their own groups of blocks. Source: vllm PR 17996 (0.9.2). */
  get hasHybridCache(): boolean {
    return this.isV1 && this.since(0, 9, 2);
  }

  /** `GPU KV cache size` is concurrency × context. Source: vllm/v1/core/kv_cache_utils.py of 0.20.0 and 0.20.2. */
  get countsConcurrency(): boolean {
    return this.since(0, 20, 2);
  }

  /**
   * CUDA graphs come out of the budget; with the second model runner from 0.29 on, as before it says that they take nothing.
   * Sources: vllm/envs.py of 0.19.0 and 0.20.0, VLLM_MEMORY_PROFILER_ESTIMATE_CUDAGRAPHS; vllm/v1/worker/gpu/model_runner.py of 0.22.0,
   * 0.28.0 and 0.29.0, `profile_cudagraph_memory`.
   */
  get budgetsGraphs(): boolean {
    return this.since(0, 20) && (!this.secondRunner || this.since(0, 29));
  }

  /** The driver is asked how much is taken; before, only PyTorch for what it had allocated. Source: vllm PR 2031 (0.2.5). */
  get asksDriver(): boolean {
    return this.since(0, 2, 5);
  }

  /**
   * Memory that was taken before the engine started counts against it: the CUDA context, in 0.2.5, in 0.6.4 and in V1 until 0.9.1.
   * Sources: vllm/worker/worker.py of 0.3.3, 0.6.3 and 0.6.4, `init_gpu_memory`; vllm/v1/worker/gpu_worker.py.
   */
  get countsContext(): boolean {
    if (this.isV1) return !this.since(0, 9, 2);
    return this.asksDriver && (!this.since(0, 3, 3) || (this.since(0, 6, 4) && !this.since(0, 6, 5)));
  }

  /** V0 as it prints `non_torch_memory`. Source: vllm/worker/worker.py of 0.6.3 and 0.6.4. */
  get printsNonTorch(): boolean {
    return !this.isV1 && this.since(0, 6, 4);
  }

  /** What PyTorch keeps reserved counts as used, not only what it has allocated: until 0.6.3. Source: vllm/worker/worker.py of 0.6.3 and 0.6.4. */
  get countsReserved(): boolean {
    return this.asksDriver && !this.since(0, 6, 4);
  }

  /** Each all-reduce keeps its tensor until the run has ended. Source: vllm/worker/worker.py of 0.2.6, TORCH_NCCL_AVOID_RECORD_STREAMS. */
  get keepsReduced(): boolean {
    return this.asksDriver && !this.since(0, 2, 6);
  }

  /**
   * V0's images bring no flash-attn, which has a kernel for it: "we use xformers backend instead". A log of 0.7.3 prints 4.06 GiB for the 3B.
   * Source: vllm/model_executor/models/qwen2_5_vl.py, `Qwen2_5_VisionAttention`, of 0.10.2, 0.11.0 and 0.11.1; qwen2_vl.py of 0.8.3,
   * `apply_rotary_emb_torch`; vision.py of 0.8.3, `get_vit_attn_backend`.
   */
  get visionRotation(): VisionRotation {
    if (!this.isV1) return 'by operations';
    if (this.since(0, 11, 1)) return 'in place';
    return this.since(0, 11) ? 'joined' : 'in turn';
  }

  /**
   * An image encoder's ranks give each other their queries, keys and values; a log of 0.7.3 runs out of memory putting these in order. V1 has
   * the same code, but a log of 0.9.0 with two ranks has no room for it. Sources: github.com/QwenLM/Qwen3-VL/issues/923;
   * vllm/model_executor/models/qwen2_vl.py of 0.6.4 and 0.7.0, `split_qkv`.
   */
  get gathersProjection(): boolean {
    return !this.isV1 && this.since(0, 7);
  }

  /** Bytes of each value of a pixel on the device: until 0.8.5 as the processor makes it. Source: vllm/multimodal/inputs.py of 0.8.5 and 0.9.0, `as_kwargs`. */
  pixelBytes(elementBytes: number): number {
    return this.since(0, 9) ? elementBytes : 4;
  }

  /** Tokens for which experts are computed at a time. Source: vllm/envs.py of 0.5.1 to 0.17.0, VLLM_FUSED_MOE_CHUNK_SIZE. */
  get expertTokens(): number {
    if (this.since(0, 18) || !this.since(0, 5, 1)) return Infinity;
    if (this.since(0, 12)) return 16_384;
    return this.since(0, 5, 4) ? 32_768 : 65_536;
  }

  /** What is taken is read from the driver, with what PyTorch cannot give back: from 0.27. Source: vllm/utils/mem_utils.py of 0.26.0 and 0.27.0, `total_consumed`. */
  get readsConsumption(): boolean {
    return this.since(0, 27);
  }

  /**
   * Bytes of each logit at the sampler's peak, over `max_num_seqs` rows: the logits in 16 bits and in float32 (6), then what sorting them
   * takes (values and int64 indices with the sort's own buffers, masks, probabilities and their sums): 39 in all in V0, 38.2 in V1, as seven
   * logs of 0.10 and 0.11 print to within a percent, with vocabularies of 128 K to 201 K. From 0.17 a Triton kernel, from 0.21 FlashInfer
   * filter without a sort: 16, as logs of 0.19 and 0.27 print. V1 asks FlashInfer before, too, where `VLLM_USE_FLASHINFER_SAMPLER` says so
   * (a log of 0.10.0 prints 15); until 0.11.0 also unasked, where it is installed, which nothing in a configuration tells. V1 before 0.8
   * computes logits and samples none. The second model runner has neither a temperature nor a filter to apply to what it makes up: logits
   * in 16 bits and in float32 (in 0.26 and 0.27 without the latter: a log of 0.27.1 prints 0.15 GiB for 256
   * sequences of Qwen3-4B).
   * Sources: vllm/v1/worker/gpu/sample/sampler.py of 0.22.0 to 0.31.0 and sample/states.py of 0.28.0, `get_top_k_top_p`; vllm/model_executor/layers/sampler.py; vllm/v1/sample/ops/topk_topp_sampler.py of each version;
   * llm-d-planner docs/empirical-vllm-memory-results.md.
   */
  get samplerBytesPerLogit(): number {
    if (this.secondRunner) return this.since(0, 26) && !this.since(0, 28) ? LOGITS_ALONE : UNPROCESSED_LOGITS;
    if (this.since(0, 17)) return 16;
    if (this.isV1 && !this.since(0, 8)) return LOGITS_ALONE;
    if (this.isV1) return this.asksForFlashInfer ? 16 : 38.2;
    return 39;
  }
}

/** Tokens that the profiling run puts through the model, and sequences it samples for. */
export interface ProfileRun {
  readonly tokens: number;
  readonly sequences: number;
  /** Those of images and of videos, where the encoder and the text model run in one. */
  readonly imageTokens?: number;
  readonly videoTokens?: number;
  /** Pixels of the largest image, where they are limited. */
  readonly pixels?: number;
  /** Tokens for whose embeddings room is kept, where that is more than the encoder makes. */
  readonly videoRoom?: number;
}

/**
 * In V0 from 0.6.4, a chunked run on one GPU shows no sampler in its peak: 0.06 GiB for 512 tokens of Llama-3.1-8B (0.6.4), 0.22 for 2,048
 * (0.7.3), which is the forward pass alone. With two GPUs it does (0.7.2), and where what PyTorch reserves counts (1.3 GiB for those 512
 * tokens with the worker of 0.6.3).
 */
export function profileRun(options: EffectiveOptions, context: number, version: VllmVersion): ProfileRun {
  const sequences = Math.max(1, options.maxNumSeqs ?? 256);
  const tokens = Math.max(1, options.maxNumBatchedTokens ?? Math.max(2048, context));
  const isAlone = !version.isV1 && options.tensorParallelSize === 1 && version.since(0, 6, 4);
  const samples = !isAlone || options.enableChunkedPrefill !== true;
  return { tokens, sequences: samples ? Math.min(sequences, tokens) : 0 };
}

/**
 * Peak of the profiling run: the larger of one layer's forward pass over all its tokens and the sampler over all sequences, beside what a
 * multimodal model's encoder has left; the encoder itself may be larger still.
 *
 * Forward: the input, residual and normed copy of each token, and in the feed-forward the joined gate and up projections and their product.
 * A mixture of experts holds, for each token and chosen expert, both intermediate products and the output; or has room of its own for them,
 * which it keeps, and which is as large as what else is worked on in it.
 * Checked against published peaks: Llama-3.1-8B at 20,000 tokens 2.07 GiB, at 29,000 2.99 GiB (vLLM 0.6).
 */
export function activationBytes(
  model: ModelDescription,
  run: ProfileRun,
  version: VllmVersion,
  tensorParallel: number,
  elementBytes: number,
  workspaceElements = 0,
  leastWorkspace = 0,
): number {
  const hidden = run.tokens * 3 * model.hiddenSize;
  const feedForward = workspaceElements > 0 ? 0 : feedForwardElements(model, run.tokens, version, tensorParallel);
  const reserved = version.countsReserved ? reservedElements(model, run.tokens, tensorParallel) : 0;
  const outputs = feedForwardOutputs(model, run.tokens, version, tensorParallel);
  const forward = elementBytes * (hidden + Math.max(feedForward, reserved) + outputs);
  const sampler =
    model.kind === 'encoder' ? 0 : run.sequences * vocabularyRows(model.vocabSize) * version.samplerBytesPerLogit;
  const base = run.tokens * model.hiddenSize * elementBytes * KEPT_STATES;
  // Two all-reduces a layer: after attention and after the feed-forward.
  const reduced =
    version.keepsReduced && tensorParallel > 1 ? 2 * model.numLayers * run.tokens * model.hiddenSize * elementBytes : 0;
  const ranks = { tensorParallel, rotation: version.visionRotation, gathers: version.gathersProjection };
  const { imageTokens, videoTokens = 0 } = run;
  const inOne = imageTokens !== undefined;
  const vision = inOne
    ? visionInOneRun(
        model,
        { imageTokens, videoTokens, pixelBytes: version.pixelBytes(elementBytes) },
        ranks,
        elementBytes,
      )
    : visionRun(model, run.tokens, ranks, elementBytes, run.pixels, run.videoRoom);
  // V0 profiles other images and text in one run each.
  const expertTokens = Math.min(run.tokens, version.expertTokens);
  const workspace = Math.max(expertTokens * elementBytes * workspaceElements, leastWorkspace);
  const kept = (version.isV1 || inOne ? vision.outputs : 0) + workspace;
  return Math.max(vision.peak, kept + forward, kept + sampler + base) + reduced;
}

/**
 * Dense models that keep the joined products until the feed-forward has returned; Llama, and what is built on it, lets them go.
 * Source: vllm/model_executor/models of 0.6.4, 0.7.3, 0.8.5 and 0.10.0: `gate_up, _ = self.gate_up_proj(x)`, or `x, _ = …`.
 */
const KEEPS_PRODUCTS =
  /^(baichuan|cohere2?|exaone4?|gemma([23](_text)?)?|granite|internlm2|minicpm|olmo2?|orion|qwen[23]?|qwen2(_5)?_vl|solar|stablelm)$/;

/**
 * What the end of a dense layer's feed-forward holds beyond its products: in V0, which does not compile the model, its output, what the ranks
 * add up of it in a tensor of their own, and no longer the joined products, except where the model keeps these. Logs of Qwen2.5-VL print it:
 * 2.51 GiB for the 72B on four GPUs (0.8.3), 4.93 and, without videos, 2.47 for the 7B on one.
 * Sources: vllm/model_executor/models/llama.py and qwen2.py of 0.6.4 to 0.10.0, `LlamaMLP` and `Qwen2MLP`;
 * vllm/distributed/device_communicators/pynccl.py of 0.6.4 and 0.6.6, `all_reduce`.
 */
function feedForwardOutputs(
  model: ModelDescription,
  tokens: number,
  version: VllmVersion,
  tensorParallel: number,
): number {
  if (version.isV1 || !version.since(0, 6, 4) || model.moe !== undefined) return 0;
  const outputs = tensorParallel > 1 && version.since(0, 6, 6) ? 2 : 1;
  const released = KEEPS_PRODUCTS.test(model.modelType) ? 0 : 2 * Math.ceil(model.intermediateSize / tensorParallel);
  return tokens * Math.max(0, outputs * model.hiddenSize - released);
}

/** In 16 bits. Source: vllm/v1/worker/gpu_model_runner.py of 0.7.3, `profile_run`. */
const LOGITS_ALONE = 2;

/** Those that are sampled as they are: in 16 bits, and in float32. */
const UNPROCESSED_LOGITS = 6;

/** Copies of the hidden states that live on while the sampler runs; from logs of one version with hidden sizes of 1 K to 8 K. */
const KEPT_STATES = 1.28;

/** Values, keys and queries of latent attention are padded to this for FlashAttention. Source: vllm/model_executor/models/deepseek_v2.py of 0.5.4. */
const PADDED_HEAD = 256;

/**
 * What PyTorch has reserved for a layer beside the hidden states. Tensors of attention are freed before the feed-forward starts, but each
 * is too small for the products of a dense layer, which takes segments of its own; those of experts fit what is there.
 * Source: PyTorch c10/cuda/CUDACachingAllocator.cpp: a segment is split, but segments are not joined.
 */
function reservedElements(model: ModelDescription, tokens: number, tensorParallel: number): number {
  const { numAttentionHeads, numKvHeads, headDim, mla, textConfig } = model;
  const heads = Math.ceil(numAttentionHeads / tensorParallel);
  const isDense = model.moe === undefined || Number(textConfig.first_k_dense_replace ?? 0) > 0;
  const dense = isDense ? 3 * Math.ceil(model.intermediateSize / tensorParallel) : 0;
  if (mla === undefined) return tokens * (2 * headDim * (heads + Math.ceil(numKvHeads / tensorParallel)) + dense);
  const { kvLoraRank, ropeHeadDim } = mla;
  const key = Number(textConfig.qk_nope_head_dim ?? headDim);
  const value = Number(textConfig.v_head_dim ?? headDim);
  const attention = heads * (2 * (key + ropeHeadDim) + key + value + 4 * PADDED_HEAD) + 2 * kvLoraRank + ropeHeadDim;
  return tokens * (attention + dense);
}

/** Experts' products: the first and the output share a buffer since 0.8. Source: vllm/model_executor/layers/fused_moe/fused_moe.py of 0.7.3 and 0.8.5. */
function feedForwardElements(
  model: ModelDescription,
  tokens: number,
  version: VllmVersion,
  tensorParallel: number,
): number {
  if (model.moe === undefined) return tokens * 3 * Math.ceil(model.intermediateSize / tensorParallel);
  const { expertsPerToken, expertIntermediateSize } = model.moe;
  const { hiddenSize } = model;
  const intermediate = Math.ceil(expertIntermediateSize / tensorParallel);
  const ends = version.since(0, 8) ? Math.max(2 * intermediate, hiddenSize) : 2 * intermediate + hiddenSize;
  return Math.min(tokens, version.expertTokens) * expertsPerToken * (ends + intermediate);
}

/**
 * What is taken outside of PyTorch's allocations: library workspaces on one GPU, and what the ranks need to speak to each other. Published
 * logs (0.6.4 and later print it): 0.05–0.14 GiB on one GPU; with V0 0.01 and 0.04 on a T4 and an RTX 2060, where it computes attention with
 * xFormers; 0.26 where the driver is asked.
 */
export function runtimeBytes(version: VllmVersion, links: Links): number {
  if (!version.asksDriver) return 0;
  const context = version.countsContext ? CONTEXT_BYTES : 0;
  const own = (version.readsConsumption ? 0.26 : version.printsNonTorch && links.sm === TURING ? 0.03 : 0.12) * GIB;
  return context + own + communicationBytes(version, links);
}

const TURING = 75;

/** A CUDA context with PyTorch's kernels. */
const CONTEXT_BYTES = 0.27 * GIB;

/**
 * CUDA graphs: V1 captures up to 51 batch sizes, up to twice `max_num_seqs` and 512, each piecewise and whole. Each graph keeps at least
 * a megabyte with the driver; the largest also its activations.
 * Source: vllm/v1/worker/gpu_model_runner.py, `profile_cudagraph_memory`; vllm/config/vllm.py, `_set_cudagraph_sizes`.
 */
export function graphBytes(
  model: ModelDescription,
  options: EffectiveOptions,
  version: VllmVersion,
  tensorParallel: number,
): number {
  if (options.enforceEager) return 0;
  const largest = Math.min(512, 2 * Math.max(1, options.maxNumSeqs ?? 256));
  const sizes = captureSizes(version.isV1 ? largest : Math.min(256, largest));
  const modes = version.since(0, 11) ? 2 : 1;
  const perGraph = BYTES_PER_GRAPH_LAYER * model.numLayers;
  return sizes * modes * perGraph + largest * model.hiddenSize * 8 * modes + (tensorParallel > 1 ? 0.1 * GIB : 0);
}

/** 1, 2, 4, each eighth to 256, each sixteenth beyond. */
function captureSizes(largest: number): number {
  const small = [1, 2, 4].filter((size) => size <= largest).length;
  const middle = Math.floor(Math.min(largest, 255) / 8);
  const large = largest >= 256 ? Math.floor((largest - 256) / 16) + 1 : 0;
  return small + middle + large;
}

/**
 * Nodes of one layer's graph, as the engine foresees them (0.63 GiB for the 86 graphs of 28 layers) and takes them off the cache; graphs take
 * less in the end.
 */
const BYTES_PER_GRAPH_LAYER = 170_000;
