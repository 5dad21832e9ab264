import { isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { LLAMA_8B, NEMOTRON_H, QWEN35_27B, type Json } from '../helpers/samples';
import { prefixCachingAsked } from '../helpers/switches';
import type { Rule, RuleContext } from '../types';

const example = (config: Json, version: string, options: object = {}) => ({
  model: { config },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096, enableChunkedPrefill: false, enablePrefixCaching: true, ...options },
});

/** From here on the server caches prefixes of such models by itself. */
const BY_ITSELF = '0.28.0';
/** Before, these kept a state for every block where they could, and needed no chunks. Source: `SupportsMambaPrefixCaching` of 0.17 to 0.27. */
const EVERY_BLOCK = /^(Bamba|NemotronH|Jamba|Mamba2?|Zamba2|GraniteMoeHybrid|FalconH1)ForCausalLM$/;

function isHybrid({ model }: RuleContext): boolean {
  const kinds = new Set(model?.kv.map(({ kind }) => kind));
  return kinds.has('recurrent') && kinds.size > 1;
}

export const statesWithoutChunkedPrefill: Rule = {
  id: 'STATES_WITHOUT_CHUNKED_PREFILL',
  severity: 'error',
  summary: 'a model with recurrent layers caches prefixes only while it takes prompts in chunks',
  explanation:
    'vLLM caches prefixes of a hybrid model (Qwen3.5, Qwen3-Next, Nemotron-H) by keeping its states where chunks of a prompt end. Without chunked prefill it stops: "Chunked prefill is required for mamba cache mode \'align\'." From 0.28 on it caches prefixes of such models by itself, so that --no-enable-chunked-prefill alone is enough for the AssertionError; older recipes ask for it.',
  source:
    'vllm/model_executor/models/config.py, `MambaModelConfig` of 0.17 to 0.30; vllm/config/model.py, `is_prefix_caching_supported`',
  holdsFor: 'vLLM 0.17 and later',
  server: { engine: 'vllm', since: '0.17.0' },
  examples: {
    passes: [
      example(QWEN35_27B, '0.30.0', { enableChunkedPrefill: true }),
      example(QWEN35_27B, '0.30.0', { enablePrefixCaching: false }),
      example(QWEN35_27B, '0.21.0', { enablePrefixCaching: undefined }),
      example(NEMOTRON_H, '0.23.0'),
      example(LLAMA_8B, '0.30.0'),
    ],
    fails: [
      example(QWEN35_27B, '0.21.0'),
      example(NEMOTRON_H, '0.28.0'),
      example(QWEN35_27B, '0.30.0', { enablePrefixCaching: undefined }),
    ],
  },
  evaluate(context) {
    const { options, model } = context;
    if (options.enableChunkedPrefill !== false || !isHybrid(context)) return [];
    const isNew = isVllm(context, { since: BY_ITSELF });
    const cached = prefixCachingAsked(context);
    if (cached === false || (cached === undefined && !isNew)) return [];
    if (!isNew && EVERY_BLOCK.test(model?.architecture ?? '')) return [];
    return [
      found({
        what: `${serverName(context)} caches prefixes of ${model?.architecture}, which has recurrent layers, only with chunked prefill`,
        got: `enableChunkedPrefill false ${cached === undefined ? 'with the prefix cache that the server switches on by itself' : 'with enablePrefixCaching true'}`,
        allowed: 'enableChunkedPrefill true, or enablePrefixCaching false',
        fix: 'leave enableChunkedPrefill out',
        path: '/options/enableChunkedPrefill',
        // Published recipes of older versions ask for this, and nobody has been seen to fail with it yet.
        severity: cached === undefined ? 'warning' : 'error',
      }),
    ];
  },
};
