import { parseQuotedJsonObject } from '../../text/json';
import { lookup } from '../../text/lookup';
import { isVllm, serverName } from '../helpers/engine';
import { count, found } from '../helpers/finding';
import { GEMMA_4, LLAMA_8B, type Json } from '../helpers/samples';
import { argumentOf, isSwitchedOn } from '../helpers/switches';
import type { Rule, RuleContext } from '../types';

const GEMMA_4_VISION: Json = {
  ...GEMMA_4,
  text_config: { ...(GEMMA_4.text_config as Json), use_bidirectional_attention: 'vision' },
  vision_config: {
    model_type: 'gemma4_vision',
    hidden_size: 1152,
    intermediate_size: 4304,
    num_attention_heads: 16,
    num_key_value_heads: 16,
    head_dim: 72,
    num_hidden_layers: 27,
    patch_size: 16,
  },
};
const GEMMA_3: Json = {
  architectures: ['Gemma3ForConditionalGeneration'],
  model_type: 'gemma3',
  text_config: {
    model_type: 'gemma3_text',
    hidden_size: 2560,
    intermediate_size: 10240,
    num_attention_heads: 8,
    num_hidden_layers: 34,
    num_key_value_heads: 4,
    head_dim: 256,
    vocab_size: 262208,
    max_position_embeddings: 131072,
    sliding_window: 1024,
  },
  vision_config: {
    model_type: 'siglip_vision_model',
    hidden_size: 1152,
    intermediate_size: 4304,
    num_attention_heads: 16,
    num_hidden_layers: 27,
    patch_size: 14,
    image_size: 896,
  },
};

const example = (config: Json, options: object, environment: object = {}, version?: string, instanceType?: string) => ({
  model: { config },
  container: { family: 'vllm', ...(version === undefined ? {} : { version }) },
  ...(instanceType === undefined ? {} : { instanceType }),
  options: { maxModelLen: 4096, ...options },
  environment,
});

/** Tokens of the largest item of each kind, for models whose images attend to themselves in both directions. */
interface Items {
  readonly since: string;
  readonly tokens: Readonly<Record<string, number>>;
}
const ITEMS: Readonly<Record<string, Items>> = {
  gemma3: { since: '0.14.0', tokens: { image: 256 } },
  // 32 frames of 70 tokens, two marks and a time stamp of 6. Source: vllm/model_executor/models/gemma4_mm.py, `get_mm_max_tokens_per_item`.
  gemma4: { since: '0.20.0', tokens: { image: 280, video: 32 * (70 + 2 + 6) } },
};

/** From here on the default is raised to the largest item; a value that was set is not. */
const RAISES_DEFAULT = '0.22.0';

/** Gemma 3 always attends to images in both directions, Gemma 4 where its config says so, which that of the small ones does not. */
function attendsBothWays({ model }: RuleContext): boolean {
  return model?.modelType !== 'gemma4' || model.textConfig.use_bidirectional_attention === 'vision';
}

/** How many of each kind a prompt may have: 0 takes a kind out. */
function isOff(context: RuleContext, kind: string): boolean {
  if (isSwitchedOn(context, 'LANGUAGE_MODEL_ONLY')) return true;
  const set = argumentOf(context, 'LIMIT_MM_PER_PROMPT');
  if (set === undefined) return false;
  const limits = parseQuotedJsonObject(set.value);
  return limits === undefined ? new RegExp(`${kind}["':= ]+0`).test(set.value) : limits[kind] === 0;
}

/** Tokens of a batch; undefined where the server will make them enough. */
function batchOf(context: RuleContext): number | undefined {
  const { options, spec } = context;
  const names = Object.keys(spec.environment ?? {});
  const isSet = spec.options?.maxNumBatchedTokens !== undefined || names.some((name) => /_TOKENS$/.test(name));
  return isSet || isVllm(context, { before: RAISES_DEFAULT }) ? options.maxNumBatchedTokens : undefined;
}

export const multimodalItemExceedsBatch: Rule = {
  id: 'MULTIMODAL_ITEM_EXCEEDS_BATCH',
  severity: 'error',
  summary: 'a batch holds the largest image or video of a model that does not take them in parts',
  explanation:
    'Images of Gemma 3 and 4 attend to themselves in both directions, so that vLLM does not cut one over two steps, and stops where the largest item does not fit one: "Chunked MM input disabled but max_tokens_per_mm_item (2496) is larger than max_num_batched_tokens (2048)". A video of Gemma 4 has 2,496 tokens, an image of Gemma 3 has 256. Up to 0.21 the default of GPUs with less than 70 GiB, 2048, was too small for Gemma 4 as well. A kind whose limit is 0 does not count.',
  source:
    'vllm/v1/core/encoder_cache_manager.py, `compute_mm_encoder_budget`; vllm/platforms/cuda.py; vllm-project/vllm#42687, #43051',
  holdsFor: 'Gemma 3: vLLM 0.14 and later; Gemma 4: 0.20 and later',
  server: { engine: 'vllm' },
  examples: {
    passes: [
      example(GEMMA_4_VISION, { maxNumBatchedTokens: 4096 }),
      example(GEMMA_4_VISION, { maxNumBatchedTokens: 512 }, { SM_VLLM_LIMIT_MM_PER_PROMPT: '{"image":1,"video":0}' }),
      example(GEMMA_4_VISION, { maxNumBatchedTokens: 256 }, { SM_VLLM_LANGUAGE_MODEL_ONLY: '' }),
      example(GEMMA_4_VISION, {}, {}, '0.24.0', 'ml.g6e.12xlarge'),
      example(GEMMA_4_VISION, {}, {}, '0.20.0', 'ml.p5.48xlarge'),
      example(GEMMA_3, { maxNumBatchedTokens: 256, maxNumSeqs: 64 }),
      example(LLAMA_8B, { maxNumBatchedTokens: 256, maxNumSeqs: 64 }),
    ],
    fails: [
      example(GEMMA_4_VISION, { maxNumBatchedTokens: 512 }),
      example(GEMMA_4_VISION, {}, {}, '0.20.0', 'ml.g6e.12xlarge'),
      example(GEMMA_3, { maxNumBatchedTokens: 128, maxNumSeqs: 64 }),
    ],
  },
  evaluate(context) {
    const { model, options } = context;
    const items = lookup(ITEMS, model?.modelType ?? '');
    if (model === undefined || items === undefined || !isVllm(context, { since: items.since })) return [];
    if (!attendsBothWays(context)) return [];
    if (typeof model.config.vision_config !== 'object' || model.config.vision_config === null) return [];
    const batch = batchOf(context);
    if (batch === undefined) return [];
    const kinds = Object.entries(items.tokens).filter(([kind]) => !isOff(context, kind));
    const [kind, tokens] = kinds.reduce((most, one) => (one[1] > most[1] ? one : most), ['', 0]);
    if (tokens <= batch) return [];
    const enough = Math.max(4096, options.maxNumBatchedTokens ?? 0);
    return [
      found({
        what: `${serverName(context)} takes ${kind === 'image' ? 'an image' : 'a video'} of ${model.architecture} whole, ${count(tokens)} tokens, and a batch holds less`,
        got: `maxNumBatchedTokens ${batch}`,
        allowed: `at least ${tokens}, or a limit of 0 for ${kind}`,
        fix: `set maxNumBatchedTokens to ${enough}`,
        path: '/options/maxNumBatchedTokens',
      }),
    ];
  },
};
