import { isSglang, isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { LLAMA_8B, NEMOTRON_H, QWEN35_27B, type Json } from '../helpers/samples';
import { speculationOf } from '../helpers/speculation';
import { argumentOf, prefixCachingAsked } from '../helpers/switches';
import type { Rule, RuleContext, RuleFinding } from '../types';

const NEXTN = { SM_SGLANG_SPECULATIVE_ALGORITHM: 'NEXTN', SM_SGLANG_SPECULATIVE_NUM_STEPS: '3' };

const example = (config: Json, version: string, environment: object = {}) => ({
  model: { config },
  container: { family: 'sglang', version },
  instanceType: 'ml.p5.48xlarge',
  options: { maxModelLen: 4096, tensorParallelSize: 4 },
  environment: { ...NEXTN, ...environment },
});

const onVllm = (
  version: string,
  method: string,
  environment: object = {},
  options: object = { enablePrefixCaching: true },
) => ({
  model: { config: NEMOTRON_H },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096, tensorParallelSize: 2, ...options },
  environment,
  speculative: { method, tokens: 1 },
});

/** The mode of vLLM in which every block of the cache holds a state, which NemotronH takes where nothing else is asked for. */
const ALL_MODE = 'all';

/** Nemotron-H is the one model that both guesses with layers of its own and keeps a state for every block. */
function onVllmServer(context: RuleContext): readonly RuleFinding[] {
  const { model } = context;
  if (model?.architecture !== 'NemotronHForCausalLM' || prefixCachingAsked(context) !== true) return [];
  const speculation = speculationOf(context);
  const mode = argumentOf(context, 'MAMBA_CACHE_MODE')?.value;
  if (speculation === undefined || (mode !== undefined && mode !== ALL_MODE)) return [];
  const guesses =
    /mtp$/.test(speculation.method ?? '') &&
    isVllm(context, { since: '0.17.0', before: mode === ALL_MODE ? '0.21.0' : '0.20.0' });
  const drafts = speculation.method === 'dspark' && isVllm(context, { since: '0.24.0', before: '0.28.0' });
  if (!guesses && !drafts) return [];
  return [
    found({
      what: `${serverName(context)} crashes at start where it speculates for ${model.architecture} while prefix caching keeps a recurrent (mamba) state for every block, the mode it takes by itself`,
      got: `enablePrefixCaching with the mamba cache mode ${mode ?? ALL_MODE}`,
      allowed: 'the mamba cache mode align, or no prefix cache',
      fix: 'set SM_VLLM_MAMBA_CACHE_MODE to align',
      path: '/options/enablePrefixCaching',
    }),
  ];
}

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
    'From 0.5.10 to 0.5.13 SGLang keeps no second buffer of recurrent states unless it is told to, and then refuses to speculate while it caches prefixes: "Speculative decoding for Qwen3_5MoeForConditionalGeneration is not compatible with radix cache when using --mamba-scheduler-strategy no_buffer. To use radix cache with speculative decoding, please use --mamba-scheduler-strategy extra_buffer and set SGLANG_ENABLE_SPEC_V2=1." Before, it switched the prefix cache off by itself; later versions choose the buffer. vLLM 0.17 to 0.19 keeps a state of Nemotron-H for every cached block, and crashes where multi-token prediction guesses at the same time; 0.24 to 0.27 do with DSpark.',
  source:
    'sglang/srt/server_args.py of 0.5.9 to 0.5.14, `_handle_mamba_radix_cache`; QwenLM/Qwen3.8#108; vllm/model_executor/models/config.py, `MambaModelConfig` of 0.17 to 0.28; vllm-project/vllm#39809, #52317',
  holdsFor: 'SGLang 0.5.10 to 0.5.13; vLLM 0.17 to 0.19 and 0.24 to 0.27 for Nemotron-H',
  examples: {
    passes: [
      example(QWEN35_27B, '0.5.9'),
      example(QWEN35_27B, '0.5.14'),
      example(LLAMA_8B, '0.5.12'),
      example(QWEN35_27B, '0.5.12', { SM_SGLANG_DISABLE_RADIX_CACHE: 'true' }),
      example(QWEN35_27B, '0.5.12', { SM_SGLANG_MAMBA_SCHEDULER_STRATEGY: 'extra_buffer', SGLANG_ENABLE_SPEC_V2: '1' }),
      onVllm('0.19.0', 'mtp', { SM_VLLM_MAMBA_CACHE_MODE: 'align' }),
      onVllm('0.19.0', 'mtp', {}, { enablePrefixCaching: false }),
      onVllm('0.19.0', 'mtp', {}, {}),
      onVllm('0.20.0', 'mtp'),
      onVllm('0.28.0', 'dspark'),
    ],
    fails: [
      example(QWEN35_27B, '0.5.10'),
      example(QWEN35_27B, '0.5.13', { SM_SGLANG_MAMBA_SCHEDULER_STRATEGY: 'no_buffer' }),
      onVllm('0.19.0', 'mtp'),
      onVllm('0.20.0', 'nemotron_h_mtp', { SM_VLLM_MAMBA_CACHE_MODE: 'all' }),
      onVllm('0.27.1', 'dspark'),
    ],
  },
  evaluate(context) {
    const { model, spec } = context;
    if (isVllm(context)) return onVllmServer(context);
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
