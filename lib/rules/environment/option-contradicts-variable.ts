import { environmentSettings } from '../../endpoint/environment';
import { namedDtype } from '../helpers/dtype';
import { shown } from '../helpers/environment';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { ServingOptions } from '../../spec/types';
import type { Rule, RuleFinding } from '../types';

const example = (family: string, options: object, environment: Record<string, string>) => ({
  model: { config: LLAMA_8B },
  container: { family },
  options: { maxModelLen: 4096, ...options },
  environment,
});

export const optionContradictsVariable: Rule = {
  id: 'OPTION_CONTRADICTS_VARIABLE',
  severity: 'error',
  summary: 'an option and the variable that sets it say the same',
  explanation:
    'The same setting is given twice with different values: once as an option, once as a variable of the container. One of them would be dropped without a word, so neither is taken.',
  source: 'the endpoint spec: an option that options and environment set to different values is an error',
  examples: {
    passes: [
      example('vllm', {}, { SM_VLLM_MAX_MODEL_LEN: '4096' }),
      example('lmi', { dtype: 'float16' }, { OPTION_DTYPE: 'fp16' }),
      example('lmi', { tensorParallelSize: 2 }, { TENSOR_PARALLEL_DEGREE: '2' }),
    ],
    fails: [
      example('vllm', {}, { SM_VLLM_MAX_MODEL_LEN: '8192' }),
      example('lmi', { tensorParallelSize: 2 }, { TENSOR_PARALLEL_DEGREE: '4' }),
      example('vllm', { enforceEager: false }, { SM_VLLM_ENFORCE_EAGER: 'true' }),
    ],
  },
  evaluate({ spec }) {
    const { options, container, environment } = spec;
    if (options === undefined || container === undefined || environment === undefined) return [];
    const findings: RuleFinding[] = [];
    for (const { option, variable, value } of environmentSettings(container.family, environment)) {
      const asked = options[option as keyof ServingOptions];
      if (asked === undefined || meaning(asked) === meaning(value)) continue;
      findings.push(
        found({
          what: `${option} is set twice, to different values`,
          got: `${option} ${asked} and ${shown(variable, environment[variable])}`,
          fix: `remove ${variable}, or give both the same value`,
          path: `/environment/${variable}`,
        }),
      );
    }
    return findings;
  },
};

/** `fp16`, `half` and `float16` are one dtype, `fp8` and `fp8_e4m3` one KV cache. */
function meaning(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const word = value.toLowerCase();
  return namedDtype(word) ?? (word === 'fp8_e4m3' ? 'fp8' : word);
}
