import { limitOf, patternOf } from '../../container';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (endpointName: string) => ({ model: { config: LLAMA_8B }, endpoint: { endpointName } });

/** The name with everything that the pattern refuses replaced, cut to length. */
function repaired(name: string, most: number): string {
  const valid = name
    .replace(/[^a-zA-Z0-9-]+/g, '-')
    .slice(0, most)
    .replace(/^-+|-+$/g, '');
  return valid === '' ? 'my-endpoint' : valid;
}

function reason(name: string, most: number): string {
  if (name.length > most) return `a length of ${name.length} characters`;
  const bad = /[^a-zA-Z0-9-]/.exec(name)?.[0];
  if (bad !== undefined) return bad === ' ' ? 'a space' : `the character ${bad}`;
  return name === '' ? 'no character at all' : 'a hyphen at its beginning or end';
}

export const endpointNameInvalid: Rule = {
  id: 'ENDPOINT_NAME_INVALID',
  severity: 'error',
  summary: "the endpoint's name matches SageMaker's pattern",
  explanation:
    'Names of endpoints, endpoint configurations and variants are letters, digits and hyphens, begin and end with a letter or digit, and have at most 63 characters. The API refuses the request with a ValidationException: "Member must satisfy regular expression pattern".',
  source: 'botocore sagemaker/2017-07-24, EndpointName: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}',
  needs: ['endpoint'],
  examples: {
    passes: [example('prod-llama-3'), example('a'), example('a'.repeat(63))],
    fails: [
      example('ENTER MODEL NAME'),
      example('my_endpoint'),
      example('llama-'),
      example('-llama'),
      example('a'.repeat(64)),
      example('huggingface-pytorch-inference-llama-3-1-8b-instruct-gptq-int4-prod'),
      example(''),
    ],
  },
  evaluate({ spec }) {
    const name = spec.endpoint?.endpointName;
    const [, most] = limitOf('EndpointNameLength');
    // The pattern counts letters and digits only: hyphens between them come on top, and the length has a limit of its own.
    if (name === undefined || (name.length <= most && patternOf('EndpointName').test(name))) return [];
    return [
      found({
        what: `an endpoint name has the pattern [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}: letters, digits and single hyphens between them, at most ${most} characters; this one has ${reason(name, most)}`,
        got: name.slice(0, 80),
        allowed: '[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}',
        fix: `use ${repaired(name, most)}`,
        path: '/endpoint/endpointName',
      }),
    ];
  },
};
