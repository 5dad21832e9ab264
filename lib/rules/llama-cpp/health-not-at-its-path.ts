import { isOfHuggingFace, llamaServerVariables } from '../../container';
import { shown } from '../helpers/environment';
import { found } from '../helpers/finding';
import { onLlamaServer as example } from '../helpers/samples';
import type { Rule } from '../types';

const NAMES = llamaServerVariables('API_PREFIX');

export const healthNotAtItsPath: Rule = {
  id: 'HEALTH_NOT_AT_ITS_PATH',
  severity: 'error',
  summary: 'llama-server answers where the nginx of the image asks',
  explanation:
    'With --api-prefix every route of llama-server begins with the prefix, /health and /v1/chat/completions among them. The nginx of the image asks for them without it, so that /ping is answered with 404 and the endpoint never comes into service.',
  source:
    'llama.cpp tools/server/server-http.cpp, path_prefix; aws/deep-learning-containers scripts/docker/llama_cpp/llama_cpp_sagemaker.conf.template',
  holdsFor: 'the llama.cpp images of AWS',
  examples: {
    passes: [example({ SM_LLAMA_CPP_METRICS: 'true' }), example({ SM_LLAMA_CPP_API_PREFIX: '${Token[TOKEN.12]}' })],
    fails: [example({ SM_LLAMA_CPP_API_PREFIX: '/llama' }), example({ LLAMA_ARG_API_PREFIX: '/v1' })],
  },
  evaluate({ container, spec }) {
    const { environment } = spec;
    if (container?.family !== 'llama-cpp' || environment === undefined) return [];
    if (isOfHuggingFace(container)) return [];
    const name = NAMES.find((one) => !/^(false)?$|\$\{/i.test(environment[one] ?? ''));
    if (name === undefined) return [];
    return [
      found({
        what: 'every route of llama-server moves below the prefix, and the image asks for /health and chat completions without it',
        got: shown(name, environment[name]),
        allowed: 'no prefix',
        fix: `remove ${name}`,
        path: `/environment/${name}`,
      }),
    ];
  },
};
