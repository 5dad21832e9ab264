import type { ResolvedContainer } from '../../container/types';
import { lookup } from '../../text/lookup';
import { isAtLeast } from '../../text/version';
import data from '../data/flags-on-by-default.json';
import { shown, variablesOf } from '../helpers/environment';
import { settingVariables } from '../helpers/example';
import { found } from '../helpers/finding';
import { argumentsOf, type PassedOn } from '../helpers/passed-on';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule, RuleFinding } from '../types';

const example = settingVariables(LLAMA_8B);

/** By engine and flag, the version from which it is on; null: in all of them. */
const ON_BY_DEFAULT: Readonly<Record<string, Readonly<Record<string, string | null>>>> = data.engines;

export const flagSwitchedOffIsDropped: Rule = {
  id: 'FLAG_SWITCHED_OFF_IS_DROPPED',
  severity: 'warning',
  summary: 'a flag that is on by default is switched off in a way that the entry point passes on',
  explanation:
    'VARIABLE=false makes the entry points leave the flag out, which leaves the default of the server: prefix caching stays on. The negation has a name of its own, such as SM_VLLM_NO_ENABLE_PREFIX_CACHING=true. LMI drops false as well from LMI 17 to 25, and passes --no-… from 26 on.',
  source: `aws/deep-learning-containers scripts/docker/vllm/sagemaker_args.py, llama_cpp/sagemaker_entrypoint.sh; djl-serving construct_vllm_args_list of each branch; ${data.source}`,
  examples: {
    passes: [
      example('vllm', { SM_VLLM_NO_ENABLE_PREFIX_CACHING: 'true', SM_VLLM_ENFORCE_EAGER: 'false' }),
      example('lmi', { OPTION_ENABLE_PREFIX_CACHING: 'false' }, '0.36.0-lmi27'),
      example('vllm', { SM_VLLM_ENABLE_PREFIX_CACHING: 'false' }, '0.6.3'),
    ],
    fails: [
      example('vllm', { SM_VLLM_ENABLE_PREFIX_CACHING: 'false' }),
      example('llama-cpp', { SM_LLAMA_CPP_WARMUP: 'false' }),
      example('lmi', { OPTION_ENABLE_PREFIX_CACHING: 'false' }, '0.36.0-lmi20'),
    ],
  },
  evaluate(context) {
    const { container } = context;
    if (container === undefined) return [];
    return argumentsOf(context).flatMap((set) => judge(container, set) ?? []);
  },
};

function judge(container: ResolvedContainer, { variable, value, argument }: PassedOn): RuleFinding | undefined {
  if (value.trim().toLowerCase() !== 'false') return undefined;
  const isLmi = container.family === 'lmi';
  if ((isLmi && !dropsFalse(container)) || !isOnByDefault(container, argument)) return undefined;
  const negation = `${variablesOf(container).prefix}NO_${argument.replaceAll('-', '_').toUpperCase()}`;
  return found({
    what: `the container drops a flag that is false, and --${argument} is on by default`,
    got: shown(variable, value),
    allowed: isLmi ? undefined : `${negation}=true`,
    fix: isLmi ? 'use an image from LMI 26 on, which passes it on' : `write ${negation}=true in its place`,
    path: `/environment/${variable}`,
  });
}

/** Of LMI, those from 17 to 25 do. */
function dropsFalse({ lmi = 0 }: ResolvedContainer): boolean {
  return lmi >= 17 && lmi <= 25;
}

function isOnByDefault({ engine, engineVersion }: ResolvedContainer, flag: string): boolean {
  const since = lookup(lookup(ON_BY_DEFAULT, engine) ?? {}, flag);
  if (since === undefined) return false;
  return since === null || engineVersion === undefined || isAtLeast(engineVersion, since);
}
