import { environmentOptions } from '../../endpoint/environment';
import { isVllm, serverName } from '../helpers/engine';
import { count, found } from '../helpers/finding';
import { GEMMA2_2B, MISTRAL_7B } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

const example = (maxModelLen: number, environment?: object) => ({
  model: { config: MISTRAL_7B },
  container: { family: 'vllm' },
  options: { maxModelLen },
  ...(environment === undefined ? {} : { environment }),
});

/** Layers that see everything alternate with layers that see a window. These versions know one or the other for all layers. Source: vllm/config.py of 0.5.1 to 0.6.4, `has_interleaved_attention`. */
const WITHOUT_INTERLEAVING = { since: '0.5.1', before: '0.6.5' };
const isInterleaved = ({ model }: RuleContext) => model?.config.model_type === 'gemma2';

const isLengthAsked = ({ container, spec }: RuleContext) =>
  (spec.options?.maxModelLen ?? environmentOptions(container?.family, spec.environment).maxModelLen) !== undefined;

/** `--disable-sliding-window`, set through the container's variables. */
function isDisabled({ spec }: RuleContext): boolean {
  return Object.entries(spec.environment ?? {}).some(
    ([name, value]) => name.endsWith('DISABLE_SLIDING_WINDOW') && /^(true|1|)$/i.test(value),
  );
}

const gemma2 = (version: string, options: object) => ({
  model: { config: GEMMA2_2B },
  container: { family: 'vllm', version },
  options,
});

export const slidingWindowDisabled: Rule = {
  id: 'SLIDING_WINDOW_DISABLED',
  severity: 'error',
  summary: 'without its sliding window, a model’s context ends at the window',
  explanation:
    'disable_sliding_window makes every layer see everything, which is right up to the window’s length only; vLLM therefore caps the context at the window: "Disabling sliding window: max_model_len 8192 is greater than the sliding window length (4096)". It is mostly set to allow prefix caching on old versions. vLLM 0.5.1 to 0.6.4 disable the window of Gemma 2 by themselves, whose layers have one in turns, and serve it up to 4,096 tokens.',
  source:
    'vllm/config/model.py, `_get_and_verify_max_len`: disable_sliding_window; issues vllm-project/vllm#6253, #6220',
  holdsFor: 'vLLM >= 0.4.3; Gemma 2 without the argument: 0.5.1 to 0.6.4',
  server: { engine: 'vllm', since: '0.4.3' },
  examples: {
    passes: [
      example(8192),
      example(4096, { SM_VLLM_DISABLE_SLIDING_WINDOW: 'true' }),
      gemma2('0.6.5', { maxModelLen: 8192 }),
      gemma2('0.6.3', {}),
    ],
    fails: [example(8192, { SM_VLLM_DISABLE_SLIDING_WINDOW: 'true' }), gemma2('0.6.3', { maxModelLen: 8192 })],
  },
  evaluate(context) {
    const { model, options } = context;
    const window = model?.slidingWindow;
    const wanted = options.maxModelLen;
    // A length that nobody asks for is cut without a word.
    const interleaved = isInterleaved(context) && isVllm(context, WITHOUT_INTERLEAVING) && isLengthAsked(context);
    if (window === undefined || wanted === undefined || wanted <= window || !(isDisabled(context) || interleaved))
      return [];
    return [
      found({
        what: `with the sliding window disabled, ${serverName(context)} limits the context to the window`,
        got: `maxModelLen ${count(wanted)} with sliding_window ${count(window)}`,
        allowed: `up to ${count(window)}`,
        fix: `set maxModelLen to ${window}, or ${isDisabled(context) ? 'leave disable_sliding_window out' : 'use an image with vLLM 0.6.5 or newer'}`,
        path: '/options/maxModelLen',
      }),
    ];
  },
};
