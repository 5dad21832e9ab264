import { found } from '../helpers/finding';
import { serverName } from '../helpers/engine';
import { LLAMA_8B } from '../helpers/samples';
import { slotsFix } from '../helpers/slots';
import type { Rule } from '../types';

const example = (family: string, options: object = {}) => ({
  model: { config: LLAMA_8B },
  container: { family },
  options: { maxModelLen: 4096, ...options },
  workload: { concurrency: 64 },
});

export const sequencesBelowConcurrency: Rule = {
  id: 'SEQUENCES_BELOW_CONCURRENCY',
  severity: 'warning',
  summary: 'the server runs as many sequences at once as the workload has',
  explanation:
    'maxNumSeqs caps how many requests run at once; more wait. LMI sets it to 32 where nobody says otherwise, though vLLM alone would take 256 or more and the documentation says 256.',
  source: 'djl-serving LmiConfigRecommender.java, `setRollingBatchSize`: 32 in asynchronous mode',
  examples: { passes: [example('lmi', { maxNumSeqs: 64 }), example('vllm')], fails: [example('lmi')] },
  evaluate(context) {
    const { options, spec } = context;
    const concurrency = spec.workload?.concurrency;
    const limit = context.container?.engine === 'llama.cpp' ? options.slots : options.maxNumSeqs;
    if (concurrency === undefined || limit === undefined || concurrency <= limit) return [];
    const isLlamaCpp = context.container?.engine === 'llama.cpp';
    const name = isLlamaCpp ? 'slots' : 'maxNumSeqs';
    return [
      found({
        what: `${serverName(context)} runs ${limit} sequences at once, fewer than the workload sends`,
        got: `concurrency ${concurrency} with ${name} ${limit}`,
        allowed: `${name} of ${concurrency} or more`,
        fix: isLlamaCpp ? slotsFix(context, concurrency) : `set maxNumSeqs to ${concurrency}`,
        path: `/options/${name}`,
      }),
    ];
  },
};
