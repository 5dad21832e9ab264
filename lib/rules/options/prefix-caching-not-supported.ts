import { isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { BERT, LLAMA2_7B, MISTRAL_7B } from '../helpers/samples';
import { prefixCachingAsked } from '../helpers/switches';
import type { Rule, RuleContext } from '../types';

const example = (config: object, version: string, options: object = {}) => ({
  model: { config },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096, enablePrefixCaching: true, ...options },
});

/** Why this version refuses; undefined where it does not. */
function reasonOf(context: RuleContext): string | undefined {
  const { model, options, spec } = context;
  const keepsWindow = !Object.keys(spec.environment ?? {}).some((name) => name.endsWith('DISABLE_SLIDING_WINDOW'));
  if (model?.slidingWindow !== undefined && keepsWindow && isVllm(context, { since: '0.4.0', before: '0.8.0' }))
    return `a sliding window (${model.slidingWindow} tokens)`;
  if (options.kvCacheDtype.startsWith('fp8') && isVllm(context, { since: '0.4.3', before: '0.5.5' }))
    return 'a KV cache in FP8';
  if (options.enableChunkedPrefill === true && isVllm(context, { since: '0.4.0', before: '0.6.0' }))
    return 'chunked prefill';
  // Encoders have no cache at all, and no version gives them one by itself, and the coordinator of several caches asserts that there is one.
  if (model?.kind === 'encoder' && isVllm(context, { since: '0.28.0' }) && prefixCachingAsked(context) === true)
    return `an encoder (${model.architecture})`;
  return undefined;
}

export const prefixCachingNotSupported: Rule = {
  id: 'PREFIX_CACHING_NOT_SUPPORTED',
  severity: 'error',
  summary: 'prefix caching is asked for where this version can do it',
  explanation:
    'The V0 engine cannot reuse prefixes of a model with sliding-window attention: "Prefix caching is not supported with sliding window. Run with --disable-sliding-window to use prefix caching." Up to 0.5.4 it cannot with an FP8 KV cache either, and up to 0.5.5 the first request that meets a cached prefix while prompts are taken in chunks ends the server: "chunked prefill cannot be used with prefix caching now." The V1 engine (0.8 and later) can. Encoders keep no cache: asked for it in so many words, a current version warns, and then ends in an AssertionError.',
  source:
    'vllm/config/cache.py, `_verify_prefix_caching`, core/block_manager_v1.py and worker/model_runner.py by version; vllm-project/vllm#3355, vllm-project/vllm#55049, kubeai-project/kubeai#119',
  holdsFor:
    'sliding window: vLLM 0.4.0 to 0.7; FP8 KV cache: vLLM 0.4.3 to 0.5.4; chunked prefill: vLLM 0.4.0 to 0.5.5; encoders: vLLM 0.28 and later, older ones not read',
  examples: {
    passes: [
      example(LLAMA2_7B, '0.5.4'),
      example(MISTRAL_7B, '0.8.5'),
      example(LLAMA2_7B, '0.6.0', { enableChunkedPrefill: true }),
      { model: { config: BERT }, container: { family: 'vllm', version: '0.30.0' } },
    ],
    fails: [
      example(MISTRAL_7B, '0.6.3'),
      example(MISTRAL_7B, '0.4.0'),
      example(LLAMA2_7B, '0.5.5', { enableChunkedPrefill: true }),
      example(LLAMA2_7B, '0.5.3', { kvCacheDtype: 'fp8' }),
      example(BERT, '0.30.0', { maxModelLen: 512 }),
    ],
  },
  evaluate(context) {
    if (context.options.enablePrefixCaching !== true) return [];
    const reason = reasonOf(context);
    if (reason === undefined) return [];
    return [
      found({
        what: `${serverName(context)} does not support prefix caching with ${reason}`,
        got: 'enablePrefixCaching true',
        allowed: 'enablePrefixCaching false',
        fix:
          context.model?.kind === 'encoder'
            ? 'leave enablePrefixCaching out'
            : 'leave enablePrefixCaching out, or use an image with vLLM 0.8 or newer',
        path: '/options/enablePrefixCaching',
      }),
    ];
  },
};
