import { degreeFix, tensorDegree } from '../helpers/degrees';
import { serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { headCount } from '../helpers/heads';
import { LLAMA_8B, QWEN25_7B } from '../helpers/samples';
import { speculationOf, type Speculation } from '../helpers/speculation';
import type { Rule } from '../types';

const example = (tensorParallelSize: number, speculative: object, environment?: Record<string, string>) => ({
  model: { config: LLAMA_8B },
  container: { family: 'vllm', version: '0.30.0' },
  options: { maxModelLen: 4096, tensorParallelSize },
  ...(environment === undefined ? { speculative } : { environment }),
});

/** Llama 3's vocabulary with the heads of Qwen2.5-7B: 28. */
const HEADS_28 = { ...QWEN25_7B, vocab_size: LLAMA_8B.vocab_size };

const draft = (config: object, method = 'draft') => ({ method, model: 'small', tokens: 4, config });

const named = (size: number) => ({
  SM_VLLM_SPECULATIVE_CONFIG: `{"method":"draft_model","model":"Qwen/Qwen2.5-7B","num_speculative_tokens":4,"draft_tensor_parallel_size":${size}}`,
});

/** What guesses with attention of its own. */
const HAS_HEADS = /^(draft|draft_model|eagle|eagle3)$/;

/** The number alone: what is told of a draft may be less than the config of a whole model. */
function headsOf({ config }: Speculation): number | undefined {
  const text = config?.text_config;
  const heads =
    config?.num_attention_heads ??
    (text as { readonly num_attention_heads?: unknown } | undefined)?.num_attention_heads;
  return headCount(heads);
}

export const draftHeadsNotDivisible: Rule = {
  id: 'DRAFT_HEADS_NOT_DIVISIBLE',
  severity: 'error',
  summary: 'the draft model’s heads divide as those of the model do',
  explanation:
    'A draft model is cut over as many GPUs as the model itself, unless it is told to stay on one, and vLLM checks its heads as it does those of the model: "Total number of attention heads (14) must be divisible by tensor parallel size (4)". Qwen2.5-0.5B has 14 heads and goes with 1, 2, 7 or 14 GPUs, so that it guesses for no model on 4 of them.',
  source:
    'vllm/config/speculative.py, `_verify_and_get_draft_tp` and `_verify_args`; vllm/config/model.py, `verify_with_parallel_config`',
  server: { engine: 'vllm' },
  examples: {
    passes: [
      example(8, draft(LLAMA_8B)),
      example(4, draft(HEADS_28)),
      example(8, draft(HEADS_28, 'medusa')),
      example(8, draft({})),
      example(8, draft({ text_config: null })),
      example(8, {}, named(1)),
    ],
    fails: [
      example(8, draft(HEADS_28)),
      example(8, draft(HEADS_28, 'eagle')),
      example(3, draft({ text_config: LLAMA_8B })),
      example(8, {}, named(8)),
    ],
  },
  evaluate(context) {
    if (context.model === undefined) return [];
    const speculation = speculationOf(context);
    if (speculation === undefined || !HAS_HEADS.test(speculation.method ?? 'draft')) return [];
    const own = speculation.draftTensorParallelSize;
    const degree = own ?? tensorDegree(context);
    const heads = headsOf(speculation);
    if (heads === undefined || heads % degree === 0) return [];
    const what = `${serverName(context)} cuts the draft model over ${degree} GPUs, which do not divide its ${heads} attention heads`;
    const got = `num_attention_heads ${heads} of the draft / ${degree}`;
    const another = 'use another draft model';
    if (own !== undefined)
      return [found({ what, got, allowed: `heads that ${degree} divides`, fix: another, path: speculation.path })];
    const { allowed, fix } = degreeFix(context, (other) => heads % other === 0);
    return [found({ what, got, allowed, fix: `${fix}, or ${another}`, path: '/options/tensorParallelSize' })];
  },
};
