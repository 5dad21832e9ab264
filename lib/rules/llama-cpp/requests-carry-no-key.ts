import { found } from '../helpers/finding';
import { onLlamaServer as example } from '../helpers/samples';
import type { Rule } from '../types';

const NAMES = ['SM_LLAMA_CPP_API_KEY', 'SM_LLAMA_CPP_API_KEY_FILE', 'LLAMA_API_KEY'];

export const requestsCarryNoKey: Rule = {
  id: 'REQUESTS_CARRY_NO_KEY',
  severity: 'error',
  summary: 'llama-server asks for no key of its own',
  explanation:
    'With --api-key llama-server answers every request without that key with 401, /health excepted, so that the endpoint comes into service. SageMaker strips the headers of a request but its own before the container sees it, Authorization among them, and the image’s nginx adds none: SageMaker has checked the caller by IAM before.',
  source:
    'Amazon SageMaker Runtime API reference, InvokeEndpoint: "Amazon SageMaker strips all POST headers except those supported by the API"; llama.cpp tools/server/server-http.cpp, middleware_validate_api_key; aws/deep-learning-containers scripts/docker/llama_cpp/llama_cpp_sagemaker.conf.template',
  examples: {
    passes: [example({ SM_LLAMA_CPP_METRICS: 'true' }), example({ SM_LLAMA_CPP_API_KEY: 'false' })],
    fails: [example({ SM_LLAMA_CPP_API_KEY: 'secret' }), example({ LLAMA_API_KEY: '${Token[TOKEN.12]}' })],
  },
  evaluate({ container, spec }) {
    const { environment } = spec;
    if (container?.family !== 'llama-cpp' || environment === undefined) return [];
    const name = NAMES.find((one) => !/^(false)?$/i.test(environment[one] ?? ''));
    if (name === undefined) return [];
    return [
      found({
        what: 'llama-server answers requests without its API key with 401, and SageMaker hands it none',
        got: `${name} is set`,
        allowed: 'no key: SageMaker asks for the caller’s IAM permission',
        fix: `remove ${name}`,
        path: `/environment/${name}`,
      }),
    ];
  },
};
