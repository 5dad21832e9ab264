import { isVllm, serverName } from '../helpers/engine';
import { shown } from '../helpers/environment';
import { found } from '../helpers/finding';
import { LLAMA2_7B, LLAMA_8B } from '../helpers/samples';
import { speculationOf } from '../helpers/speculation';
import { argumentOf } from '../helpers/switches';
import type { Rule, RuleContext } from '../types';

const example = (version: string, options: object = {}, rest: object = {}, steps = '8') => ({
  model: { config: LLAMA2_7B },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096, ...options },
  environment: { SM_VLLM_NUM_SCHEDULER_STEPS: steps },
  ...rest,
});

const NGRAM = { speculative: { method: 'ngram', tokens: 4 } };

interface Clash {
  readonly what: string;
  readonly fix: string;
}

/** Source: vllm/engine/arg_utils.py, `create_engine_config` of 0.5.5 to 0.10.0. */
function clashOf(context: RuleContext): Clash | undefined {
  const { options } = context;
  if (speculationOf(context) !== undefined)
    return { what: 'speculative decoding', fix: 'leave speculative decoding out' };
  if (options.enableChunkedPrefill !== true) return undefined;
  if (isVllm(context, { before: '0.6.3' }))
    return { what: 'chunked prefill', fix: 'set enableChunkedPrefill to false' };
  if (options.pipelineParallelSize > 1)
    return { what: 'chunked prefill in a pipeline', fix: 'set enableChunkedPrefill to false' };
  return undefined;
}

export const multiStepNotSupported: Rule = {
  id: 'MULTI_STEP_NOT_SUPPORTED',
  severity: 'error',
  summary: 'multi-step scheduling meets nothing that it cannot be combined with',
  explanation:
    'num_scheduler_steps above 1 runs several decoding steps between two schedulings (vLLM 0.5.5 to 0.10). It refuses speculative decoding, up to 0.6.2 chunked prefill, which those versions switch on by themselves above 32,768 tokens of context ("Chunked prefill is not supported with multi-step (--num-scheduler-steps > 1)"), and later chunked prefill in a pipeline.',
  source: 'vllm/engine/arg_utils.py of 0.5.5 to 0.10.0; vllm-project/vllm#8274',
  holdsFor: 'vLLM 0.5.5 to 0.10.0',
  server: { engine: 'vllm', since: '0.5.5', before: '0.10.1' },
  needs: ['environment'],
  examples: {
    passes: [
      example('0.6.0'),
      example('0.6.3', { enableChunkedPrefill: true }),
      example('0.6.0', { enableChunkedPrefill: true }, {}, '1'),
    ],
    fails: [
      example('0.6.0', { enableChunkedPrefill: true }),
      example('0.6.3', { enableChunkedPrefill: true, pipelineParallelSize: 2 }),
      example('0.7.3', {}, NGRAM),
      example('0.6.2', { maxModelLen: 65_536 }, { model: { config: LLAMA_8B } }),
    ],
  },
  evaluate(context) {
    const steps = argumentOf(context, 'NUM_SCHEDULER_STEPS');
    if (steps === undefined || !(Number(steps.value) > 1)) return [];
    const clash = clashOf(context);
    if (clash === undefined) return [];
    return [
      found({
        what: `${serverName(context)} does not support multi-step scheduling with ${clash.what}`,
        got: shown(steps.name, steps.value),
        allowed: `${steps.name} 1`,
        fix: `set ${steps.name} to 1, or ${clash.fix}`,
        path: `/environment/${steps.name}`,
      }),
    ];
  },
};
