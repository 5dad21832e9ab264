import type { ModelDescription } from '../model/types';
import { MIB } from '../units';
import type { DefaultsContext } from './defaults-context';
import { isSince } from './version';

/** What nvidia-smi, which SGLang asks, counts more than CUDA has to give: 430 MiB of a T4, 480 of an H100, 730 of a B200. */
const DRIVER_MIB = 470;
const GIB_IN_MIB = 1024;

/** What SGLang chooses for a card from so many MiB on: tokens of a prefill chunk, and sequences of the largest graph, of few ranks and of many. */
interface Card {
  readonly below: number;
  readonly chunk: number;
  readonly graph: readonly [few: number, many: number];
}

const CARDS: readonly Card[] = [
  { below: 20 * GIB_IN_MIB, chunk: 2048, graph: [8, 8] },
  { below: 35 * GIB_IN_MIB, chunk: 2048, graph: [24, 80] },
  { below: 60 * GIB_IN_MIB, chunk: 4096, graph: [32, 160] },
  { below: 160 * GIB_IN_MIB, chunk: 8192, graph: [256, 512] },
  { below: Infinity, chunk: 16_384, graph: [512, 512] },
];
/** From 0.5.20 on for cards such as the A10G; 0.5.18 has the former figures, 0.5.19 was not read. */
const SMALL_CARD: Card = { below: 35 * GIB_IN_MIB, chunk: 4096, graph: [48, 160] };

/** Tokens of a step where prompts are not cut: `max_prefill_tokens`. */
const WHOLE_PROMPTS = 16_384;

/** Where the buffers alone are larger than the card, SGLang computes less than nothing and does not start. */
const LEAST_FRACTION = 0.01;

/** How SGLang divides a card's memory where nobody says how. */
export interface SglangMemory {
  readonly fraction: number;
  readonly chunk: number;
}

/**
 * `mem_fraction_static`: what is left of the card when the buffers of a prefill chunk, of the graphs and of parallelism are set aside, and
 * something for images. So from 0.5.3 on; AWS's first image has 0.5.5.
 * Sources: sglang/srt/server_args.py, `_handle_gpu_memory_settings`, of 0.5.3, 0.5.6, 0.5.10, 0.5.12, 0.5.14, 0.5.16 and 0.5.18;
 * sglang/srt/arg_groups/memory_hook.py of 0.5.20.
 */
export function sglangMemory(context: DefaultsContext): SglangMemory {
  const { container, instance, model, set } = context;
  const version = container?.engineVersion;
  const bytes = instance?.accelerator?.memoryBytesUsable;
  if (bytes === undefined) return { fraction: 0.88, chunk: 8192 };
  const memory = bytes / MIB + DRIVER_MIB;
  const card = cardOf(memory, version);
  const chunk = set.maxNumBatchedTokens ?? card.chunk;
  const reserved = reservedMib(context, memory, chunk, card.graph[(set.tensorParallelSize ?? 1) < 4 ? 0 : 1]);
  const fraction = Math.round(((memory - reserved) / memory) * 1000) / 1000;
  return { fraction: Math.max(LEAST_FRACTION, fraction * imageFactor(model)), chunk: card.chunk };
}

function cardOf(memory: number, version: readonly number[] | undefined): Card {
  const card = CARDS.find(({ below }) => memory < below) ?? CARDS[CARDS.length - 1];
  return card.below === SMALL_CARD.below && isSince(version, 0, 5, 20) ? SMALL_CARD : card;
}

function ranks({ tensorParallelSize = 1, pipelineParallelSize = 1 }: DefaultsContext['set']): number {
  return tensorParallelSize * pipelineParallelSize;
}

function reservedMib(
  { container, model, set, environment }: DefaultsContext,
  memory: number,
  chunk: number,
  graph: number,
) {
  const version = container?.engineVersion;
  const eager = set.enforceEager === true && isSince(version, 0, 5, 14);
  const apart = attentionRanks(environment);
  let reserved = 512 + Math.max(chunk > 0 ? chunk : WHOLE_PROMPTS, 2048) * 1.5 + (ranks(set) / 8) * GIB_IN_MIB;
  if (!eager) reserved += graph * 2;
  reserved += graph * apart * (graph > 300 ? 4.5 : 3);
  const prefill = !eager && apart === 0 && (set.pipelineParallelSize ?? 1) === 1 && !isEagerInPrefill(model);
  // Before 0.5.10 graphs of prefill had to be asked for.
  if (prefill && isSince(version, 0, 5, 10))
    reserved += model?.mla === undefined ? 8 * prefillGraphs(chunk) : 1.5 * GIB_IN_MIB;
  return memory > 60 * GIB_IN_MIB ? Math.max(reserved, 10 * GIB_IN_MIB) : reserved;
}

/** Source: sglang/srt/configs/model_config.py, `piecewise_cuda_graph_disabled_model_archs`. */
const EAGER_IN_PREFILL = /^(DeepseekV32|Qwen3Next|GlmMoeDsa|BailingMoeV2_5)ForCausalLM$/;

function isEagerInPrefill(model: ModelDescription | undefined): boolean {
  return model !== undefined && (model.multimodal || EAGER_IN_PREFILL.test(model.architecture));
}

/** Ranks that attend to sequences of their own; 0: all attend to all. */
function attentionRanks(environment: DefaultsContext['environment']): number {
  const asked = environment?.SM_SGLANG_ENABLE_DP_ATTENTION;
  if (asked === undefined || asked === 'false') return 0;
  const size = Number(environment?.SM_SGLANG_DP_SIZE ?? environment?.SM_SGLANG_DP ?? 1);
  return Number.isInteger(size) && size > 1 ? size : 0;
}

/** Graphs of prefill, by tokens: every fourth up to 32, and ever further apart up to a chunk. */
function prefillGraphs(chunk: number): number {
  let count = 0;
  for (const [from, to, step] of [
    [4, 32, 4],
    [48, 256, 16],
    [288, 512, 32],
    [576, 1024, 64],
    [1280, 4096, 256],
    [4608, Infinity, 512],
  ]) {
    const last = Math.min(to, chunk);
    if (last >= from) count += Math.floor((last - from) / step) + 1;
  }
  return count;
}

/** A model that sees keeps a twentieth free, and more the larger its tower is. */
function imageFactor(model: ModelDescription | undefined): number {
  const vision = model?.config.vision_config as Readonly<Record<string, unknown>> | null | undefined;
  if (model?.multimodal !== true || typeof vision !== 'object' || vision === null) return 1;
  const size = (value: unknown, otherwise: number) => (typeof value === 'number' ? value : otherwise);
  const layers = size(vision.num_hidden_layers, 24);
  const complexity = (layers * size(vision.hidden_size, 1024) ** 2) / (24 * 1024 ** 2);
  return 0.95 * Math.min(1.05, Math.max(0.8, 1 - 0.1 * (complexity - 1)));
}
