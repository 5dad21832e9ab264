import type { ResolvedContainer } from '../../container/types';
import { isVllm } from '../helpers/engine';
import { entryPointAge } from '../../container';
import { isFlagWord, shown, variablesOf } from '../helpers/environment';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule, RuleContext, RuleFinding } from '../types';

const example = (version: string, environment: Record<string, string>, family = 'vllm') => ({
  model: { config: LLAMA_8B },
  container: { family, version },
  options: { maxModelLen: 4096 },
  environment,
});

const FAMILIES = new Set(['vllm', 'sglang', 'llama-cpp']);

export const flagBecomesPositional: Rule = {
  id: 'FLAG_BECOMES_POSITIONAL',
  severity: 'warning',
  summary: 'a flag without a value is given as true or false',
  explanation:
    'The entry points turn VARIABLE=true into a bare --flag. Any other word (1, yes, on) is passed as a value, which a flag does not take: the server takes it for a positional argument, and stops or serves a model of that name. The vLLM images before 0.17.1 and the SGLang images before 0.5.10 passed the word true itself on.',
  source:
    'aws/deep-learning-containers#5757, scripts/docker/vllm/sagemaker_args.py; aws-samples/amazon-sagemaker-generativeai#111',
  examples: {
    passes: [
      example('0.28.0', { SM_VLLM_ASYNC_SCHEDULING: 'true', SM_VLLM_MAX_MODEL_LEN: '4096' }),
      example('1.0.1', { SM_LLAMA_CPP_NO_WARMUP: 'true' }, 'llama-cpp'),
      example('0.8.5', { SM_VLLM_ENFORCE_EAGER: 'true' }),
    ],
    fails: [
      example('0.28.0', { SM_VLLM_ENFORCE_EAGER: '1' }),
      example('0.16.0', { SM_VLLM_ENFORCE_EAGER: 'true' }),
      example('0.10.1', { SM_VLLM_ASYNC_SCHEDULING: 'true' }),
      example('0.5.9', { SM_SGLANG_TRUST_REMOTE_CODE: 'true' }, 'sglang'),
      example('1.0.1', { SM_LLAMA_CPP_METRICS: 'yes' }, 'llama-cpp'),
    ],
  },
  evaluate(context) {
    const { container, spec } = context;
    if (container === undefined || !FAMILIES.has(container.family) || spec.environment === undefined) return [];
    return Object.entries(spec.environment).flatMap(([name, value]) => judge(context, name, value) ?? []);
  },
};

/** vLLM's own entry point for SageMaker, which custom images take. Source: vLLM, examples/online_serving/sagemaker-entrypoint.sh. */
const OWN_ENTRY_POINT = { since: '0.10.1' };

/** Does the entry point pass the word true itself on? Older releases without an image have none that could. */
function passesOn(container: ResolvedContainer): boolean {
  if (container.tag === undefined) return container.family === 'vllm' && isVllm({ container }, OWN_ENTRY_POINT);
  return container.family !== 'llama-cpp' && entryPointAge(container) === 'verbatim';
}

function judge({ container }: RuleContext, name: string, value: string): RuleFinding | undefined {
  if (container === undefined) return undefined;
  const variables = variablesOf(container);
  const variable =
    variables.prefix !== undefined && name.startsWith(variables.prefix) ? variables.find(name) : undefined;
  if (variable?.argument === undefined || (variable.kind !== 'switch' && variable.kind !== 'boolean')) return undefined;
  const isVerbatim = passesOn(container);
  if (value === '' || (isFlagWord(value) && !isVerbatim)) return undefined;
  return found({
    what: `--${variable.argument} takes no value, and ${isVerbatim ? 'the entry point of this image passes every value on' : 'only true and false are taken for a flag'}: the word becomes a positional argument`,
    got: shown(name, value),
    allowed: isVerbatim ? `${name} with an empty value` : 'true or false',
    fix: isVerbatim ? `set ${name} to an empty value, or use a newer image` : `set ${name}=true, or leave it out`,
    path: `/environment/${name}`,
  });
}
