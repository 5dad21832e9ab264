import { found } from '../helpers/finding';
import { QWEN3_SMALL } from '../helpers/samples';
import type { Rule } from '../types';

const example = (concurrency: number, rest: object = {}) => ({
  model: { config: QWEN3_SMALL },
  container: { family: 'lmi' },
  options: { maxModelLen: 4096 },
  workload: { concurrency, inputTokens: 512, outputTokens: 128 },
  ...rest,
});

/** Source: LmiConfigRecommender.java, `setRollingBatchSize`. */
const DEFAULT_BATCH = 32;

export const lmiConcurrencyCapped: Rule = {
  id: 'LMI_CONCURRENCY_CAPPED',
  severity: 'warning',
  summary: 'LMI is told of a concurrency above its default of 32',
  explanation:
    'In its asynchronous mode, the default since LMI 17, LMI serves 32 sequences at a time unless OPTION_MAX_ROLLING_BATCH_SIZE is set, though its documentation says 256: further requests wait in the queue.',
  source: 'djl-serving LmiConfigRecommender.java, setRollingBatchSize, in every branch from 0.35.0-dlc on',
  holdsFor: 'LMI 17 (0.35) and later',
  examples: {
    passes: [example(32), example(64, { options: { maxModelLen: 4096, maxNumSeqs: 64 } })],
    fails: [example(64)],
  },
  evaluate({ spec, container, options }) {
    const wanted = spec.workload?.concurrency;
    if (container?.family !== 'lmi' || (container.lmi ?? 0) < 17 || wanted === undefined) return [];
    const isSet =
      spec.options?.maxNumSeqs !== undefined ||
      Object.keys(spec.environment ?? {}).some((name) =>
        /MAX_ROLLING_BATCH_SIZE|MAX_NUM_SEQS|^MAX_BATCH_SIZE$/.test(name),
      );
    if (isSet || options.maxNumSeqs !== DEFAULT_BATCH || wanted <= DEFAULT_BATCH) return [];
    return [
      found({
        what: `LMI serves ${DEFAULT_BATCH} sequences at a time unless told otherwise, and the others wait`,
        got: `concurrency ${wanted}`,
        allowed: `${DEFAULT_BATCH}`,
        fix: `set maxNumSeqs to ${wanted} (OPTION_MAX_ROLLING_BATCH_SIZE)`,
        path: '/options/maxNumSeqs',
      }),
    ];
  },
};
