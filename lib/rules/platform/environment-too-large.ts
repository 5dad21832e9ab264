import { environmentOf, limitOf, patternOf } from '../../container';
import { variablesOf as knownTo } from '../helpers/environment';
import { count, found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule, RuleContext, RuleFinding } from '../types';

const example = (environment: Record<string, string>) => ({
  model: { config: LLAMA_8B },
  container: { family: 'vllm' },
  environment,
});

const many = (entries: number) => Object.fromEntries(Array.from({ length: entries }, (_, i) => [`VLLM_${i}`, 'x']));

/** Not all of a long value is worth showing. */
const SHOWN = 60;

export const environmentTooLarge: Rule = {
  id: 'ENVIRONMENT_TOO_LARGE',
  severity: 'error',
  summary: "the container's variables are as many and as long as SageMaker takes",
  explanation:
    'CreateModel takes at most 100 variables of 1024 characters each, 32 KB together, with names of letters, digits and underscores. Chat templates and speculative decoding configurations are what usually exceeds 1024 characters: put them into a file beside the model. A member of an argument in JSON, which a command line writes with a dot (--limit-mm-per-prompt.video 0), has no variable of its own.',
  source: 'botocore sagemaker/2017-07-24, EnvironmentMap, EnvironmentKey, EnvironmentValue',
  examples: {
    passes: [example({ SM_VLLM_CHAT_TEMPLATE: 'x'.repeat(1024) }), example(many(90))],
    fails: [
      example({ SM_VLLM_CHAT_TEMPLATE: 'x'.repeat(1025) }),
      example({ 'SM-VLLM-DTYPE': 'auto' }),
      example({ 'SM_VLLM_LIMIT_MM_PER_PROMPT.VIDEO': '0' }),
      example(many(101)),
      example(Object.fromEntries(Object.keys(many(40)).map((name) => [name, 'x'.repeat(900)]))),
    ],
  },
  evaluate(context) {
    if (!mayBeTooLarge(context)) return [];
    const environment = variablesOf(context);
    const names = Object.keys(environment);
    const [, entries] = limitOf('EnvironmentEntries');
    const [, bytes] = limitOf('EnvironmentBytes');
    const findings = names.flatMap((name) => findingOf(context, name, environment[name]));
    if (names.length > entries) findings.push(tooMuch(`${names.length} variables`, `${entries} variables`));
    const size = names.reduce((sum, name) => sum + name.length + environment[name].length, 0);
    if (size > bytes) findings.push(tooMuch(`${count(size)} bytes of variables`, `${count(bytes)} bytes`));
    return findings;
  },
};

/** Options become a few short variables: only what is free text can be too long. */
function mayBeTooLarge({ spec }: RuleContext): boolean {
  return spec.environment !== undefined || spec.speculative !== undefined || (spec.model.id?.length ?? 0) > SHOWN;
}

/** What would be set: the spec's own variables and those that its options become. */
function variablesOf(context: RuleContext): Readonly<Record<string, string>> {
  return environmentOf(context);
}

function findingOf(context: RuleContext, name: string, value: string): RuleFinding[] {
  const [, nameLength] = limitOf('EnvironmentKeyLength');
  const [, valueLength] = limitOf('EnvironmentValueLength');
  if (!patternOf('EnvironmentKey').test(name) || name.length > nameLength)
    return [
      found({
        what: 'the name of a variable is letters, digits and underscores, and does not begin with a digit',
        got: name === '' ? 'an empty name' : name.slice(0, SHOWN),
        allowed: '[a-zA-Z_][a-zA-Z0-9_]*',
        fix: asObject(context, name, value) ?? `use ${plainName(name)}`,
        path: '/environment',
      }),
    ];
  if (value.length <= valueLength) return [];
  return [
    found({
      what: `the value of a variable has at most ${count(valueLength)} characters`,
      got: `${count(value.length)} characters in ${name.slice(0, SHOWN)}`,
      allowed: `${valueLength} characters`,
      fix: 'put it into a file beside the model and name the file',
      path: `/environment/${name}`,
    }),
  ];
}

function plainName(name: string): string {
  return name
    .replace(/[^a-zA-Z0-9_]/g, '_')
    .replace(/^(?=\d|$)/, '_')
    .slice(0, SHOWN);
}

/** `--limit-mm-per-prompt.video 0` has no variable of its own: a member of an argument in JSON goes into its object. */
function asObject({ container }: RuleContext, name: string, value: string): string | undefined {
  const [variable, ...members] = name.split('.');
  if (container === undefined || members.length === 0 || value.length > SHOWN) return undefined;
  if (knownTo(container).find(variable)?.kind !== 'json') return undefined;
  const plain = /^(-?\d+(\.\d+)?|true|false|null|[[{].*)$/.test(value) ? value : JSON.stringify(value);
  const object = members.reduceRight((inner, member) => `{${JSON.stringify(member.toLowerCase())}: ${inner}}`, plain);
  return `set ${variable} to ${object}`;
}

function tooMuch(got: string, allowed: string): RuleFinding {
  return found({
    what: `a container takes at most ${allowed}`,
    got,
    allowed,
    fix: 'remove the variables that keep a default',
    path: '/environment',
  });
}
