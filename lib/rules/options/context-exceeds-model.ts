import { contextLimit } from '../../model';
import { isVllm, serverName } from '../helpers/engine';
import { count, found } from '../helpers/finding';
import { LLAMA2_7B, LLAMA_8B } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

const example = (config: object, maxModelLen: number, rest: object = {}) => ({
  model: { config },
  container: { family: 'vllm' },
  options: { maxModelLen },
  ...rest,
});

/** vLLM and SGLang refuse; what others do is their own matter, and the answers are bad either way. */
function refuses(context: RuleContext): boolean {
  const names = Object.keys(context.spec.environment ?? {});
  if (names.some((name) => /ALLOW_LONG_MAX_MODEL_LEN|ALLOW_OVERWRITE_LONGER_CONTEXT/.test(name))) return false;
  return isVllm(context, { since: '0.2.0' }) || context.container?.engine === 'sglang';
}

export const contextExceedsModel: Rule = {
  id: 'CONTEXT_EXCEEDS_MODEL',
  severity: 'error',
  summary: 'maxModelLen is no longer than the context the model was made for',
  explanation:
    'Positions beyond max_position_embeddings (times the factor of a RoPE scaling) were never trained: answers turn to nonsense, and absolute embeddings read out of bounds. vLLM refuses: "User-specified max_model_len (16384) is greater than the derived max_model_len (max_position_embeddings=4096 ...). To allow overriding this maximum, set the env var VLLM_ALLOW_LONG_MAX_MODEL_LEN=1". To go further, give the config a rope_scaling that the model supports.',
  source: 'vllm/config/model.py, `_get_and_verify_max_len`; issue vllm-project/vllm#7303',
  holdsFor: 'error: vLLM >= 0.2, SGLang; warning elsewhere',
  examples: {
    passes: [
      example(LLAMA2_7B, 4096),
      example({ ...LLAMA2_7B, rope_scaling: { type: 'linear', factor: 4 } }, 16384),
      example(LLAMA_8B, 131072),
    ],
    fails: [
      example(LLAMA2_7B, 16384),
      example(LLAMA_8B, 262144),
      example(LLAMA2_7B, 16384, { environment: { VLLM_ALLOW_LONG_MAX_MODEL_LEN: '1' } }),
    ],
  },
  evaluate(context) {
    const { model, options } = context;
    const wanted = options.maxModelLen;
    const own = model === undefined ? undefined : contextLimit(model);
    // llama-server's context is that of all slots together.
    const slots = options.slotsAsked ?? 1;
    const limit = own === undefined ? undefined : own * slots;
    if (model === undefined || wanted === undefined || limit === undefined || wanted <= limit) return [];
    const positions = model.maxPositionEmbeddings;
    return [
      found({
        what: `maxModelLen is longer than the context of the model (max_position_embeddings ${positions}${slots > 1 ? ` in each of ${slots} slots` : ''}) in ${serverName(context)}`,
        got: `${count(wanted)} tokens`,
        allowed: `up to ${count(limit)}`,
        fix: `set maxModelLen to ${limit} or less`,
        path: '/options/maxModelLen',
        severity: refuses(context) ? 'error' : 'warning',
      }),
    ];
  },
};
