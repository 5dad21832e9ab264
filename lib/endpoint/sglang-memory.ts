import type { ModelDescription } from '../model/types';
import { MIB } from '../units';
import type { DefaultsContext } from './defaults-context';
import { olderChunk, olderFraction } from './sglang-older-memory';
import { speculationOf } from './speculation';
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
/** From 0.5.20 on for cards such as the A10G. */
const SMALL_CARD: Card = { below: 35 * GIB_IN_MIB, chunk: 4096, graph: [48, 160] };
/** Before 0.5.4.post1 for the same. */
const FIRST_SMALL_CARD: Card = { below: 35 * GIB_IN_MIB, chunk: 2048, graph: [16, 80] };

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
 * Sources: sglang/srt/server_args.py, `_handle_gpu_memory_settings`, of 0.5.3 to 0.5.18; sglang/srt/arg_groups/memory_hook.py of 0.5.19 to
 * 0.5.23.
 */
export function sglangMemory(context: DefaultsContext): SglangMemory {
  const { container, instance, model, set } = context;
  const version = container?.engineVersion;
  const bytes = instance?.accelerator?.memoryBytesUsable;
  if (bytes === undefined) return { fraction: 0.88, chunk: 8192 };
  const memory = bytes / MIB + DRIVER_MIB;
  const image = isSince(version, 0, 4, 9, 3) ? imageFactor(model) : 1;
  if (!isSince(version, 0, 5, 3)) {
    const asked = { memory, set, speculation: speculationMethod(context), apart: attentionGroups(context.environment) };
    // 0.4.9 took a tenth for images here, where older ones take it of any share: `sglangImageShare`.
    const own = !isSince(version, 0, 4, 9, 3) && isSince(version, 0, 4, 9) && model?.multimodal === true ? 0.9 : image;
    return {
      fraction: Math.max(LEAST_FRACTION, olderFraction(version, asked) * own),
      chunk: olderChunk(version, memory),
    };
  }
  const card = cardOf(memory, version);
  const chunk = set.maxNumBatchedTokens ?? card.chunk;
  const reserved = reservedMib(context, memory, chunk, graphOf(context, card));
  const fraction = Math.round(((memory - reserved) / memory) * 1000) / 1000;
  return { fraction: Math.max(LEAST_FRACTION, fraction * image), chunk: card.chunk };
}

/**
 * What is left of `mem_fraction_static`, set or not, for a model that sees: before 0.4.9 the server lowers it after it was read.
 * Source: sglang/srt/model_executor/model_runner.py of 0.3.0 to 0.4.8.post1.
 */
export function sglangImageShare(version: readonly number[] | undefined): number {
  if (isSince(version, 0, 4, 9)) return 1;
  return isSince(version, 0, 4, 4, 4) ? 0.9 : 0.95;
}

function cardOf(memory: number, version: readonly number[] | undefined): Card {
  const card = CARDS.find(({ below }) => memory < below) ?? CARDS[CARDS.length - 1];
  if (card.below !== SMALL_CARD.below) return card;
  return isSince(version, 0, 5, 20) ? SMALL_CARD : isSince(version, 0, 5, 4, 1) ? card : FIRST_SMALL_CARD;
}

/** Sequences of the largest graph: those asked for, under the name of either age, or what the card takes. */
function graphOf({ environment, set, container }: DefaultsContext, card: Card): number {
  const asked = Number(environment?.SM_SGLANG_CUDA_GRAPH_MAX_BS_DECODE ?? environment?.SM_SGLANG_CUDA_GRAPH_MAX_BS);
  if (Number.isInteger(asked) && asked > 0) return asked;
  const own = card.graph[(set.tensorParallelSize ?? 1) < 4 ? 0 : 1];
  return isSince(container?.engineVersion, 0, 5, 23) ? Math.min(own, set.maxNumSeqs ?? own) : own;
}

/** How the server is asked to guess ahead; undefined where it is not. */
function speculationMethod({ spec, container }: DefaultsContext): string | undefined {
  const speculation = speculationOf({ spec, container });
  return speculation && (speculation.method ?? 'draft');
}

/** MiB set aside for a draft model and its graphs, before 0.5.14. */
function draftMib(context: DefaultsContext): number {
  const method = isSince(context.container?.engineVersion, 0, 5, 14) ? undefined : speculationMethod(context);
  if (method === undefined || method === 'ngram') return 0;
  if (method === 'draft' || method === 'draft_model') return 6 * GIB_IN_MIB;
  return (isSince(context.container?.engineVersion, 0, 5, 10) ? 4 : 2) * GIB_IN_MIB;
}

function ranks({ tensorParallelSize = 1, pipelineParallelSize = 1 }: DefaultsContext['set']): number {
  return tensorParallelSize * pipelineParallelSize;
}

function reservedMib(context: DefaultsContext, memory: number, chunk: number, graph: number) {
  const { container, model, set, environment } = context;
  const version = container?.engineVersion;
  const eager = set.enforceEager === true && isSince(version, 0, 5, 14);
  const apart = attentionGroups(environment);
  let reserved = 512 + Math.max(chunk > 0 ? chunk : WHOLE_PROMPTS, 2048) * 1.5 + (ranks(set) / 8) * GIB_IN_MIB;
  if (!eager) reserved += graph * 2;
  reserved += graph * apart * (graph > 300 ? 4.5 : 3);
  const prefill = !eager && apart === 0 && (set.pipelineParallelSize ?? 1) === 1 && !isEagerInPrefill(model);
  // Before 0.5.10 graphs of prefill had to be asked for.
  if (prefill && isSince(version, 0, 5, 10))
    reserved += model?.mla === undefined ? 8 * prefillGraphs(chunk) : 1.5 * GIB_IN_MIB;
  return (memory > 60 * GIB_IN_MIB ? Math.max(reserved, 10 * GIB_IN_MIB) : reserved) + draftMib(context);
}

/** Source: sglang/srt/configs/model_config.py, `piecewise_cuda_graph_disabled_model_archs`. */
const EAGER_IN_PREFILL = /^(DeepseekV32|Qwen3Next|GlmMoeDsa|BailingMoeV2_5)ForCausalLM$/;

function isEagerInPrefill(model: ModelDescription | undefined): boolean {
  return model !== undefined && (model.multimodal || EAGER_IN_PREFILL.test(model.architecture));
}

/** Groups of ranks that attend to sequences of their own; 0: all attend to all. */
export function attentionGroups(environment: DefaultsContext['environment']): number {
  const asked = environment?.SM_SGLANG_ENABLE_DP_ATTENTION;
  if (asked === undefined || asked === 'false') return 0;
  const size = Number(environment?.SM_SGLANG_DP_SIZE ?? environment?.SM_SGLANG_DP ?? 1);
  return Number.isInteger(size) && size > 1 ? size : 0;
}

/** Tokens for which there are graphs of prefill: every fourth up to 32, and ever further apart up to a chunk. */
const PREFILL_GRAPHS = [
  { from: 4, to: 32, step: 4 },
  { from: 48, to: 256, step: 16 },
  { from: 288, to: 512, step: 32 },
  { from: 576, to: 1024, step: 64 },
  { from: 1280, to: 4096, step: 256 },
  { from: 4608, to: Infinity, step: 512 },
];

function prefillGraphs(chunk: number): number {
  return PREFILL_GRAPHS.reduce((count, { from, to, step }) => {
    const last = Math.min(to, chunk);
    return last < from ? count : count + Math.floor((last - from) / step) + 1;
  }, 0);
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
