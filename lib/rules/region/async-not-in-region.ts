import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

/** Regions that the announcement of asynchronous inference left out; of eu-south-1 a refusal was reported in 2024. */
const LEFT_OUT = ['ap-northeast-3', 'eu-south-1', 'af-south-1'];

const example = (region: string, asyncInference: boolean) => ({
  model: { config: LLAMA_8B },
  region,
  endpoint: { asyncInference },
});

export const asyncNotInRegion: Rule = {
  id: 'ASYNC_NOT_IN_REGION',
  severity: 'warning',
  summary: 'the region offers asynchronous inference',
  explanation:
    'Asynchronous inference was announced for all commercial regions but Osaka, Milan and Cape Town, and nothing that we know has said otherwise since. In Milan CreateEndpointConfig still answered in 2024 that "one or more endpoint features are not supported using this configuration".',
  source: 'AWS What’s New, 2021-08-20, Amazon SageMaker Asynchronous Inference; boto/boto3#4275',
  needs: ['endpoint'],
  examples: {
    passes: [example('eu-west-1', true), example('eu-south-1', false), example('${Token[AWS.Region.4]}', true)],
    fails: [example('eu-south-1', true), example('ap-northeast-3', true)],
  },
  evaluate({ spec }) {
    const { endpoint, region } = spec;
    if (endpoint?.asyncInference !== true || region === undefined || !LEFT_OUT.includes(region)) return [];
    return [
      found({
        what: `asynchronous (async) inference was not announced for ${region}, and may be refused there`,
        got: `asyncInference in ${region}`,
        allowed: 'another region, or a real-time endpoint',
        fix: 'create an endpoint configuration there by hand first, or deploy in another region',
        path: '/endpoint/asyncInference',
      }),
    ];
  },
};
