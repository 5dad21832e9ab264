import { isVllm, serverName } from '../helpers/engine';
import { count, found } from '../helpers/finding';
import { MISTRAL_7B } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

const example = (maxModelLen: number, environment?: object) => ({
  model: { config: MISTRAL_7B },
  container: { family: 'vllm' },
  options: { maxModelLen },
  ...(environment === undefined ? {} : { environment }),
});

/** `--disable-sliding-window`, set through the container's variables. */
function isDisabled({ spec }: RuleContext): boolean {
  return Object.entries(spec.environment ?? {}).some(
    ([name, value]) => name.endsWith('DISABLE_SLIDING_WINDOW') && /^(true|1|)$/i.test(value),
  );
}

export const slidingWindowDisabled: Rule = {
  id: 'SLIDING_WINDOW_DISABLED',
  severity: 'error',
  summary: 'without its sliding window, a model’s context ends at the window',
  explanation:
    'disable_sliding_window makes every layer see everything, which is right up to the window’s length only; vLLM therefore caps the context at the window: "Disabling sliding window: max_model_len 8192 is greater than the sliding window length (4096)". It is mostly set to allow prefix caching on old versions.',
  source: 'vllm/config/model.py, `_get_and_verify_max_len`: disable_sliding_window; issue vllm-project/vllm#6253',
  holdsFor: 'vLLM >= 0.4.3',
  examples: {
    passes: [example(8192), example(4096, { SM_VLLM_DISABLE_SLIDING_WINDOW: 'true' })],
    fails: [example(8192, { SM_VLLM_DISABLE_SLIDING_WINDOW: 'true' })],
  },
  evaluate(context) {
    const { model, options } = context;
    const window = model?.slidingWindow;
    const wanted = options.maxModelLen;
    if (
      window === undefined ||
      wanted === undefined ||
      wanted <= window ||
      !isVllm(context, { since: '0.4.3' }) ||
      !isDisabled(context)
    )
      return [];
    return [
      found({
        what: `with the sliding window disabled, ${serverName(context)} limits the context to the window`,
        got: `maxModelLen ${count(wanted)} with sliding_window ${count(window)}`,
        allowed: `up to ${count(window)}`,
        fix: `set maxModelLen to ${window}, or leave disable_sliding_window out`,
        path: '/options/maxModelLen',
      }),
    ];
  },
};
