import { llamaServerVariables } from '../../container';
import { contextLimit, shortestContext } from '../../model';
import type { NamedLength } from '../../model/context';
import type { ModelDescription } from '../../model/types';
import { isSglang, isVllm, serverName } from '../helpers/engine';
import { count, found } from '../helpers/finding';
import { BERT, LLAMA2_7B, LLAMA_8B } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

const example = (config: object, maxModelLen: number, rest: object = {}) => ({
  model: { config },
  container: { family: 'vllm' },
  options: { maxModelLen },
  ...rest,
});

/** On llama-server, one sequence at a time. */
const stretching = (maxModelLen: number, environment: object) =>
  example(LLAMA2_7B, maxModelLen, {
    quantization: 'gguf:Q4_K_M',
    container: { family: 'llama-cpp' },
    options: { maxModelLen, slots: 1 },
    environment,
  });

/** BAAI/bge-reranker-base, its lengths */
const ROBERTA = {
  ...BERT,
  ...{ architectures: ['XLMRobertaForSequenceClassification'], model_type: 'xlm-roberta' },
  ...{ max_position_embeddings: 514, pad_token_id: 1 },
};

/** Source: sglang/srt/configs/model_config.py of 0.3.4.post2; sglang/srt/model_config.py of 0.3.0. */
const SGLANG_TAKES_ALL = { before: '0.3.4.post2' };

/** vLLM, on Neuron too, and SGLang refuse; what others do is their own matter, and the answers are bad either way. */
function refuses(context: RuleContext): boolean {
  const names = Object.keys(context.spec.environment ?? {});
  if (names.some((name) => /ALLOW_LONG_MAX_MODEL_LEN|ALLOW_OVERWRITE_LONGER_CONTEXT/.test(name))) return false;
  const engine = context.container?.engine;
  // vLLM on Neuron compares them before the platform is asked for anything.
  if (engine === 'sglang') return !isSglang(context, SGLANG_TAKES_ALL);
  return isVllm(context, { since: '0.2.0' }) || engine === 'neuron-vllm';
}

/** From here on vLLM takes the shortest of all lengths that the config gives, not `max_position_embeddings` alone. */
const SHORTEST = { since: '0.2.0' };

/** Encoders whose first token has not the position 0. */
const POSITIONS_AFTER_PADDING: ReadonlySet<string> = new Set(['roberta', 'xlm-roberta', 'camembert']);

/** Their tokenizers leave out the positions that no token takes, and from 0.9.2 on vLLM reads a pooling model’s. */
const READS_TOKENIZER = { since: '0.9.2' };

/** Positions of a table that start after that of the padding: 512 of RoBERTa’s 514. */
function positionsLeft(context: RuleContext, { modelType, config }: ModelDescription, own: number): number {
  if (!POSITIONS_AFTER_PADDING.has(modelType) || !isVllm(context, READS_TOKENIZER)) return own;
  const { pad_token_id: padding } = config;
  return own - 1 - (typeof padding === 'number' ? padding : 1);
}

/** The length that the server derives from the config, and the key that gives it. */
function derivedLimit(context: RuleContext, model: ModelDescription): NamedLength | undefined {
  const shortest = shortestContext(model);
  const own = contextLimit(model);
  if (shortest === undefined || own === undefined) return undefined;
  if (shortest.tokens < own && isVllm(context, SHORTEST))
    return { ...shortest, key: `${shortest.key} ${shortest.tokens}` };
  const left = positionsLeft(context, model, own);
  if (left < own) return { key: `max_position_embeddings ${own} less the positions up to the padding’s`, tokens: left };
  const said = model.config.rope_scaling ?? model.config.rope_parameters ?? null;
  return { key: `max_position_embeddings ${said === null ? own : model.maxPositionEmbeddings}`, tokens: own };
}

/** From 0.4.0 on vLLM lets a config say that it may be longer. */
function mayBeLonger(context: RuleContext, model: ModelDescription, wanted: number): boolean {
  const longest = model.config.model_max_length;
  return typeof longest === 'number' && wanted <= longest && isVllm(context, { since: '0.4.0' });
}

/** As the server's own variable is called otherwise than the argument. */
const SCALINGS = ['SM_LLAMA_CPP_ROPE_SCALING', 'LLAMA_ARG_ROPE_SCALING_TYPE'] as const;
const SCALES = llamaServerVariables('ROPE_SCALE');
const FREQUENCY_SCALES = llamaServerVariables('ROPE_FREQ_SCALE');
const YARN_ORIGINALS = llamaServerVariables('YARN_ORIG_CTX');

/**
 * The context that llama-server's own arguments stretch the model's to: `--rope-scale 4`, or `--rope-freq-scale 0.25`, and with YaRN from
 * what `--yarn-orig-ctx` says. Source: llama.cpp common/arg.cpp and src/llama-context.cpp, `rope_freq_scale`, `n_ctx_orig_yarn`.
 */
function stretched({ container, spec }: RuleContext, own: number): number {
  const { environment } = spec;
  if (container?.engine !== 'llama.cpp' || environment === undefined) return own;
  const said = (names: readonly [string, string]) => environment[names[0]] ?? environment[names[1]];
  const scaling = said(SCALINGS);
  const factor = Number(said(SCALES) ?? 1 / Number(said(FREQUENCY_SCALES) ?? 1));
  if (scaling === 'none' || !Number.isFinite(factor) || factor <= 1) return own;
  const original = scaling === 'yarn' ? Number(said(YARN_ORIGINALS) ?? own) : own;
  return Math.max(own, Math.floor((original > 0 ? original : own) * factor));
}

export const contextExceedsModel: Rule = {
  id: 'CONTEXT_EXCEEDS_MODEL',
  severity: 'error',
  summary: 'maxModelLen is no longer than the context the model was made for',
  explanation:
    'Positions beyond max_position_embeddings (times the factor of a RoPE scaling, which llama-server has arguments for) were never trained: answers turn to nonsense, and absolute embeddings read out of bounds. vLLM refuses: "User-specified max_model_len (16384) is greater than the derived max_model_len (max_position_embeddings=4096 ...). To allow overriding this maximum, set the env var VLLM_ALLOW_LONG_MAX_MODEL_LEN=1". Where the config gives several lengths, as Qwen’s first generation does with seq_length, the shortest counts; a model_max_length may be longer. RoBERTa counts positions from the padding’s on, so that 512 tokens fit its 514. To go further, give the config a rope_scaling that the model supports.',
  source:
    'vllm/config/model.py, `_get_and_verify_max_len`; vllm-project/vllm#7303, #3676, #19660, xorbitsai/inference#1715; vllm/model_executor/models/roberta.py',
  holdsFor: 'error: vLLM >= 0.2, vLLM on Neuron, SGLang >= 0.3.4.post2; warning elsewhere',
  examples: {
    passes: [
      example(LLAMA2_7B, 4096),
      example({ ...LLAMA2_7B, rope_scaling: { type: 'linear', factor: 4 } }, 16384),
      example(LLAMA_8B, 131072),
      example({ ...LLAMA2_7B, model_max_length: 16384 }, 16384),
      example(ROBERTA, 512),
      example(ROBERTA, 514, { container: { family: 'vllm', version: '0.9.1' } }),
      stretching(16384, { SM_LLAMA_CPP_ROPE_SCALE: '4' }),
      stretching(8192, { LLAMA_ARG_ROPE_FREQ_SCALE: '0.5' }),
      stretching(8192, {
        SM_LLAMA_CPP_ROPE_SCALING: 'yarn',
        SM_LLAMA_CPP_ROPE_SCALE: '4',
        SM_LLAMA_CPP_YARN_ORIG_CTX: '2048',
      }),
    ],
    fails: [
      example(LLAMA2_7B, 16384),
      example(LLAMA_8B, 262144),
      example({ ...LLAMA2_7B, seq_length: 2048 }, 4096),
      example(ROBERTA, 513),
      example(LLAMA2_7B, 16384, { environment: { VLLM_ALLOW_LONG_MAX_MODEL_LEN: '1' } }),
      stretching(16384, { SM_LLAMA_CPP_ROPE_SCALE: '2' }),
      stretching(16384, { SM_LLAMA_CPP_ROPE_SCALING: 'none', SM_LLAMA_CPP_ROPE_SCALE: '4' }),
      stretching(16384, { SM_LLAMA_CPP_ROPE_SCALING: 'yarn' }),
    ],
  },
  evaluate(context) {
    const { model, options } = context;
    const wanted = options.maxModelLen;
    if (model === undefined || wanted === undefined) return [];
    const own = derivedLimit(context, model);
    if (own === undefined) return [];
    // llama-server's context is that of all slots together.
    const slots = options.slotsAsked ?? 1;
    const limit = stretched(context, own.tokens) * slots;
    if (wanted <= limit || mayBeLonger(context, model, wanted)) return [];
    return [
      found({
        what: `maxModelLen is longer than the context of the model (${own.key}${slots > 1 ? ` in each of ${slots} slots` : ''}) in ${serverName(context)}`,
        got: `${count(wanted)} tokens`,
        allowed: `up to ${count(limit)}`,
        fix: `set maxModelLen to ${limit} or less`,
        path: '/options/maxModelLen',
        severity: refuses(context) ? 'error' : 'warning',
      }),
    ];
  },
};
