import { isSglang, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { LLAMA_8B, QWEN35_27B, type Json } from '../helpers/samples';
import { speculationOf } from '../helpers/speculation';
import type { Rule, RuleContext } from '../types';

const NEXTN = { SM_SGLANG_SPECULATIVE_ALGORITHM: 'NEXTN', SM_SGLANG_SPECULATIVE_NUM_STEPS: '3' };

const example = (config: Json, version: string, environment: object = {}) => ({
  model: { config },
  container: { family: 'sglang', version },
  instanceType: 'ml.p5.48xlarge',
  options: { maxModelLen: 4096, tensorParallelSize: 4 },
  environment: { ...NEXTN, ...environment },
});

/** Architectures whose states SGLang keeps with its prefix cache. */
const WITH_STATES = /^Qwen3(Next|_5)/;

function keepsPrefixes({ options, spec }: RuleContext): boolean {
  const disabled = spec.environment?.SM_SGLANG_DISABLE_RADIX_CACHE;
  return options.enablePrefixCaching !== false && (disabled === undefined || /false/i.test(disabled));
}

export const speculationWithStateCache: Rule = {
  id: 'SPECULATION_WITH_STATE_CACHE',
  severity: 'error',
  summary: 'speculation and the prefix cache of recurrent states are asked for in a way that this version has',
  explanation:
    'From 0.5.10 to 0.5.13 SGLang keeps no second buffer of recurrent states unless it is told to, and then refuses to speculate while it caches prefixes: "Speculative decoding for Qwen3_5MoeForConditionalGeneration is not compatible with radix cache when using --mamba-scheduler-strategy no_buffer. To use radix cache with speculative decoding, please use --mamba-scheduler-strategy extra_buffer and set SGLANG_ENABLE_SPEC_V2=1." Before, it switched the prefix cache off by itself; later versions choose the buffer.',
  source: 'sglang/srt/server_args.py of 0.5.9 to 0.5.14, `_handle_mamba_radix_cache`; QwenLM/Qwen3.8#108',
  holdsFor: 'SGLang 0.5.10 to 0.5.13',
  examples: {
    passes: [
      example(QWEN35_27B, '0.5.9'),
      example(QWEN35_27B, '0.5.14'),
      example(LLAMA_8B, '0.5.12'),
      example(QWEN35_27B, '0.5.12', { SM_SGLANG_DISABLE_RADIX_CACHE: 'true' }),
      example(QWEN35_27B, '0.5.12', { SM_SGLANG_MAMBA_SCHEDULER_STRATEGY: 'extra_buffer', SGLANG_ENABLE_SPEC_V2: '1' }),
    ],
    fails: [
      example(QWEN35_27B, '0.5.10'),
      example(QWEN35_27B, '0.5.13', { SM_SGLANG_MAMBA_SCHEDULER_STRATEGY: 'no_buffer' }),
    ],
  },
  evaluate(context) {
    const { model, spec } = context;
    if (model === undefined || !WITH_STATES.test(model.architecture) || !keepsPrefixes(context)) return [];
    if (!isSglang(context, { since: '0.5.10', before: '0.5.14' })) return [];
    const speculation = speculationOf(context);
    const strategy = spec.environment?.SM_SGLANG_MAMBA_SCHEDULER_STRATEGY ?? 'auto';
    if (speculation === undefined || strategy === 'extra_buffer') return [];
    return [
      found({
        what: `${serverName(context)} does not speculate for ${model.architecture} while its prefix (radix) cache keeps recurrent states without a second buffer`,
        got: `speculation with the mamba scheduler strategy ${strategy}`,
        allowed: 'extra_buffer, or no prefix cache',
        fix: 'set SM_SGLANG_MAMBA_SCHEDULER_STRATEGY to extra_buffer and SGLANG_ENABLE_SPEC_V2 to 1, or set SM_SGLANG_DISABLE_RADIX_CACHE to true',
        path: '/environment/SM_SGLANG_MAMBA_SCHEDULER_STRATEGY',
      }),
    ];
  },
};
