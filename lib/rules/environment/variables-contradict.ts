import { environmentSettings } from '../../endpoint/environment';
import { settingVariables } from '../helpers/example';
import { found } from '../helpers/finding';
import { shown } from '../helpers/environment';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule, RuleFinding } from '../types';

const example = settingVariables(LLAMA_8B);

export const variablesContradict: Rule = {
  id: 'VARIABLES_CONTRADICT',
  severity: 'error',
  summary: 'two variables for one setting say the same',
  explanation:
    'Some settings have two names, such as OPTION_TENSOR_PARALLEL_DEGREE and OPTION_TENSOR_PARALLEL_SIZE, or MAX_BATCH_SIZE of the TGI image that LMI still translates. LMI stops with a ValueError when the DJL and the vLLM name differ, and otherwise takes one of them.',
  source: 'djl-serving vllm_rb_properties.py, handle_lmi_vllm_config_conflicts; dockerd-entrypoint-with-cuda-compat.sh',
  examples: {
    passes: [
      example('lmi', { OPTION_TENSOR_PARALLEL_DEGREE: '2', TENSOR_PARALLEL_DEGREE: '2' }),
      example('lmi', { OPTION_MAX_ROLLING_BATCH_SIZE: '32' }),
    ],
    fails: [
      example('lmi', { OPTION_TENSOR_PARALLEL_DEGREE: '2', OPTION_TENSOR_PARALLEL_SIZE: '4' }),
      example('lmi', { OPTION_MAX_ROLLING_BATCH_SIZE: '32', OPTION_MAX_NUM_SEQS: '64' }),
      example('vllm', { SM_VLLM_ENABLE_PREFIX_CACHING: 'true', SM_VLLM_NO_ENABLE_PREFIX_CACHING: 'true' }),
    ],
  },
  evaluate({ spec }) {
    const { container, environment } = spec;
    if (container === undefined || environment === undefined) return [];
    const findings: RuleFinding[] = [];
    const first = new Map<string, { readonly variable: string; readonly value: unknown }>();
    for (const { option, variable, value } of environmentSettings(container.family, environment)) {
      const earlier = first.get(option);
      if (earlier === undefined) first.set(option, { variable, value });
      else if (earlier.value !== value)
        findings.push(
          found({
            what: `two variables set ${option} to different values`,
            got: `${shown(earlier.variable, environment[earlier.variable])} and ${shown(variable, environment[variable])}`,
            fix: `remove ${variable} or ${earlier.variable}`,
            path: `/environment/${variable}`,
          }),
        );
    }
    return findings;
  },
};
