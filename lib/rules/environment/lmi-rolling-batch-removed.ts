import { anyOf, found } from '../helpers/finding';
import { shown } from '../helpers/environment';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (OPTION_ROLLING_BATCH: string, version?: string) => ({
  model: { config: LLAMA_8B },
  container: { family: 'lmi', version },
  options: { maxModelLen: 4096 },
  environment: { OPTION_ROLLING_BATCH },
});

interface Words {
  /** First major version of LMI, and the words that it takes. */
  readonly since: number;
  readonly words: readonly string[];
}

/** Source: engines/python/setup/djl_python/properties_manager/properties.py by version, `RollingBatchEnum`. */
const VALUES: readonly Words[] = [
  { since: 10, words: ['auto', 'vllm', 'lmi-dist', 'scheduler', 'disable', 'trtllm'] },
  { since: 15, words: ['auto', 'vllm', 'disable', 'trtllm'] },
];

export const lmiRollingBatchRemoved: Rule = {
  id: 'LMI_ROLLING_BATCH_REMOVED',
  severity: 'error',
  summary: 'OPTION_ROLLING_BATCH is one that this LMI has',
  explanation:
    'deepspeed left with LMI 10 (0.28), lmi-dist and scheduler with LMI 15 (0.33). There lmi-dist is taken for vllm; any other unknown word fails the validation of the properties, and the model does not load.',
  source: 'djl-serving LmiConfigRecommender.java, properties.py; LMI announcements, breaking_changes',
  holdsFor: 'LMI 10 (0.28) and later',
  examples: {
    passes: [
      example('vllm'),
      example('auto'),
      example('lmi-dist', '0.31.0-lmi13'),
      example('scheduler', '0.28.0-lmi10.0.0-cu124'),
    ],
    fails: [
      example('lmi-dist'),
      example('scheduler'),
      example('deepspeed', '0.33.0-lmi15'),
      example('deepspeed', '0.28.0-lmi10.0.0-cu124'),
    ],
  },
  evaluate({ spec, container }) {
    const value = spec.environment?.OPTION_ROLLING_BATCH;
    if (value === undefined || container?.family !== 'lmi' || container.lmi === undefined) return [];
    const { lmi } = container;
    const words = VALUES.filter(({ since }) => lmi >= since).at(-1)?.words;
    if (words === undefined || words.includes(value.toLowerCase())) return [];
    const isRewritten = value === 'lmi-dist';
    return [
      found({
        what: isRewritten
          ? 'lmi-dist was removed in LMI 15, and is taken for vllm'
          : `LMI ${lmi} has no such rolling batch`,
        got: shown('OPTION_ROLLING_BATCH', value),
        allowed: anyOf(words),
        fix: isRewritten ? 'use vllm, or leave it out' : 'leave it out',
        path: '/environment/OPTION_ROLLING_BATCH',
        severity: isRewritten ? 'warning' : undefined,
      }),
    ];
  },
};
