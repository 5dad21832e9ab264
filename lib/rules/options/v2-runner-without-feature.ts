import { isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { LLAMA_8B, QWEN35_27B } from '../helpers/samples';
import { speculationOf } from '../helpers/speculation';
import { isSwitchedOn } from '../helpers/switches';
import type { Rule, RuleContext } from '../types';

const NGRAM = { speculative: { method: 'ngram', tokens: 3 } };

const example = (version: string, rest: object, config: object = LLAMA_8B, environment: object = {}) => ({
  model: { config },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096 },
  environment: { VLLM_USE_V2_MODEL_RUNNER: '1', ...environment },
  ...rest,
});

/** Methods that guess outside of the second model runner. */
const WITHOUT_V2 = new Set(['ngram', 'ngram_gpu', 'draft', 'draft_model', 'suffix', 'medusa', 'mlp_speculator']);

/** What this version’s second model runner refuses. Source: vllm/config/vllm.py, `_get_v2_model_runner_unsupported_features`. */
function refused(context: RuleContext): string | undefined {
  const speculation = speculationOf(context);
  if (speculation !== undefined && WITHOUT_V2.has(speculation.method?.toLowerCase() ?? 'draft'))
    return `speculative decoding by ${speculation.method ?? 'a draft model'}`;
  if (isVllm(context, { before: '0.22.0' }) && context.model?.kv.some(({ kind }) => kind === 'recurrent'))
    return 'models with recurrent layers';
  if (isVllm(context, { before: '0.29.0' }) && isSwitchedOn(context, 'ENABLE_DBO')) return 'dual batch overlap';
  return undefined;
}

export const v2RunnerWithoutFeature: Rule = {
  id: 'V2_RUNNER_WITHOUT_FEATURE',
  severity: 'error',
  summary: 'the second model runner is asked for where it can do what is asked with it',
  explanation:
    'vLLM takes its second model runner by itself where it can do all that is asked, and the first one otherwise. With VLLM_USE_V2_MODEL_RUNNER=1 it stops instead: "Model Runner V2 does not yet support: ngram/ngram_gpu speculative decoding". It guesses with EAGLE, multi-token prediction and, later, DFlash and DSpark; models with recurrent layers came with 0.22.',
  source: 'vllm/config/vllm.py, `_validate_v2_model_runner` of 0.21 to 0.30; intel/intel-xpu-backend-for-triton#7322',
  holdsFor: 'vLLM 0.21 and later',
  server: { engine: 'vllm', since: '0.21.0' },
  needs: ['environment'],
  examples: {
    passes: [
      example('0.23.0', {}),
      example('0.23.0', NGRAM, LLAMA_8B, { VLLM_USE_V2_MODEL_RUNNER: '0' }),
      example('0.19.0', NGRAM),
      example('0.23.0', { speculative: { method: 'eagle3', model: 'head', tokens: 3 } }),
      example('0.23.0', {}, QWEN35_27B),
    ],
    fails: [
      example('0.23.0', NGRAM),
      example('0.30.0', { speculative: { method: 'draft', model: 'small', tokens: 3 } }),
      example('0.21.0', {}, QWEN35_27B),
      example('0.23.0', {}, LLAMA_8B, { SM_VLLM_ENABLE_DBO: '' }),
    ],
  },
  evaluate(context) {
    const asked = context.spec.environment?.VLLM_USE_V2_MODEL_RUNNER;
    if (asked === undefined || asked.trim() !== '1') return [];
    const feature = refused(context);
    if (feature === undefined) return [];
    return [
      found({
        what: `${serverName(context)} does not support ${feature} in its Model Runner V2`,
        got: `VLLM_USE_V2_MODEL_RUNNER=1 with ${feature}`,
        allowed: 'the model runner that the server takes by itself',
        fix: 'leave VLLM_USE_V2_MODEL_RUNNER out',
        path: '/environment/VLLM_USE_V2_MODEL_RUNNER',
      }),
    ];
  },
};
